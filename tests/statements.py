"""The statements of all `.sql` files of the product."""

from pathlib import Path

import app
from app.domain.sql import Queries, Query

SOURCE = Path(app.__file__).parent
FILES = {path.relative_to(SOURCE).as_posix(): Queries(path) for path in SOURCE.rglob("*.sql")}
STATEMENTS: list[tuple[str, Query]] = [
    (file, query) for file, queries in sorted(FILES.items()) for query in vars(queries).values()
]
NAMES = [f"{Path(file).stem}.{query.name}" for file, query in STATEMENTS]
