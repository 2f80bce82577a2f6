"""The file of known breached passwords: the first six bytes of each digest, sorted, behind a header of 64 bytes.

`docs/decisions/0010-breached-passwords.md` says why. A look-up reads about thirty records and loads nothing; a
password that is in the list is always found, and one that is not is found once in 2^48 / count look-ups.
"""

import hashlib
import os
import struct
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from vestibule.domain.md4 import md4

MAGIC, WIDTH, BLOCK = b"VBREACH1", 6, 6 * 65_536
_HEADER = struct.Struct(">8sBB6xQ32s4x")
HEADER_BYTES = _HEADER.size + 4
"""The header is followed by its own CRC-32."""


def _sha1(password: str) -> bytes:
    return hashlib.sha1(password.encode(errors="surrogatepass"), usedforsecurity=False).digest()


def _ntlm(password: str) -> bytes:
    return md4(password.encode("utf-16-le", errors="surrogatepass"))


@dataclass(frozen=True)
class Kind:
    """A digest that lists are published in: its number in the header, its name, its length in hex."""

    number: int
    name: str
    hex_length: int
    digest: Callable[[str], bytes]


KINDS = (Kind(1, "SHA-1", 40, _sha1), Kind(2, "NTLM", 32, _ntlm))


class BreachedFileError(Exception):
    """The file cannot be used; the sentence names it and says why."""


def header(kind: Kind, count: int, checksum: bytes) -> bytes:
    """Return the header: `checksum` is the SHA-256 of all records."""
    packed = _HEADER.pack(MAGIC, kind.number, WIDTH, count, checksum)
    return packed + zlib.crc32(packed).to_bytes(4)


class BreachedFile:
    """An open file. Its header and length are checked when it is opened; `verify` reads all of it.

    It is read by position and not mapped: a file that is cut short under a running server is a miss then, and not the
    end of the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise BreachedFileError(f"{path} cannot be read ({error.strerror})") from error
        try:
            self.kind, self._count, self._checksum = self._opened()
        except BaseException:
            self.close()
            raise

    def _opened(self) -> tuple[Kind, int, bytes]:
        try:
            start, size = os.pread(self._fd, HEADER_BYTES, 0), os.fstat(self._fd).st_size
        except OSError as error:
            raise BreachedFileError(f"{self.path} cannot be read ({error.strerror})") from error
        if not start.startswith(MAGIC):
            raise BreachedFileError(f"{self.path} is no file that `vestibule breached build` made")
        if len(start) < HEADER_BYTES or zlib.crc32(start[:-4]).to_bytes(4) != start[-4:]:
            raise BreachedFileError(f"{self.path} has a damaged header: build it again")
        _, number, width, count, checksum = _HEADER.unpack(start[:-4])
        kind = next((kind for kind in KINDS if kind.number == number), None)
        if kind is None or width != WIDTH:
            raise BreachedFileError(f"{self.path} was made by another version: build it again")
        expected = HEADER_BYTES + WIDTH * count
        if size != expected:
            raise BreachedFileError(f"{self.path} has {size} bytes instead of {expected}: copy or build it again")
        return kind, count, checksum

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: int) -> bytes:
        return os.pread(self._fd, WIDTH, HEADER_BYTES + WIDTH * at)

    def holds(self, password: str) -> bool:
        """Tell whether the list had this password; raises OSError when the disk fails."""
        key = self.kind.digest(password)[:WIDTH]
        at = bisect_left(self, key)
        return at < self._count and self[at] == key

    def verify(self) -> Iterator[int]:
        """Read every record, yielding how many were; raises BreachedFileError at the end or where the order breaks."""
        seen, read, last = hashlib.sha256(), 0, b""
        while read < self._count:
            block = os.pread(self._fd, BLOCK, HEADER_BYTES + WIDTH * read)
            keys = [last, *(block[at : at + WIDTH] for at in range(0, len(block), WIDTH))]
            if not block or any(one >= next_one for one, next_one in pairwise(keys)):
                raise BreachedFileError(f"{self.path} is damaged after record {read}: build it again")
            seen.update(block)
            read, last = read + len(block) // WIDTH, keys[-1]
            yield read
        if seen.digest() != self._checksum:
            raise BreachedFileError(f"{self.path} is damaged: its checksum is another one. Build it again")

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)
