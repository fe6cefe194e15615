"""Static files: read once, served from memory under a name that changes with their content."""

import gzip
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.types import Receive, Scope, Send
from rcssmin import cssmin
from rjsmin import jsmin

from app.web.brand import IMAGES, STYLE, Brand
from app.web.middleware import API_CSP
from app.web.request_info import accepts_gzip
from app.web.response import NO_STORE, Headers, HttpResponse

SERVED = (".css", ".js", ".svg", ".txt", ".png", ".ico", ".webmanifest")
ANY_VERSION = re.compile(r"/static/[0-9a-f]{12}/[A-Za-z0-9._-]+")
MINIFIERS: dict[str, Callable[[str], str]] = {".css": cssmin, ".js": jsmin}
FOREVER = b"public, max-age=31536000, immutable"
mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True, slots=True)
class Asset:
    url: str
    body: bytes
    zipped: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    modified: float


class Assets:
    """`live` looks at the files again at every use, for whoever is editing them. What the `brand`
    has of its own is served in the place of ours.
    """

    def __init__(self, folder: Path, *, live: bool, brand: Brand | None = None) -> None:
        self._live, self.brand = live, brand or Brand()
        own = [path for name in IMAGES if (path := self.brand.find(name))]
        paths = [*folder.iterdir(), *own]
        self._paths = {path.name: path for path in paths if path.suffix in SERVED}
        self._by_name = {name: self._read(name) for name in self._paths}
        self._by_url = {asset.url: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        """For templates: `{{ asset('site.css') }}`. Raises `KeyError` for an unknown file."""
        if self._live:
            self._refresh(name)
        return self._by_name[name].url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.respond(scope)(scope, receive, send)

    def respond(self, scope: Any) -> HttpResponse:
        """Raises what Litestar answers with 404 and 405."""
        if scope["method"] != "GET":
            raise MethodNotAllowedException(headers={"allow": "GET, HEAD"})
        path = scope["raw_path"].decode("latin-1")
        asset = self._by_url.get(path)
        fixed: Headers = list(asset.headers) if asset else []
        if asset is None:
            asset, fixed = self._of_another_version(path)
        headers = dict(scope["headers"])
        if headers.get(b"if-none-match") == b'"%s"' % asset.url.encode():
            return HttpResponse(304, b"", fixed)
        gzip_taken = accepts_gzip(headers.get(b"accept-encoding", b""))
        if gzip_taken and len(asset.zipped) < len(asset.body):
            return HttpResponse(200, asset.zipped, [*fixed, (b"content-encoding", b"gzip")])
        return HttpResponse(200, asset.body, fixed)

    def _of_another_version(self, path: str) -> tuple[Asset, Headers]:
        """A page of the version before or after, in the middle of a deployment, is given what we
        have, and keeps it for as long as it is open.
        """
        asset = self._by_name.get(path.rpartition("/")[2])
        if asset is None or not ANY_VERSION.fullmatch(path):
            raise NotFoundException
        kept = [header for header in asset.headers if header[0] not in (b"cache-control", b"etag")]
        return asset, [NO_STORE, *kept]

    def _refresh(self, name: str) -> None:
        if self._modified(name) != self._by_name[name].modified:
            self.brand.read_style()
            self._by_name[name] = asset = self._read(name)
            self._by_url[asset.url] = asset

    def _modified(self, name: str) -> float:
        """When the newest of the files it is made of was."""
        style = self.brand.find("brand.css") if name == STYLE else None
        return max(path.stat().st_mtime for path in (self._paths[name], style) if path)

    def _read(self, name: str) -> Asset:
        path = self._paths[name]
        body = path.read_bytes()
        if name == STYLE:
            body = self.brand.apply_tokens(body.decode()).encode()
        return _prepare(path, body, self._modified(name))


def _prepare(path: Path, body: bytes, modified: float) -> Asset:
    minify = MINIFIERS.get(path.suffix)
    if minify and not path.name.endswith(".min.js"):
        body = minify(body.decode()).encode()
    url = f"/static/{sha256(body).hexdigest()[:12]}/{path.name}"
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    headers: tuple[tuple[bytes, bytes], ...] = (
        (b"content-type", (kind + charset).encode()),
        (b"cache-control", FOREVER),
        (b"etag", b'"%s"' % url.encode()),
        (b"vary", b"Accept-Encoding"),
    )
    if path.suffix == ".svg":  # opened by itself it is a page, which could run scripts
        headers += ((b"content-security-policy", API_CSP.encode()),)
    return Asset(url, body, gzip.compress(body, 9, mtime=0), headers, modified)
