"""Loads Litestar alone. Where advanced-alchemy is installed, Litestar loads it too, to describe
pages of rows in OpenAPI, and with it SQLAlchemy. A server of ours has no use for either: without
them it starts in two thirds of the time and takes 30 MB less.

Imported before anything else that imports Litestar.
"""

import sys
from importlib import import_module
from typing import Any

UNUSED = "advanced_alchemy.service"
_loaded: dict[str, Any] = sys.modules

if UNUSED not in _loaded:
    _loaded[UNUSED] = None  # an import of it is an ImportError, for which Litestar is prepared
    import_module("litestar.app")
    del _loaded[UNUSED]
