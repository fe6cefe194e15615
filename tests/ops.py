"""The files of ops/, as the programs that they are written for read them."""

from pathlib import Path

OPS = Path(__file__).parents[1] / "ops"
Lines = list[tuple[str, str]]


def unit(name: str) -> Lines:
    """The settings of a unit of systemd, in order; `%i` is as it stands."""
    text = (OPS / "systemd" / name).read_text()
    lines = (line.partition("=") for line in text.splitlines() if line and line[0] not in "#;[")
    return [(key, value) for key, _, value in lines]


def environment_file(path: Path) -> dict[str, str]:
    """As systemd and Compose read it, without quotes, of which it has none."""
    lines = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in lines if not name.startswith("#")}


def words_of(lines: Lines, key: str) -> list[str]:
    return [value for name, value in lines if name == key]
