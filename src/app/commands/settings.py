"""Settings as the commands read them: every problem at once, then exit code 2."""

import errno
import os
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from app.adapters.limits_file import read_entries
from app.settings import BadSettings, Settings, read_settings

UNUSABLE = 2


def settings_or_exit(*needed: str) -> Settings:
    """The settings of the environment. `needed` are variables this command cannot do without."""
    problems: list[str] = []
    settings = None
    try:
        settings = read_settings(os.environ)
    except BadSettings as bad:
        problems += bad.problems
    try:
        if limits_file := os.environ.get("LIMITS_FILE", "").strip():
            read_entries(limits_file)
    except BadSettings as bad:
        problems += bad.problems
    told = " ".join(problems)
    problems += [
        f"{name} is missing: set it, or run `latchkey dev`, which brings its own."
        for name in needed
        if not (is_given(name) or f"{name} " in told)
    ]
    if settings is None or problems:
        refuse(problems)
    return settings


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
    """Says in words that somebody else listens there already."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                another = settings.port % 65535 + 1
                raise click.ClickException(
                    f"Port {settings.port} is in use; choose another with PORT={another}."
                ) from error
