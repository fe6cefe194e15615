"""A real nginx in front of the product, as a page of the documentation configures it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.staged import until
from tests.servers_setup import found, missing

CONFIGURATION = """
pid {folder}/nginx.pid;  error_log {folder}/error.log;  daemon off;  events {{}}
http {{
  access_log off;
  client_body_temp_path {folder};  proxy_temp_path {folder};  fastcgi_temp_path {folder};
  uwsgi_temp_path {folder};  scgi_temp_path {folder};
  {place}
}}
"""


@contextmanager
def running_nginx(folder: Path, place: str) -> Iterator[None]:
    """`place` is what stands in its `http` block."""
    program = found("nginx")
    assert program, missing("nginx")
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, place=place))
    with subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")]) as it:
        try:
            until((folder / "nginx.pid").exists)
            yield
        finally:
            it.terminate()
