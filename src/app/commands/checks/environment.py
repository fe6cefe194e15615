"""Settings: what is wrong or misspelt, how a client's address is found, which limits hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from ipaddress import ip_network
from typing import Any

from app.adapters.files import read_limits
from app.commands.checks.line import Line, judged, passed
from app.commands.settings import find_file_problems
from app.domain.checks import Status
from app.domain.limits import Limit, LimitTable
from app.settings import Settings
from app.settings.unknown import unknown_settings
from app.web.client_address import find_client_ip

CLIENT, OTHER = "203.0.113.9", "198.51.100.7"  # RFC 5737


def check_settings(settings: Settings, problems: Sequence[str]) -> list[Line]:
    """`problems` are those that a server would refuse to start with."""
    found = [*problems, *find_file_problems()]
    fix = "latchkey serve refuses to start before that is mended."
    lines = [Line("settings", Status.FAIL, each, fix) for each in found]
    words = f"all can be used, for {settings.environment} at {settings.base_url}"
    return lines or [passed("settings", words)]


def check_names(environ: Mapping[str, str]) -> list[Line]:
    lines = [
        Line("names", Status.WARN, f"{name} is no setting of ours", _likely(name, likely))
        for name, likely in unknown_settings(environ)
    ]
    return lines or [passed("names", "no setting is misspelt")]


def _likely(name: str, likely: str) -> str:
    return f"Write {likely}." if likely else f"Take {name} away, or see docs/configure.md."


def check_operators(settings: Settings) -> list[Line]:
    trouble = "nobody sees the details of /health"
    fix = "Set OPS_TOKEN to a random text."
    has_none = (not settings.ops_token, Status.WARN, trouble, fix)
    return [judged("ops-token", "operators see the details of /health", has_none)]


def check_client_address(settings: Settings) -> list[Line]:
    """By an example, as a request is read."""
    trusted = settings.trusted_proxies
    if not trusted:
        words = (
            f"no proxy is trusted, so X-Forwarded-For is not read: who connects from {OTHER}"
            f" counts as {OTHER}"
        )
        fix = "Behind a proxy name it in TRUSTED_PROXIES, or all visitors count as one."
        behind = settings.is_production and settings.is_secure
        return [Line("client-address", Status.WARN, words, fix) if behind else
                passed("client-address", words)]  # fmt: skip
    proxy = str(next(iter(ip_network(trusted[0]))))
    header = [(b"x-forwarded-for", f"{OTHER}, {CLIENT}".encode())]
    found = find_client_ip({"client": (proxy, 1), "headers": header}, trusted)
    words = (
        f"a request from the proxy {proxy} with X-Forwarded-For: {OTHER}, {CLIENT} counts as"
        f" {found}, the last address that is not in TRUSTED_PROXIES"
        f" ({', '.join(map(str, trusted))})"
    )
    return [passed("client-address", words)]


def check_limits(settings: Settings) -> list[Line]:
    """Raises `BadSettings`."""
    differing = [name for name, _, own in list_limits(read_limits(settings)) if own]
    words = f"{', '.join(differing)} differ" if differing else "all are as they come"
    return [passed("limits", f"{words}; see docs/configure.md")]


def list_limits(table: LimitTable) -> Iterator[tuple[str, str, str]]:
    """Each by name, in words; and what it would be of itself, where that differs."""
    usual = LimitTable()
    for each in fields(table):
        now, was = (_numbers(getattr(one, each.name)) for one in (table, usual))
        yield each.name, now, "" if now == was else was


def _numbers(limit: Any) -> str:
    if isinstance(limit, dict):
        return ", ".join(f"{region} {most} a day" for region, most in limit.items()) or "none"
    if isinstance(limit, Limit):
        found = ", ".join(f"{most} in {seconds} s" for seconds, most in limit.windows)
        return found + (f", waits {', '.join(map(str, limit.waits))} s" if limit.waits else "")
    shown = ((each.name, getattr(limit, each.name)) for each in fields(limit) if each.compare)
    return ", ".join(
        f"{name} {value}" for name, value in shown if name not in ("per", "says", "silent")
    )
