"""`latchkey console`: the operators' pages, in a process of their own."""

import signal
import sys
from dataclasses import replace

import click
import uvicorn
from litestar import Litestar

from app.adapters.files import read_limits
from app.commands.serve import OPTIONS, run_alone
from app.commands.settings import port_or_exit, refuse
from app.commands.stores import with_database
from app.commands.workers import end_on_signal
from app.console.app import create_console
from app.settings import OPS_TOKEN_LENGTH, Settings
from app.settings.environment import is_loopback
from app.web.telemetry import set_up_logging

PORT = 8001
UNSET = (
    f"OPS_TOKEN is missing: set it to a random text of at least {OPS_TOKEN_LENGTH} characters, by"
    " which you sign in."
)
ELSEWHERE = (
    "Other machines can reach it at {}. Put TLS before it, or nobody can sign in from there, and"
    " keep the internet away."
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True,
              help="Where to listen.")  # fmt: skip
def console(host: str, port: int) -> None:
    """Serve the operators' pages. They are never part of `latchkey serve`."""
    with with_database("SECRET_KEY", "REDIS_URL") as settings:
        if problems := [*_missing(settings)]:
            refuse(problems)
        port_or_exit(replace(settings, host=host, port=port))
        signal.signal(signal.SIGTERM, end_on_signal)
        set_up_logging(settings.log_level, settings.log_format)
        pages = create_console(settings, read_limits(settings))
        _print_address(host, port)
        run_console(pages, host, port)


def _missing(settings: Settings) -> list[str]:
    redis = "REDIS_URL is missing: set it to that of the servers."
    needed = ((settings.ops_token, UNSET), (settings.redis_url, redis))
    return [problem for value, problem in needed if not value]


def _print_address(host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"The console is at http://{shown}:{port}/console")
    if not is_loopback(host):
        click.echo(ELSEWHERE.format(host), err=True)


def run_console(pages: Litestar, host: str, port: int) -> None:
    config = uvicorn.Config(pages, host=host, port=port, timeout_graceful_shutdown=5, **OPTIONS)
    if not run_alone(config):
        sys.exit(1)
