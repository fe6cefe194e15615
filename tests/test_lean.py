"""What a server loads: nothing it has no use for."""

import subprocess
import sys

from tests.product import SOURCE

LOADED = "import sys, app.main; print(sorted({'sqlalchemy', 'alembic'} & set(sys.modules)))"


def test_a_server_loads_nothing_of_migrations() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, env={"PYTHONPATH": SOURCE}
    )
    assert (told.stdout, told.stderr) == ("[]\n", "")
