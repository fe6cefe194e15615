"""Several processes that answer: each is watched and replaced, and none outlives its parent."""

import gc
import logging
import os
import signal
import sys
from importlib import import_module
from multiprocessing import get_context
from socket import socket
from types import FrameType

import uvicorn
import uvicorn._subprocess
import uvicorn.supervisors.multiprocess as supervisor
from uvicorn.config import STARTUP_FAILURE

from app.adapters.shared_numbers import prepare_workers
from app.web.server import Server, end_with_parent

log = logging.getLogger("app.workers")


class Worker(supervisor.Process):
    """`parent` is the process that makes it."""

    parent = 0

    def target(self, sockets: list[socket] | None = None) -> None:
        # Not SIGTERM, after which it would go on listening where the next parent wants to.
        end_with_parent(self.parent, signal.SIGINT)
        super().target(sockets)

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = Server(self.config)
        assert isinstance(self._server, Server)
        return self._server


class Workers(supervisor.Multiprocess):
    """`failed` says that they could not start at all."""

    failed = False

    def handle_term(self) -> None:
        self._stop_listening()
        super().handle_term()

    def handle_int(self) -> None:
        self._stop_listening()
        super().handle_int()

    def _stop_listening(self) -> None:
        """Connections that come after the workers have gone are refused at once: as long as we have
        the socket, too, the kernel would take them, and reset them when we end.
        """
        for each in self.sockets:
            each.close()

    def keep_subprocess_alive(self) -> None:
        """Replaces each that has ended, or has not answered a question for some seconds."""
        for at, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.is_alive(timeout=self.config.timeout_worker_healthcheck):
                continue
            hung = worker.exitcode is None
            worker.kill()
            worker.process.join()
            self._tell(worker, hung=hung)
            if worker.exitcode == STARTUP_FAILURE and not self._any_other_serves(worker):
                self.failed = True  # the next one would fail the same way
                self._stop_listening()
                self.should_exit.set()
                return
            self.processes[at] = Worker(self.config, self.sockets)
            self.processes[at].start()

    def _any_other_serves(self, worker: supervisor.Process) -> bool:
        return any(each.is_ready(timeout=1) for each in self.processes if each is not worker)

    def _tell(self, worker: supervisor.Process, *, hung: bool) -> None:
        code = worker.exitcode or 0
        cause: dict[str, object] = {"code": code}
        if code < 0:
            cause = {"signal": signal.Signals(-code).name}
        if hung:
            cause["reason"] = "it did not answer, so it was killed"
        log.error("a worker has ended", extra={"pid": worker.pid, **cause})


def run_workers(config: uvicorn.Config, factory: str) -> bool:
    """Until stopped; whether they could be started."""
    if sys.platform == "linux":
        prepare_workers(config.workers)
        _fork(factory)
    Worker.parent = os.getpid()
    supervisor.Process = Worker  # type: ignore[misc]
    workers = Workers(config, [config.bind_socket()])
    workers.run()
    return not workers.failed


def _fork(factory: str) -> None:
    """Makes each worker a copy of this process, which imports everything once: uvicorn would have
    each of them start from nothing, now and when one has ended. What is imported is shared memory.
    """
    import_module(factory.partition(":")[0])
    gc.collect()
    gc.freeze()  # a look for garbage would write to it, and so copy it
    # A copy has the handlers of the process that watches, until its server has set its own.
    os.register_at_fork(after_in_child=_end_on_signals)
    # uvicorn offers no choice. Safe here: there is no thread yet and no open connection.
    uvicorn._subprocess.spawn = get_context("fork")  # type: ignore[assignment]


def _end_on_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_on_signal)


def end_on_signal(number: int, frame: FrameType | None) -> None:
    """Before the server is there, and after: uvicorn raises the signal again when it is done. No
    exception, since one that is raised within a destructor is ignored, and the signal with it.
    """
    os._exit(0)
