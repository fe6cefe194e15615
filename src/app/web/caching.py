"""Answers that caches keep: with an entity tag, and 304 for whoever has it (RFC 9110, 13.1.2)."""

from hashlib import sha256

from app.web.answer import Answer, Headers


def etag_of(body: bytes) -> bytes:
    """A strong one. Where the plain and the zipped form share it, put `W/` before it."""
    return b'"%s"' % sha256(body).hexdigest()[:16].encode()


def unless_known(asked: dict[bytes, bytes], etag: bytes, answer: Answer) -> Answer:
    """`asked` are the headers of the request."""
    answer.answer_headers.append((b"etag", etag))
    known = {_strong(tag) for tag in asked.get(b"if-none-match", b"").split(b",")}
    if known & {_strong(etag), b"*"}:
        kept = [header for header in answer.answer_headers if header[0] != b"content-encoding"]
        return Answer(304, b"", kept)
    return answer


def cached(seconds: int, stale: int, failing: int) -> Headers:
    """Public, for that long; for `stale` seconds more while it is asked for again, for `failing`
    while that does not work (RFC 5861).
    """
    told = f"public, max-age={seconds}, stale-while-revalidate={stale}, stale-if-error={failing}"
    return [(b"cache-control", told.encode())]


def _strong(tag: bytes) -> bytes:
    return tag.strip().removeprefix(b"W/")
