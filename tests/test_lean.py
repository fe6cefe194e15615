"""What a server loads: nothing it has no use for."""

import subprocess
import sys

from tests.product import SOURCE

LOADED = """
import sys, app.main, app.commands.serve
left_out = ('sqlalchemy', 'alembic', 'opentelemetry', 'rich')
print([m for m in sorted(sys.modules) if m in left_out or 'app.console' in m])
"""


def test_a_server_loads_nothing_of_migrations_of_the_console_and_of_traces() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, env={"PYTHONPATH": SOURCE}
    )
    assert (told.stdout, told.stderr) == ("[]\n", "")
