"""Where something stands in a TOML file: the parser of the standard library does not tell."""

import re

# A path such as ("plans", 1, "month", "USD"): names of tables and keys, and which one of several.
Path = tuple[str | int, ...]

HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]")
KEY = re.compile(r"\s*[\"']?([\w\-]+)[\"']?\s*=")


class Lines:
    """The line of each table and key that stands on a line of its own."""

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {}
        table: Path = ()
        for number, line in enumerate(text.split("\n"), 1):
            if header := HEADER.match(line):
                table = self._entered(header[2].split("."), several=header[1] == "[[")
                self._found.setdefault(table, number)
            elif key := KEY.match(line):
                self._found.setdefault((*table, key[1]), number)

    def of(self, path: Path) -> int:
        """The line of the innermost part of `path` that is there; 0 for the file as a whole."""
        parts = [path[:length] for length in range(len(path), 0, -1)]
        return next((self._found[part] for part in parts if part in self._found), 0)

    def _entered(self, names: list[str], *, several: bool) -> Path:
        """A table that comes several times is followed by those inside its latest one."""
        first, *rest = names
        count = sum(len(path) == 2 and path[0] == first for path in self._found)
        if several and not rest:
            return (first, count)
        return (first, count - 1, *rest) if rest else (first,)
