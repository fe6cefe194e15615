"""A real nginx or Caddy in front of the product, as a page of the docs or a file of ops/ has it."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from tests.faults.staged import until
from tests.ops import OPS
from tests.product import free_port
from tests.servers_setup import found, missing

NGINX = OPS / "nginx" / "latchkey.conf"
CONFIGURATION = """
{user}pid {folder}/nginx.pid;  error_log {folder}/error.log;  daemon off;  events {{}}
http {{
  access_log off;
  client_body_temp_path {folder};  proxy_temp_path {folder};  fastcgi_temp_path {folder};
  uwsgi_temp_path {folder};  scgi_temp_path {folder};
  {place}
}}
"""
# It listens where it is told and nowhere else, and asks nobody for certificates.
CADDY = "{{\n admin off\n auto_https off\n}}\n{place}"


def nginx_of_ops(
    port: int, first: int, second: int, *, certificate: Path | None = None, plain: int = 0
) -> str:
    """What ops/ has for nginx, at `port`, before servers at the other two: by plain http, or with
    the `certificate`, whose name ends with .pem beside its .key. `plain` is where it leads to TLS
    from. Addresses of IPv6 are left out, which not every machine has.
    """
    text = re.sub(r"\n +listen \[::\].*", "", NGINX.read_text())
    if certificate is None:
        text = re.sub(r"\n +ssl_.*", "", text).replace("443 ssl http2", "443")
    else:
        text = text.replace("/etc/ssl/login", str(certificate.with_suffix("")))
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("listen 80", f"listen 127.0.0.1:{plain or free_port()}")
    text = text.replace("/var/cache/latchkey-static", "cached")
    return text.replace(":8000", f":{first}").replace(":8001", f":{second}")


@contextmanager
def running_nginx(folder: Path, place: str) -> Iterator[None]:
    """`place` is what stands in its `http` block."""
    program = found("nginx")
    assert program, missing("nginx")
    user = "user root;  " if os.geteuid() == 0 else ""  # no other may look into our folders
    text = CONFIGURATION.format(user=user, folder=folder, place=place)
    (folder / "nginx.conf").write_text(text)
    with subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")]) as it:
        try:
            until((folder / "nginx.pid").exists)
            yield
        finally:
            it.terminate()


@contextmanager
def running_caddy(folder: Path, place: str, port: int) -> Iterator[None]:
    """`place` are its sites, one of which is at that port."""
    program = found("caddy")
    assert program, missing("caddy")
    (folder / "Caddyfile").write_text(CADDY.format(place=place))
    home = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    with (
        (folder / "caddy.log").open("w") as log,
        subprocess.Popen(
            [program, "run", "--config", str(folder / "Caddyfile")],
            env={**os.environ, **home}, stdout=log, stderr=log,
        ) as it,
    ):  # fmt: skip
        try:
            until(lambda: it.poll() is not None or is_open(port))
            assert it.poll() is None, (folder / "caddy.log").read_text()
            yield
        finally:
            it.terminate()


def is_open(port: int) -> bool:
    with socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
