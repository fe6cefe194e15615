"""Our cookies: read from the raw header, set with every protection, and those of flows, sessions
and devices.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from app.domain.errors import Unauthenticated
from app.domain.keys import Signer, is_same
from app.domain.limits import KnownDevice
from app.domain.services import Audience
from app.domain.sessions.session import Tokens
from app.domain.sessions.tokens import LIFETIME, Access, AccessTokens
from app.domain.verification.codes import digest_contact
from app.web.response import Headers

# What our own values are made of: base64url, dots and hyphens.
VALUE = re.compile(r"[A-Za-z0-9_.\-]{1,2048}")


@dataclass(frozen=True, slots=True)
class Cookies:
    """`secure` is false only on a loopback http origin, where `__Host-` would be refused."""

    secure: bool

    def name(self, plain: str) -> str:
        return f"__Host-{plain}" if self.secure else plain

    def read(self, sent: dict[str, str | None], plain: str) -> str | None:
        """None when the cookie is missing, ill-formed, or there twice: then someone planted one.
        `sent` are those of `parse_cookies`.
        """
        value = sent.get(self.name(plain))
        return value if value and VALUE.fullmatch(value) else None

    def set(self, plain: str, value: str, max_age: int | None = None) -> tuple[bytes, bytes]:
        """A `Set-Cookie` header; without `max_age` it ends with the browser."""
        age = "" if max_age is None else f"; Max-Age={max_age}"
        secure = "; Secure" if self.secure else ""
        line = f"{self.name(plain)}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"
        return (b"set-cookie", line.encode())

    def clear(self, plain: str) -> tuple[bytes, bytes]:
        return self.set(plain, "", 0)


def parse_cookies(headers: list[tuple[bytes, bytes]]) -> dict[str, str | None]:
    """Values by their names, as they came; None for a name that is there twice. Not by the
    framework's parser, which strips Unicode spaces from names and lets the last of several win.
    """
    sent: dict[str, str | None] = {}
    for key, header in headers:
        if key == b"cookie":
            for part in filter(None, header.decode("latin-1").split(";")):
                name, _, value = part.strip(" ").partition("=")
                sent[name] = None if name in sent else value
    return sent


# All that we set, `zone` by a script. `flow`, which every page with a form has, may have run out
# before the others.
OURS = (
    "flow", "access", "refresh", "oidc", "device", "seen", "prefs", "plan", "return", "notice",
    "typed", "ops", "zone", "service",
    "started",
)  # fmt: skip


class RequestCookies:
    """Those that one request came with, and those that its answer sets."""

    __slots__ = ("_cookies", "_sent", "to_set")

    def __init__(self, cookies: Cookies, headers: list[tuple[bytes, bytes]]) -> None:
        self._cookies, self._sent = cookies, parse_cookies(headers)
        self.to_set: Headers = []

    @property
    def are_kept(self) -> bool:
        """Whether the browser sent one of ours: one that keeps none sends none. Those of another
        product on the same host say nothing.
        """
        return any(self._cookies.name(plain) in self._sent for plain in OURS)

    def read(self, name: str) -> str | None:
        return self._cookies.read(self._sent, name)

    def set(self, name: str, value: str, max_age: int | None = None) -> None:
        self.to_set.append(self._cookies.set(name, value, max_age))

    def clear(self, *names: str) -> None:
        self.to_set += [self._cookies.clear(name) for name in names]


# Flows: the secret in a flow cookie, by which a browser comes back to what it began.
#
# Only what was issued here names a flow, and a proof gives it a new name. So nobody gets into what
# someone else proves by a cookie that they made up, planted, or noted down before.

SEED = 16  # bytes of chance; as many follow that say who issued them


class Flows:
    """`keys`: the first issues, all recognise."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._signer = Signer(keys)

    def issue(self) -> str:
        """A secret nobody has had before: 43 characters of base64url."""
        return _signed(self._signer, secrets.token_bytes(SEED))

    def is_ours(self, secret: str) -> bool:
        try:
            seed = urlsafe_b64decode(f"{secret}=")[:SEED]
        except ValueError:
            return False
        given = secret.encode()
        # Compared as text: other spellings of the same bytes are not what was issued.
        return any([is_same(given, _signed(one, seed).encode()) for one in self._signer.each()])

    def next_secret(self, secret: str, proof: bytes) -> str:
        """What `secret` becomes by `proof`, an id that is used once. The same for the same two, so
        that an answer which got lost can be given again.
        """
        seed = self._signer.sign(b"successor", secret.encode(), proof)[:SEED]
        return _signed(self._signer, seed)


def flow_id(secret: str) -> bytes:
    """What the tables know a flow by; it does not lead back to the cookie."""
    return sha256(secret.encode()).digest()


def _signed(signer: Signer, seed: bytes) -> str:
    return urlsafe_b64encode(seed + signer.sign(b"issued", seed)[:SEED]).decode().rstrip("=")


# The flow cookie begins with one of these. Nothing was kept yet of a fresh flow, so nothing need be
# looked up for it; both name the same flow.
FRESH, BEGUN = "n.", "b."
# Seconds. Longer than a sign-up is kept, so that who comes back too late can be told so.
FLOW_LIFETIME = 48 * 3600


class FlowCookie:
    """The flow of one request; a visitor without one is given one."""

    __slots__ = ("_cookies", "_flows", "_next_secret", "_value")

    def __init__(self, cookies: RequestCookies, flows: Flows) -> None:
        self._cookies, self._flows, self._next_secret = cookies, flows, ""
        value = cookies.read("flow") or ""
        ours = value[:2] in (FRESH, BEGUN) and flows.is_ours(value[2:])
        self._value = value if ours else None

    @property
    def is_known(self) -> bool:
        return self._value is not None

    @property
    def has_begun(self) -> bool:
        return self._value is not None and self._value.startswith(BEGUN)

    @property
    def secret(self) -> str:
        if self._value is None:
            self._set(FRESH + self._flows.issue())
        return (self._value or "")[2:]

    @property
    def id(self) -> bytes:
        """The digest of the secret."""
        return flow_id(self.secret)

    def next_id(self, proof: UUID) -> bytes:
        """The id this flow goes on under by a proof; `rotate` makes it so."""
        self._next_secret = self._flows.next_secret(self.secret, proof.bytes)
        return flow_id(self._next_secret)

    def rotate(self) -> None:
        """From now on the browser has another secret; who else knew the last one has nothing."""
        self._set(BEGUN + self._next_secret)

    def begin(self) -> None:
        """From now on there is something to look up, for as long again after each step. The secret
        stays the same until something is proved, so that a form sent twice at once is one flow.
        """
        self._set(BEGUN + self.secret)

    def end(self) -> None:
        self._value = None
        self._cookies.clear("flow")

    def _set(self, value: str) -> None:
        self._value = value
        self._cookies.set("flow", value, FLOW_LIFETIME)


class SessionCookies:
    """The two tokens of a session. `lifetime` of the refresh token, in seconds."""

    __slots__ = ("_access_tokens", "_cookies", "_lifetime")

    def __init__(self, cookies: RequestCookies, access_tokens: AccessTokens, lifetime: int) -> None:
        self._cookies, self._access_tokens, self._lifetime = cookies, access_tokens, lifetime

    @property
    def exist(self) -> bool:
        """Whatever became of the session."""
        return bool(self._cookies.read("access") or self.refresh_token)

    @property
    def refresh_token(self) -> str | None:
        return self._cookies.read("refresh")

    def read_access_token(self) -> Access | None:
        """Whose session this is, by the access token alone."""
        token = self._cookies.read("access")
        try:
            return self._access_tokens.read_token(token, Audience.BROWSER) if token else None
        except Unauthenticated:
            return None

    def set(self, tokens: Tokens) -> None:
        self._cookies.set("access", tokens.access, int(LIFETIME.total_seconds()))
        self._cookies.set("refresh", tokens.refresh, self._lifetime)

    def clear(self) -> None:
        self._cookies.clear("access", "refresh")


# The device cookie: a browser that the owner of a number and address has signed in from before.
#
# It opens nothing. It only gives the owner failure budgets of their own, and all of a contact's
# limits, so that nobody else's wrong guesses, or messages asked for, can lock them out.

MOST_CONTACTS = 2  # an address and a number
DEVICE_LIFETIME = 90 * 86_400


class Devices:
    """`keys`: the first signs, all verify."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._signer = Signer(keys)

    def issue(self, known: str, epoch: int, *contacts: bytes) -> str:
        """For a device, `known` or new, that the owner of `contacts` has just signed in from: their
        digests, as below.
        """
        device = known or secrets.token_hex(16)
        macs = (_mac(self._signer, device, str(epoch), each) for each in contacts)
        return ".".join((device, str(epoch), *macs))

    def read(self, cookie: str, contact: bytes) -> KnownDevice | None:
        """The device when the cookie is one of the owner of `contact`."""
        device, epoch, *macs = f"{cookie}.".split(".")[: 2 + MOST_CONTACTS]
        expected = [_mac(one, device, epoch, contact).encode() for one in self._signer.each()]
        right = [is_same(mac.encode(), each) for mac in macs for each in expected]
        return KnownDevice(device, int(epoch)) if device and any(right) else None


class DeviceCookie:
    __slots__ = ("_cookies", "_devices")

    def __init__(self, cookies: RequestCookies, devices: Devices) -> None:
        self._cookies, self._devices = cookies, devices

    def known_to(self, contact: bytes) -> KnownDevice | None:
        """The device, where the owner of the contact with that digest has signed in from it."""
        cookie = self._cookies.read("device")
        return self._devices.read(cookie, contact) if cookie else None

    def remember(self, epoch: int, *contacts: str) -> None:
        """Their owner uses it."""
        digests = [digest_contact(each) for each in contacts]
        known = next((known.id for each in digests if (known := self.known_to(each))), "")
        value = self._devices.issue(known, epoch, *digests)
        self._cookies.set("device", value, DEVICE_LIFETIME)


def _mac(signer: Signer, device: str, epoch: str, contact: bytes) -> str:
    return signer.sign(device.encode(), epoch.encode(), contact).hex()
