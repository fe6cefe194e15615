"""Redis Cluster: which server has a key is known to redis-py's client; each has one connection."""

import asyncio
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MovedError,
    RedisClusterException,
    ResponseError,
)

from app.adapters.redis_connection import (
    CONNECT_TIMEOUT,
    FAILURES,
    TIMEOUT,
    SharedConnection,
    Undiscovered,
    describe_failure,
)
from app.domain.concurrency import SingleFlight
from app.settings.redis_url import Node, RedisParameters

# Commands that name their keys behind a script and the number of keys.
SCRIPTS = ("EVALSHA", "EVAL")


class ClusterConnections:
    """The layout is asked for anew after whatever may have changed it."""

    def __init__(self, parameters: RedisParameters) -> None:
        self._parameters = parameters
        self._layout: RedisCluster | None = None
        self._known: tuple[Node, ...] = ()
        self._finding = SingleFlight[RedisCluster]()
        self._connections: dict[Node, SharedConnection] = {}

    async def ask(self, *command: str | bytes | int) -> Any:
        node = await self._find_node(command[3] if command[0] in SCRIPTS else command[1])
        try:
            return await self._connection_to(*node).ask(*command)
        except MovedError as moved:
            self._layout = None
            return await self._connection_to(moved.host or node[0], moved.port).ask(*command)
        except AskError as moving:
            # Both in one batch: nobody else's command comes between.
            there = self._connection_to(moving.host or node[0], moving.port)
            _, answer = await asyncio.gather(there.ask("ASKING"), there.ask(*command))
            return answer
        except FAILURES as error:
            if isinstance(error, ClusterDownError) or not isinstance(error, ResponseError):
                self._layout = None
            raise

    async def ask_each(self, *command: str | bytes | int) -> dict[str, Any]:
        """All servers, the primaries first."""
        layout = await self._find_layout()
        nodes = sorted(layout.get_nodes(), key=lambda node: str(node.server_type))
        connections = [self._connection_to(each.host, int(each.port)) for each in nodes]
        answers: dict[str, Any] = {}
        for answer in await asyncio.gather(*(each.ask_each(*command) for each in connections)):
            answers |= answer
        return answers

    async def close(self) -> None:
        for each in self._connections.values():
            await each.close()

    async def _find_node(self, key: str | bytes | int) -> Node:
        layout = self._layout or await self._find_layout()
        nodes = layout.nodes_manager.slots_cache.get(layout.keyslot(key))
        if not nodes:
            raise Undiscovered("no server of the cluster has the slot of this key")
        return nodes[0].host, int(nodes[0].port)

    def _connection_to(self, host: str, port: int) -> SharedConnection:
        """Those to servers that have gone are few, and closed by the other side."""
        there = self._connections.get((host, port))
        if there is None:
            options = self._parameters.options | {"host": host, "port": port}
            there = SharedConnection(options, is_tls=self._parameters.is_tls)
            self._connections[host, port] = there
        return there

    async def _find_layout(self) -> RedisCluster:
        self._layout = self._layout or await self._finding.run("", self._ask_nodes)
        return self._layout

    async def _ask_nodes(self) -> RedisCluster:
        """Those we knew last, and those of REDIS_URL. Raises `Undiscovered`."""
        layout = RedisCluster(
            startup_nodes=[ClusterNode(*node) for node in {*self._known, *self._parameters.nodes}],
            require_full_coverage=False,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            ssl=self._parameters.is_tls,
            **self._parameters.options,
        )
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                # Not that of the client, which asks for the list of all commands, too.
                await layout.nodes_manager.initialize()
        except RedisClusterException as error:
            raise Undiscovered(_describe(error)) from None
        except TimeoutError:
            raise Undiscovered("no server of the cluster answers in time") from None
        finally:
            await layout.nodes_manager.aclose()
            await layout.nodes_manager.aclose("startup_nodes")
        self._known = tuple((node.host, int(node.port)) for node in layout.get_nodes())
        return layout


def _describe(error: RedisClusterException) -> str:
    """What the last one that was asked said."""
    cause = error.__cause__
    if isinstance(cause, FAILURES):
        return f"no server of the cluster answers: {describe_failure(cause)}"
    return "no server that REDIS_URL names is one of a cluster"
