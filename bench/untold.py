"""The product without telemetry of requests: no line in the log, no number in the metrics."""

import os
from typing import Any

import app.web.middleware as middleware
from app.commands.serve import run
from app.dev.app import create_app
from app.settings import read_settings

__all__ = ["create_app"]


def nothing(*_: Any) -> None:
    """In the place of what tells."""


middleware.count_request = nothing
middleware._ResponseSender.log = nothing  # type: ignore[method-assign]


if __name__ == "__main__":
    run(read_settings(os.environ), "bench.untold:create_app")
