"""Before a command changes something: it says what, and asks."""

import sys

import click


def ask_first(what: str, question: str, *, yes: bool) -> None:
    """Goes on with `yes`, or when the terminal says so. Without one the command ends with 2."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{what} Add --yes if you mean it.")
    click.confirm(f"{what} {question}", abort=True, err=True)
