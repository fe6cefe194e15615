"""`latchkey`: the commands, each loaded only when it is called, so none waits for the others."""

from importlib import import_module

import click

COMMANDS = (
    "audit", "block", "brand", "cleanup", "console", "dev", "doctor", "events", "keys",
    "messages", "migrate", "person", "pricing", "seed", "serve", "sessions", "sms", "stats",
)  # fmt: skip


class Commands(click.Group):
    """Finds the command `name` in `app.commands.name`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"app.commands.{cmd_name}"), cmd_name)
        return command


def _tell_version(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        describe = import_module("app.commands.version").describe_version
        click.echo(describe(as_json=ctx.params["as_json"]))
        ctx.exit()


@click.command(cls=Commands)
@click.option("--json", "as_json", is_flag=True, is_eager=True, help="With --version: as JSON.")
@click.option(
    "--version", is_flag=True, callback=_tell_version, expose_value=False,
    help="Say the version and the newest revision of the schema.",
)  # fmt: skip
def main(as_json: bool) -> None:
    """A self-hosted front door: sign-up and sign-in, phone first, in plain HTML."""
    if as_json:
        raise click.UsageError("--json goes with --version, or behind a command.")


if __name__ == "__main__":
    main()
