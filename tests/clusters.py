"""A small cluster of Redis: three primaries, and one replica, of that with the tallies."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from redis.crc import key_slot
from redis.exceptions import ResponseError

from tests.faults.staged import until
from tests.product import free_port
from tests.valkeys import Valkey, running_valkey

SLOTS, PRIMARIES = 16_384, 3
CLUSTERED = (
    *("--cluster-enabled", "yes", "--cluster-node-timeout", "500", "--bind", "127.0.0.1"),
    *("--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"),
)
TALLIES = key_slot(b"{latchkey}:")


class Cluster:
    def __init__(self, servers: list[Valkey], replica: Valkey) -> None:
        self.servers, self.replica = servers, replica
        listed = ",".join(f"127.0.0.1:{each.port}" for each in servers)
        self.url = f"redis+cluster://{listed}"

    @property
    def _everyone(self) -> list[Valkey]:
        return [*self.servers, self.replica]

    @property
    def tallied_at(self) -> Valkey:
        return self.primary_of(TALLIES)

    @property
    def primaries(self) -> list[Valkey]:
        return [each for each in self._everyone if each.ask("ROLE")[0] == b"master"]

    def primary_of(self, slot: int) -> Valkey:
        port = self._port_of(slot, self.servers[0])
        return next(each for each in self._everyone if each.port == port)

    def sees_another(self, before: Valkey) -> bool:
        others = (each for each in self._everyone if each is not before)
        return all(self._port_of(TALLIES, each) != before.port for each in others)

    def fail_over(self) -> None:
        """As an operator does, who wants to restart the primary of the tallies."""
        before, [after] = self.tallied_at, self.replicas
        after.ask("CLUSTER", "FAILOVER")
        until(lambda: self.sees_another(before), 20)

    def is_whole(self) -> bool:
        """All see all of it, and the replica is up to date."""
        told = [each.ask("CLUSTER INFO") for each in self._everyone]
        states = {(each["cluster_state"], each["cluster_known_nodes"]) for each in told}
        ready = [each.ask("INFO")["master_link_status"] == "up" for each in self.replicas]
        return states == {("ok", str(len(self._everyone)))} and ready == [True]

    @property
    def replicas(self) -> list[Valkey]:
        return [each for each in self._everyone if each.ask("ROLE")[0] == b"slave"]

    def _port_of(self, slot: int, asked: Valkey) -> int:
        for first, last, (_, port, *_), *_ in asked.ask("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return int(port)
        raise AssertionError(slot)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    with ExitStack() as stack:
        started = [stack.enter_context(_running_server()) for _ in range(PRIMARIES + 1)]
        *primaries, (replica, _) = started
        for n, (server, _) in enumerate(primaries):
            first, last = n * SLOTS // PRIMARIES, (n + 1) * SLOTS // PRIMARIES - 1
            server.ask("CLUSTER", "SET-CONFIG-EPOCH", n + 1)
            server.ask("CLUSTER", "ADDSLOTSRANGE", first, last)
        for server, bus in started[1:]:
            started[0][0].ask("CLUSTER", "MEET", "127.0.0.1", server.port, bus)
        cluster = Cluster([server for server, _ in primaries], replica)
        until(lambda: _follows(replica, cluster.tallied_at), 20)
        until(cluster.is_whole, 20)
        yield cluster


def _follows(replica: Valkey, primary: Valkey) -> bool:
    """Not before it has heard of it."""
    try:
        replica.ask("CLUSTER", "REPLICATE", primary.ask("CLUSTER", "MYID"))
    except ResponseError:
        return False
    return True


@contextmanager
def _running_server() -> Iterator[tuple[Valkey, int]]:
    """And the port at which the others talk to it."""
    bus = free_port()
    with running_valkey(*CLUSTERED, "--cluster-port", str(bus)) as server:
        yield server, bus
