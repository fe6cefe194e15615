"""Tokens made with the product's own keys: as it makes them, or with one thing different."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import msgspec
from jwt.utils import base64url_encode

from app.adapters.postgres import Postgres
from app.domain.keys import keys_for
from app.domain.sessions.signing_keys import SigningKey, SigningKeys
from app.domain.sessions.tokens import LEEWAY
from app.settings import DEVELOPMENT_KEY
from tests.product import Product


@dataclass(frozen=True)
class Mint:
    """`key` is the newest of the product's."""

    key: SigningKey

    @classmethod
    def of(cls, product: Product) -> "Mint":
        return cls(asyncio.run(_keys(product.env["DATABASE_URL"]))[-1])

    def access(
        self,
        claims: dict[str, Any],
        header: dict[str, Any] | None = None,
        key: Any = None,
        algorithm: str = "EdDSA",
    ) -> str:
        """`claims` that are None are left out, so are entries of `header`."""
        said = {name: value for name, value in claims.items() if value is not None}
        told = {"typ": "at+jwt", "kid": self.key.id, **(header or {})}
        kept = {name: value for name, value in told.items() if value is not None or name == "typ"}
        return jwt.encode(said, key or self.key.private, algorithm, kept)

    def unchecked(self, claims: dict[str, Any]) -> str:
        """As `access`, for claims of types that no library would encode."""
        header = {"alg": "EdDSA", "typ": "at+jwt", "kid": self.key.id}
        plain = {
            name: int(value.timestamp()) if isinstance(value, datetime) else value
            for name, value in claims.items()
        }
        parts = [base64url_encode(msgspec.json.encode(part)) for part in (header, plain)]
        signature = self.key.private.sign(b".".join(parts))
        return b".".join([*parts, base64url_encode(signature)]).decode()

    def expired(self, token: str) -> str:
        """The same token, which ended longer ago than clocks may be apart."""
        now = datetime.now(UTC)
        early = {"iat": now - timedelta(minutes=6), "exp": now - LEEWAY - timedelta(seconds=1)}
        return self.access(claims_of(token) | early)


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def kid_of(token: str) -> str:
    return jwt.get_unverified_header(token)["kid"]


async def _keys(database_url: str) -> list[SigningKey]:
    database = Postgres(database_url)
    await database.open()
    try:
        return await SigningKeys(keys_for("signing keys", (DEVELOPMENT_KEY,)), database).load_keys()
    finally:
        await database.close()
