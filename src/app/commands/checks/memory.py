"""Redis: the server, what it does when it is full, and what it keeps on disk."""

from collections.abc import Sequence

from app.adapters.redis import NEEDED, POLICY, Redis, Server
from app.commands.checks.line import Line, ask_patiently, judged
from app.domain.checks import Status
from app.settings import Settings
from app.settings.environment import is_loopback
from app.settings.redis_url import parse_redis_url

AWAY = "Check that Redis runs and REDIS_URL leads to it. People can go on meanwhile."
LATER = ("redis-policy", "redis-persistence", "redis-tls")
FORGETS = "Redis may lose what it counts at a restart, and limits ask PostgreSQL until it is told"


async def check_memory(settings: Settings) -> list[Line]:
    """Raises `Unavailable`, as the adapter does."""
    memory = Redis(settings.redis_url, settings.redis_prefix)
    try:
        await ask_patiently(memory.check)
        trouble, servers = await memory.incompatibility(), await memory.look_at_servers()
    finally:
        await memory.close()
    found = servers[0].facts
    version = found.get("valkey_version") or found.get("redis_version")
    name = "Valkey" if "valkey_version" in found else "Redis"
    where = parse_redis_url(settings.redis_url)
    is_near = all(is_loopback(host) for host in where.hosts)
    of = f"; {len(servers)} servers, written to at {memory.primaries}" if memory.primaries else ""
    written = f"{name} {version or 'of some version'}, which takes what is written{of}"
    return [
        judged(
            "redis", written,
            (bool(trouble), Status.FAIL, trouble, f"Update it: {NEEDED} is needed."),
        ),
        _policy(servers),
        _persistence(found),
        judged(
            "redis-tls", "TLS" if where.is_tls else "no TLS, on this machine",
            (not (where.is_tls or is_near), Status.WARN,
             "no TLS: whoever is on the way reads everything",
             "Write rediss:// in REDIS_URL."),
        ),
    ]  # fmt: skip


def without_memory() -> list[Line]:
    """What can't be looked at while it is away."""
    return [Line(name, Status.WARN, "not looked at: it waits for Redis") for name in LATER]


def _policy(servers: Sequence[Server]) -> Line:
    """Of all of them: a replica may be the next primary."""
    other = next((each for each in servers if each.policy != POLICY), servers[0])
    words = f"maxmemory-policy is {other.policy}"
    if len(servers) > 1:
        words += f" at {other.address}" if other.policy != POLICY else " at all servers"
    fix = f"Set it to {POLICY}: under any other a full Redis forgets limits."
    return judged("redis-policy", words, (other.policy != POLICY, Status.WARN, words, fix))


def _persistence(found: dict[str, str]) -> Line:
    """It need not keep anything; what it tries to keep, it should be able to."""
    broken = [
        words
        for name, words in (
            ("rdb_last_bgsave_status", "its last snapshot failed"),
            ("aof_last_write_status", "its last write to the log failed"),
        )
        if found.get(name, "ok") != "ok"
    ]
    kept = "appends to a log" if found.get("aof_enabled") == "1" else FORGETS
    fix = "Look at the disk of Redis: it may refuse to be written to."
    return judged("redis-persistence", kept, (bool(broken), Status.WARN, " and ".join(broken), fix))
