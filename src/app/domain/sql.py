"""Statements are kept in `.sql` files beside the feature, and called with named parameters.

A file is a row of `-- name: start_code` blocks: a comment that says what the statement does and
what its parameters mean, and one whole statement with `:flow_id` and the like, which can be pasted
into psql.
"""

import re
from pathlib import Path

NAME = re.compile(r"^-- name: (.*)\n", re.MULTILINE)
COMMENTS_BEFORE = re.compile(r"\A(?:--.*\n|\s)*")
# What a colon may stand in without a parameter behind it comes first.
PARAMETER = re.compile(r"--.*|'[^']*'|\"[^\"]*\"|::|:([a-z_][a-z0-9_]*)")

_names: dict[str, str] = {}


class Query:
    """One statement. `text` takes `$1`, `$2` in the order of `parameters`."""

    def __init__(self, name: str, written: str) -> None:
        self.name = name
        self.parameters = tuple(dict.fromkeys(filter(None, PARAMETER.findall(written))))
        self._names = frozenset(self.parameters)
        self.text = PARAMETER.sub(self._numbered, written)

    def __call__(self, **values: object) -> tuple[str, *tuple[object, ...]]:
        """The arguments of `Connection.fetch` and its siblings. Raises `TypeError` unless each
        parameter has a value and each value a parameter.
        """
        if values.keys() != self._names:
            wrong = sorted(values.keys() ^ self._names)
            raise TypeError(f"{self.name} takes {self.parameters}; missing or unknown: {wrong}")
        return (self.text, *map(values.__getitem__, self.parameters))

    def _numbered(self, found: re.Match[str]) -> str:
        return f"${self.parameters.index(found[1]) + 1}" if found[1] else found[0]


class Queries:
    """The statements of one file, each an attribute by its name."""

    def __init__(self, path: Path) -> None:
        _, *blocks = NAME.split(path.read_text(encoding="utf-8"))
        for name, block in zip(blocks[::2], blocks[1::2], strict=True):
            statement = COMMENTS_BEFORE.sub("", block).strip()
            if not name.isidentifier() or name in vars(self) or not statement.endswith(";"):
                raise ValueError(f"{path}: {name!r} is no name, twice there, or not one statement")
            query = vars(self)[name] = Query(name, statement.removesuffix(";"))
            _names[query.text] = f"{path.stem}.{name}"

    def __getattr__(self, name: str) -> Query:
        raise AttributeError(f"there is no statement {name}")


def statement_name(text: str) -> str:
    """`outbox.claim_due` for that one of `outbox.sql`; the first word of one that is in no file."""
    return _names.get(text) or text.split(maxsplit=1)[0].rstrip(";")


def load_queries(module: str, file: str) -> Queries:
    """Those of the `file` that lies beside the module whose `__file__` is given."""
    return Queries(Path(module).with_name(file))
