"""Making the file of breached passwords from a published list: `HASH:COUNT` a line, in any order, of any size.

The list is read once as a stream. What is gathered is sorted in memory and put behind the run before it where it goes
on from there (a list ordered by hash is one run), and runs are merged. The file appears under its name when it is
whole: a build that ends early leaves nothing that counts, and the next one begins anew.
"""

import hashlib
import heapq
import os
import re
import shutil
from binascii import unhexlify
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vestibule.domain.breached_file import BLOCK, HEADER_BYTES, KINDS, WIDTH, BreachedFileError, Kind, header

READ_BYTES, LONGEST_LINE = 4 << 20, 1024
GATHERED = 1_000_000
"""Records sorted in memory at once: about 100 MB."""
AT_ONCE = 64
"""Runs merged at once."""
MARK = b"\xef\xbb\xbf"
"""Some editors begin a file so."""

Say = Callable[[str, int, int], None]
"""Told now and then: what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Built:
    """What a file holds: which digests, how many, and how many bytes it takes."""

    kind: str
    count: int
    size: int


def build(source: Path, target: Path, say: Say, *, least: int = 1) -> Built:
    """Make `target` from the list `source`, of passwords that were seen at least `least` times.

    Raises BreachedFileError for what is no such list (with the line), and OSError.
    """
    folder = target.with_name(f".{target.name}.building")
    shutil.rmtree(folder, ignore_errors=True)  # of a build that was killed
    folder.mkdir(parents=True)
    try:
        with source.open("rb") as file:
            kind, blocks = _listed(file, source, least, say)
            runs = _runs(blocks, folder)
        while len(runs) > 1:
            groups = [runs[at : at + AT_ONCE] for at in range(0, len(runs), AT_ONCE)]
            runs = [_merged(group, say) for group in groups]
        whole = folder / "whole"
        count = _finished(runs[0], whole, kind, say)
        whole.replace(target)
        _settle(target.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Built(kind.name, count, HEADER_BYTES + WIDTH * count)


def _listed(file: BinaryIO, source: Path, least: int, say: Say) -> tuple[Kind, Iterator[list[bytes]]]:
    first = file.readline(LONGEST_LINE).removeprefix(MARK)
    digits = len(re.match(rb"[0-9A-Fa-f]*", first)[0])  # type: ignore[index]  # matches anything
    kind = next((kind for kind in KINDS if kind.hex_length == digits), None)
    if kind is None:
        raise BreachedFileError(f"{source} is no list of breached passwords: line 1 begins with no SHA-1 or NTLM hash")
    pattern = rb"(?m)^([0-9A-Fa-f]{%d})[0-9A-Fa-f]{%d}(?::([0-9]{1,18}))?[ \t]*\r?$"
    shape = re.compile(pattern % (2 * WIDTH, kind.hex_length - 2 * WIDTH))

    def blocks() -> Iterator[list[bytes]]:
        lines, size, chunk = 0, os.fstat(file.fileno()).st_size, first
        while chunk:
            found = shape.findall(chunk)
            expected = chunk.count(b"\n") + (not chunk.endswith(b"\n"))
            if len(found) != expected:
                _check(source, shape, chunk, lines)
            lines += expected
            yield [unhexlify(digits) for digits, times in found if int(times or least) >= least]
            say("read", file.tell(), size)
            chunk = file.read(READ_BYTES)
            chunk += file.readline(LONGEST_LINE) if chunk and not chunk.endswith(b"\n") else b""

    return kind, blocks()


def _check(source: Path, shape: re.Pattern[bytes], chunk: bytes, before: int) -> None:
    """Name the first line that is neither blank nor a hash with a count."""
    for number, line in enumerate(chunk.removesuffix(b"\n").split(b"\n"), before + 1):
        if line.strip() and not shape.fullmatch(line):
            raise BreachedFileError(f"{source} is no list of breached passwords: line {number} is not HASH:COUNT")


def _runs(blocks: Iterable[list[bytes]], folder: Path) -> list[Path]:
    """Write what is read as sorted runs, each without doubles."""
    runs: list[Path] = [folder / "0"]
    last, held = b"", list[bytes]()
    with ExitStack() as files:
        out = files.enter_context(runs[0].open("wb"))

        def put() -> None:
            nonlocal last, out
            held.sort()
            if held and held[0] < last:
                files.close()
                runs.append(folder / str(len(runs)))
                out = files.enter_context(runs[-1].open("wb"))
                last = b""
            records = [key for key in dict.fromkeys(held) if key != last]
            out.write(b"".join(records))
            last = records[-1] if records else last
            held.clear()

        for block in blocks:
            held += block
            if len(held) >= GATHERED:
                put()
        put()
    return runs


def _records(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield from (block[at : at + WIDTH] for at in range(0, len(block), WIDTH))


def _merged(runs: Sequence[Path], say: Say) -> Path:
    """Merge runs into one, without doubles; they are deleted."""
    target, total, done = runs[0].with_name(f"{runs[0].name}m"), sum(run.stat().st_size for run in runs), 0
    last, held = b"", list[bytes]()
    with ExitStack() as files:
        out = files.enter_context(target.open("wb"))
        sources = [_records(files.enter_context(run.open("rb"))) for run in runs]
        for key in heapq.merge(*sources):
            done += WIDTH
            if key != last:
                held.append(key)
                last = key
            if len(held) == BLOCK:
                out.write(b"".join(held))
                held.clear()
                say("sorted", done, total)
        out.write(b"".join(held))
    for run in runs:
        run.unlink()
    return target


def _finished(run: Path, whole: Path, kind: Kind, say: Say) -> int:
    """Write header and records; returns how many there are."""
    size, seen = run.stat().st_size, hashlib.sha256()
    with run.open("rb") as records, whole.open("wb") as out:
        out.write(bytes(HEADER_BYTES))
        while block := records.read(BLOCK):
            seen.update(block)
            out.write(block)
            say("written", out.tell(), size)
        out.seek(0)
        out.write(header(kind, size // WIDTH, seen.digest()))
        out.flush()
        os.fsync(out.fileno())
    return size // WIDTH


def _settle(folder: Path) -> None:
    """Make the new name outlive a loss of power."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
