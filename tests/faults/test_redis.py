"""Redis that works, but not as we need it: told at the start and in health, and nobody waits."""

from collections.abc import Callable
from typing import Any

from tests.commands.running import latchkey
from tests.faults.staged import until
from tests.person import Person, new_phone
from tests.product import Product, free_port
from tests.valkeys import running_valkey


def seen(product: Product) -> dict[str, Any]:
    answer = Person(product).get("/health/redis").response.json()
    fact: dict[str, Any] = answer["checks"]["redis:state"][0]
    return fact


def test_health_and_the_log_hold_the_servers_words(another_product: Callable[..., Product]) -> None:
    with running_valkey("--maxmemory-policy", "volatile-lru") as valkey:
        product = another_product(REDIS_URL=valkey.url)
        assert (seen(product)["status"], "volatile-lru" in seen(product)["output"]) == (
            "warn",
            True,
        )
        valkey.set_up(maxmemory_policy="noeviction")
        until(lambda: seen(product)["status"] == "pass")
        valkey.ask("REPLICAOF", "127.0.0.1", 1)
        until(lambda: "read only replica" in seen(product).get("output", ""))
        people = [Person(product) for _ in range(4)]
        assert {one.give_phone(new_phone()).path for one in people} == {"/signup/phone-code"}
        valkey.ask("REPLICAOF", "NO", "ONE")
        until(lambda: seen(product)["status"] == "pass")
        log = product.log.read_text()
    assert log.count("Redis may forget limits") == 1
    assert log.count("Redis is unavailable") == 1
    assert log.count("Redis answers again") == 1
    assert str(valkey.socket) not in log


def test_a_server_that_lacks_a_command_is_refused_at_the_start(product: Product) -> None:
    with running_valkey("--rename-command", "GETDEL", "") as valkey:
        version = valkey.ask("INFO", "server")["redis_version"]
        changed = {"LIMITS_FILE": "", "PORT": str(free_port()), "REDIS_URL": valkey.url}
        refused = latchkey(product.folder, "serve", **product.env | changed)
    told = f"Error: Redis {version} has no GETDEL. Needed is Redis 6.2 or newer, or Valkey.\n"
    assert (refused.returncode, refused.stderr) == (1, told)
