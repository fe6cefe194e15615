"""`latchkey --version`: of the product, and of the schema that it needs."""

import json
from importlib.metadata import version

from app.adapters.postgres import newest_revision


def describe_version(*, as_json: bool) -> str:
    """Without a database: what this installation is, wherever it runs."""
    found = {"version": version("latchkey"), "revision": newest_revision()}
    if as_json:
        return json.dumps(found)
    return f"Latchkey {found['version']}, schema {found['revision']}"
