"""SERVICES: a TOML file of the services that trust Latchkey."""

import re
import tomllib
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.domain.services import EVENT_TYPES, SCOPES, Service
from app.settings.environment import WEB_PAGE, Reader, is_plain_elsewhere, origin

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
AUDIENCE = re.compile(r"[\x21-\x7e]{1,200}")
SECRET = "whsec_"  # noqa: S105 - what each begins with (Standard Webhooks)
SECRET_BYTES = range(24, 65)
# Of all services together, each of these is one's alone: an origin says which of them asks.
UNIQUE = ("name", "audience", "origins")


def read_services(reader: Reader, name: str) -> tuple[Service, ...]:
    """Those of the file, in its order; what is wrong with it is told to the reader."""
    path = reader.text(name)
    if not path:
        return ()
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reader.problems.append(f"{name} cannot be read: {error}.")
        return ()
    entries: Any = content.get("service")
    if content.keys() != {"service"} or not _is_list_of(entries, dict):
        reader.problems.append(f"{name}: {path} must hold nothing but tables [[service]].")
        return ()
    problems = [each for at, entry in enumerate(entries, 1) for each in _problems(at, entry)]
    problems += [] if problems else _shared(entries)
    reader.problems += [f"{name}: {path}, {each}" for each in problems]
    return () if problems else tuple(map(_service, entries))


def _service(entry: dict[str, Any]) -> Service:
    kinds: dict[str, Callable[[Any], Any]] = {
        "origins": lambda given: tuple(map(origin, given)),
        "scopes": frozenset,
        "events_secrets": tuple,
        "events": frozenset,
    }
    return Service(**{key: kinds.get(key, str)(value) for key, value in entry.items()})


def _problems(at: int, entry: dict[str, Any]) -> Iterator[str]:
    """Of one entry, whose name may be missing."""
    label = f"service {at} ({entry['name']})" if entry.get("name") else f"service {at}"
    known = [each.name for each in fields(Service)]
    for key in entry.keys() - {*known}:
        yield f"{label}: {key} is not known; there are {', '.join(known)}."
    for key, shape, is_right in SHAPES:
        if (key in entry or key in ("name", "audience")) and not is_right(entry.get(key)):
            yield f"{label}: {key} must be {shape}."
    if bool(entry.get("events_url")) != bool(entry.get("events_secrets")):
        yield f"{label}: events_url and events_secrets need each other."


def _shared(entries: list[dict[str, Any]]) -> Iterator[str]:
    """What is several services' although it must be one's alone."""
    services = [_service(entry) for entry in entries]
    for key in UNIQUE:
        values = [getattr(each, key) for each in services]
        flat = [one for each in values for one in ((each,) if isinstance(each, str) else each)]
        for one in sorted({one for one in flat if flat.count(one) > 1}):
            yield f"{key}: {one} is there more than once."


def _is_list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_some_of(known: tuple[str, ...]) -> Callable[[Any], bool]:
    return lambda value: _is_list_of(value, str) and {*value} <= {*known}


def _are_origins(value: Any) -> bool:
    return _is_list_of(value, str) and all(map(_is_origin, value))


def _is_origin(value: str) -> bool:
    try:
        return not is_plain_elsewhere(urlsplit(origin(value)))
    except ValueError:
        return False


def _is_receiver(value: Any) -> bool:
    if not isinstance(value, str) or not WEB_PAGE.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
        origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return False
    return not (parts.fragment or is_plain_elsewhere(parts))


def _are_secrets(value: Any) -> bool:
    return _is_list_of(value, str) and 1 <= len(value) <= 2 and all(map(_is_secret, value))


def _is_secret(value: str) -> bool:
    try:
        raw = b64decode(value.removeprefix(SECRET), validate=True)
    except ValueError:
        return False
    return value.startswith(SECRET) and len(raw) in SECRET_BYTES


SHAPES: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("name", "at most 40 of A-Z a-z 0-9 . _ -", _matches(NAME)),
    ("audience", "a text without spaces such as https://shop.example.com", _matches(AUDIENCE)),
    (
        "origins",
        "a list such as ['https://shop.example.com'] (http only on loopback)",
        _are_origins,
    ),
    ("scopes", f"a list of some of {', '.join(SCOPES)}", _is_some_of(SCOPES)),
    (
        "events_url",
        "an address such as https://shop.example.com/events (http only on loopback)",
        _is_receiver,
    ),
    (
        "events_secrets",
        f"one or two of {SECRET} and base64 of 24 to 64 bytes",
        _are_secrets,
    ),
    ("events", f"a list of some of {', '.join(EVENT_TYPES)}", _is_some_of(EVENT_TYPES)),
)
