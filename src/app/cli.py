"""`latchkey`: the commands, each loaded only when it is called, so none waits for the others."""

from importlib import import_module

import click

COMMANDS = (
    "brand", "cleanup", "dev", "events", "keys", "messages", "migrate", "person", "pricing", "seed",
    "serve", "sms", "stats",
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


@click.command(cls=Commands)
def main() -> None:
    """A self-hosted front door: sign-up and sign-in, phone first, in plain HTML."""


if __name__ == "__main__":
    main()
