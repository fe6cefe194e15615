"""Our cookies: read from the raw header, set with every protection a browser has."""

import re
from dataclasses import dataclass

# What our own values are made of: base64url, dots and hyphens.
VALUE = re.compile(r"[A-Za-z0-9_.\-]{1,2048}")


@dataclass(frozen=True, slots=True)
class Cookies:
    """`secure` is false only on a loopback http origin, where `__Host-` would be refused."""

    secure: bool

    def name(self, plain: str) -> str:
        return f"__Host-{plain}" if self.secure else plain

    def read(self, sent: list[tuple[str, str]], plain: str) -> str | None:
        """None when the cookie is missing, ill-formed, or there twice: then somebody planted one.
        `sent` are those of `sent_cookies`.
        """
        wanted = self.name(plain)
        found = [value for name, value in sent if name == wanted]
        return found[0] if len(found) == 1 and VALUE.fullmatch(found[0]) else None

    def set(self, plain: str, value: str, max_age: int | None = None) -> tuple[bytes, bytes]:
        """A `Set-Cookie` header; without `max_age` it ends with the browser."""
        age = "" if max_age is None else f"; Max-Age={max_age}"
        secure = "; Secure" if self.secure else ""
        line = f"{self.name(plain)}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"
        return (b"set-cookie", line.encode())

    def clear(self, plain: str) -> tuple[bytes, bytes]:
        return self.set(plain, "", 0)


def sent_cookies(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Names and values as they came. Not by the framework's parser, which strips Unicode spaces
    from names and lets the last of several win.
    """
    return [
        (name, value)
        for key, header in headers
        if key == b"cookie"
        for name, _, value in (
            part.strip(" ").partition("=") for part in header.decode("latin-1").split(";")
        )
    ]
