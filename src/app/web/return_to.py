"""Where to go after signing in: only ever a path of our own."""

import re

ALLOWED = ("/account", "/signup/done", "/pricing")
DEFAULT = "/account"  # where nobody asked for anything
ELSEWHERE = "/"
# One leading slash and ordinary characters: no scheme, host, backslash, dot segment or control.
PATH = re.compile(r"/(?!/)[A-Za-z0-9/_\-?=&%.,]*")


def safe_return(path: str) -> str:
    """`path` when it is below one of the allowed prefixes, else the home page."""
    named = path.partition("?")[0]
    below = any(named == prefix or named.startswith(f"{prefix}/") for prefix in ALLOWED)
    return path if below and PATH.fullmatch(path) and ".." not in path else ELSEWHERE
