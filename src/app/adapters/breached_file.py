"""Passwords known from break-ins, in a file of one's own."""

import asyncio
import mmap
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from pathlib import Path

from app.settings import BadSettings

# A line of Have I Been Pwned's list, ordered by hash: the digest, then maybe how often it was seen.
LINE = re.compile(rb"[0-9A-Fa-f]{40}(?::[0-9]+)?\r?\n?")
PROBES = 64  # lines that are looked at when it is opened
MOST_BYTES = 80  # of a line
DEADLINE = 1.0  # seconds for one look: about thirty reads of the disk
HELP = "it needs one SHA-1 digest in hexadecimal a line, ordered by hash"


class BreachedFile:
    """Mapped into memory and never read as a whole. A file that is changed while it is in use must
    be put in its place by a rename.
    """

    def __init__(self, path: str) -> None:
        """Raises `BadSettings` where it cannot be read or is not in order."""
        self.trouble = ""
        try:
            with Path(path).open("rb") as file:
                self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise BadSettings([f"BREACHED_PASSWORDS_FILE cannot be read: {error}."]) from error
        self._refuse_disorder()
        self._thread = ThreadPoolExecutor(1, "breached")

    async def contains(self, password: str) -> bool:
        digest = sha1(password.encode(), usedforsecurity=False).hexdigest().encode()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(DEADLINE):
                found = await loop.run_in_executor(self._thread, self._has, digest)
        except TimeoutError:
            self.trouble = "the disk of BREACHED_PASSWORDS_FILE did not answer within a second"
            return False
        self.trouble = ""
        return found

    def _has(self, digest: bytes) -> bool:
        """Halves what is left between two lines until there is nothing between them."""
        low, high = 0, len(self._lines)
        while low < high:
            start, line = self._line_at((low + high) // 2)
            found = line[:40].lower()
            if found == digest:
                return True
            if found < digest:
                low = start + len(line)
            else:
                high = start
        return False

    def _line_at(self, place: int) -> tuple[int, bytes]:
        """The line that holds the byte at `place`, and where it begins."""
        begin = max(0, place - MOST_BYTES)
        near = self._lines[begin : place + MOST_BYTES]
        start = near.rfind(b"\n", 0, place - begin) + 1
        end = near.find(b"\n", place - begin)
        return begin + start, near[start : end + 1 if end >= 0 else len(near)]

    def _refuse_disorder(self) -> None:
        """The same list is also given out by how often each was seen, where nothing is found."""
        size = len(self._lines)
        lines = [self._line_at(size * probe // PROBES)[1] for probe in range(PROBES)]
        wrong = next((line for line in lines if not LINE.fullmatch(line)), None)
        if wrong is not None:
            problem = f"a line is {wrong[:20]!r}; {HELP}"
        elif [line[:40].lower() for line in lines] != sorted(line[:40].lower() for line in lines):
            problem = f"its lines are not in order; {HELP}"
        else:
            return
        raise BadSettings([f"BREACHED_PASSWORDS_FILE: {problem}."])
