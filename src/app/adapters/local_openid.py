"""What the OpenID provider of a developer's machine needs beside Redis: a client, and one key."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.domain.keys import keys_for
from app.settings import Settings

PATH = "/dev/auth0/"
KEY = Path(".latchkey") / "auth0.pem"


class LocalKey:
    """One RSA key in one file, so that all workers sign with the same, also after a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def private(self) -> RSAPrivateKey:
        """Made when it is first needed, which takes a tenth of a second."""
        with suppress(FileNotFoundError):
            return self._read()
        self._make()
        return self._read()

    def _read(self) -> RSAPrivateKey:
        return cast(RSAPrivateKey, load_pem_private_key(self._path.read_bytes(), None))

    def _make(self) -> None:
        """Written aside and linked into place: whole or not at all, and the first one stays."""
        key = generate_private_key(public_exponent=65537, key_size=2048)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with suppress(FileExistsError):  # another worker was faster
            os.link(fresh, self._path)
        fresh.unlink()


@dataclass(frozen=True, slots=True)
class LocalOpenId:
    """How we know the provider and it knows us, and what it signs with."""

    issuer: str
    client_id: str
    client_secret: str
    key: LocalKey

    @classmethod
    def of(cls, settings: Settings) -> "LocalOpenId":
        secret = keys_for("local openid client", settings.secret_key)[0].hex()
        return cls(f"{settings.base_url}{PATH}", "latchkey-local", secret, LocalKey(KEY))
