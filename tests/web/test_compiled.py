"""Templates are compiled once, and again only when something has changed."""

from pathlib import Path

from jinja2 import DictLoader, Environment

from app.web.fast_pages import CompiledTemplates


def rendered(source: str, folder: Path, **options: bool) -> str:
    environment = Environment(
        loader=DictLoader({"a.html": source}),
        bytecode_cache=CompiledTemplates(options, folder),
        autoescape=True,
        **options,
    )
    return environment.get_template("a.html").render()


def test_a_second_start_compiles_nothing(tmp_path: Path) -> None:
    assert rendered("{{ 1 + 1 }}", tmp_path) == "2"
    [file] = tmp_path.iterdir()
    written = file.stat()
    assert rendered("{{ 1 + 1 }}", tmp_path) == "2"
    [now] = [each.stat() for each in tmp_path.iterdir()]
    assert (now.st_ino, now.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_a_changed_template_is_compiled_again(tmp_path: Path) -> None:
    assert rendered("one", tmp_path) == "one"
    assert rendered("two", tmp_path) == "two"


def test_other_options_compile_again(tmp_path: Path) -> None:
    source = "{% if true %}\nyes{% endif %}"
    assert rendered(source, tmp_path, trim_blocks=True) == "yes"
    assert rendered(source, tmp_path, trim_blocks=False) == "\nyes"


def test_a_broken_file_is_compiled_again(tmp_path: Path) -> None:
    assert rendered("one", tmp_path) == "one"
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    assert rendered("one", tmp_path) == "one"


def test_a_folder_that_is_not_there_only_costs_time(tmp_path: Path) -> None:
    assert rendered("one", tmp_path / "nowhere") == "one"
