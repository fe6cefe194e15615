"""Before a command changes something: it says what, and asks. And who it is that asks."""

import getpass
import os
import sys
from collections.abc import Callable
from contextlib import suppress

import click

from app.domain.audit import NAME_LENGTH, current_operator, read_operator

YES = click.option("--yes", is_flag=True, help="Do not ask.")
JSON = click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")


def ask_first(what: str, question: str, *, yes: bool) -> None:
    """Goes on with `yes`, or when the terminal says so. Without one the command ends with 2."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{what} Add --yes if you mean it.")
    click.confirm(f"{what} {question}", abort=True, err=True)


def named(command: Callable[..., None]) -> Callable[..., None]:
    """What the command does is on record under the name of its operator."""
    option = click.option(
        "--operator",
        callback=_set_operator,
        expose_value=False,
        help="Your name in the audit trail; otherwise that of your login.",
    )
    return option(command)


def _set_operator(context: click.Context, _: click.Parameter, given: str | None) -> None:
    name = read_operator(_login() if given is None else given)
    if name is None:
        raise click.BadParameter(f"A name has 1 to {NAME_LENGTH} letters.", context)
    before = current_operator.set(name)
    context.call_on_close(lambda: current_operator.reset(before))


def _login() -> str:
    """Who became root by sudo is meant, too."""
    with suppress(OSError, KeyError):  # a container's user may have no name
        return os.environ.get("SUDO_USER") or getpass.getuser()
    return current_operator.get()
