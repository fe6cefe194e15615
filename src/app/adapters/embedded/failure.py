"""What a developer reads when the embedded stores cannot run."""

NOT_INSTALLED = "Install latchkey[embedded] or set DATABASE_URL and REDIS_URL."


class StoresNotStarted(Exception):
    """One sentence for the terminal, with the end of a log when there is one."""
