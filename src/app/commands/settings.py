"""Settings as the commands read them: every problem at once, then exit code 2."""

import errno
import os
import socket
import sys
from collections.abc import Callable, Collection
from typing import Any, NoReturn

import click

from app.adapters.breached_file import BreachedFile
from app.adapters.files import read_entries
from app.adapters.text_prices import read_prices_file
from app.settings import BadSettings, Settings, read_settings

UNUSABLE = 2
FILES: dict[str, Callable[[str], object]] = {
    "LIMITS_FILE": read_entries,
    "SMS_PRICES_FILE": read_prices_file,
    "BREACHED_PASSWORDS_FILE": BreachedFile,
}
NOT_OURS = (
    "HOST is {}, which is no address of this machine: set it to 127.0.0.1, or to 0.0.0.0 for all."
)


def settings_or_exit(*stores: str, needed: Collection[str] | None = None) -> Settings:
    """The settings of the environment. This command cannot do without the `stores`, nor without
    the variables `needed` where nothing stands in for them; None for all that a server needs.
    """
    problems: list[str] = []
    settings = None
    try:
        settings = read_settings(os.environ, needed)
    except BadSettings as bad:
        problems += bad.problems
    problems += find_file_problems()
    text = " ".join(problems)
    problems += [
        f"{name} is missing: set it, or run `latchkey dev`, which brings its own."
        for name in stores
        if not (is_given(name) or f"{name} " in text)
    ]
    if settings is None or problems:
        refuse(problems)
    return settings


def find_file_problems() -> list[str]:
    """What is wrong with files that settings name."""
    problems: list[str] = []
    for name, read in FILES.items():
        try:
            if path := os.environ.get(name, "").strip():
                read(path)
        except BadSettings as bad:
            problems += bad.problems
    return problems


def is_given(name: str) -> bool:
    """Whether the environment says something, itself or by a file; what is empty says nothing."""
    return any(os.environ.get(each, "").strip() for each in (name, f"{name}_FILE"))


def refuse(problems: list[str]) -> NoReturn:
    click.echo("Latchkey cannot start with these settings:", err=True)
    for problem in problems:
        click.echo(f"  - {problem}", err=True)
    sys.exit(UNUSABLE)


def listening(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that serves. They go before the environment's HOST, PORT, WORKERS,
    and into it, where the processes that serve read them.
    """
    for name, kind, words in (
        ("workers", int, "How many processes answer."),
        ("port", int, "Where to listen; BASE_URL says what the world sees."),
        ("host", str, "The address to listen on."),
    ):
        command = click.option(
            f"--{name}", type=kind, help=words, callback=_into_environment, expose_value=False
        )(command)
    return command


def _into_environment(ctx: click.Context, param: click.Parameter, value: object) -> object:
    if value is not None and param.name:
        os.environ[param.name.upper()] = str(value)
    return value


def port_or_exit(settings: Settings) -> None:
    """Says in words why nobody could be answered there."""
    host, port = settings.host, settings.port
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        refuse([NOT_OURS.format(host)])
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                refuse([NOT_OURS.format(host)])
            another = f"choose another, such as --port {port % 65535 + 1}."
            why = (
                "is in use"
                if error.errno == errno.EADDRINUSE
                else f"cannot be used ({error.strerror})"
            )
            raise click.ClickException(f"Port {port} {why}; {another}") from error
