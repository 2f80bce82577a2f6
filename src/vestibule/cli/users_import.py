"""`vestibule users import FILE`: one JSON object a line, as `POST /api/users` takes it and a little more.

The file is read as a stream. Stopped with Ctrl-C, or killed, the same command goes on where it was.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated, BinaryIO

import msgspec
from msgspec import UNSET

from vestibule.api.schemas import UserCreate, json_text
from vestibule.cli import CommandError
from vestibule.cli.trail import note
from vestibule.cli.world import on_store
from vestibule.domain.context import Context
from vestibule.domain.importing import Candidate, Mark, Refusal, mark_of, take
from vestibule.domain.users import NewUser
from vestibule.errors import AppError, InvalidInput
from vestibule.http import guard
from vestibule.http.guard import Maybe, Pattern, Range, rule

BATCH = 500
SAY_SECONDS = 2.0
STOPPED, REFUSED = 130, 1
JSON_COLUMNS = ("custom_data", "profile")

Moment = Annotated[int, rule(Range(minimum=0, maximum=2**53))]


class UserLine(UserCreate, rename="camel"):
    """A line of the file."""

    id: Maybe[Annotated[str, rule(Pattern(r"^[0-9A-Za-z]{1,12}$"))]] = UNSET
    is_suspended: bool = False
    created_at: Maybe[Moment] = UNSET
    last_sign_in_at: Maybe[Moment] = UNSET


KNOWN = {field.encode_name for field in msgspec.structs.fields(UserLine)}


@dataclass(frozen=True)
class Source:
    """The file to import: its content is its name, so that a moved file goes on and a changed one starts anew."""

    path: Path
    key: str
    lines: int

    @property
    def report(self) -> Path:
        """Where refused rows are written."""
        return self.path.with_name(f"{self.path.name}.refused.jsonl")

    @classmethod
    def of(cls, path: Path) -> "Source":
        """Read the file once; raises CommandError when it cannot be read."""
        content, lines, last = hashlib.sha256(), 0, b"\n"
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    content.update(chunk)
                    lines += chunk.count(b"\n")
                    last = chunk[-1:]
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        return cls(path, f"import/{content.hexdigest()[:48]}", lines + (last != b"\n"))


class Progress:
    """Says how far it is, at most every two seconds, on standard error."""

    def __init__(self, total: int, mark: Mark) -> None:
        self._total = total
        self._from, self._since = mark.line, monotonic()
        self._said = self._since

    def say(self, mark: Mark, *, always: bool = False) -> None:
        """Say it, when it is time."""
        now = monotonic()
        if not always and now - self._said < SAY_SECONDS:
            return
        self._said = now
        rate = (mark.line - self._from) / max(now - self._since, 0.001)
        share = f"{100 * mark.line // max(self._total, 1)} %"
        words = f"{mark.line:,} of {self._total:,} rows ({share}), {rate:,.0f} a second, {mark.refused:,} refused"
        print(words, file=sys.stderr, flush=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file and the form of the summary."""
    parser.add_argument("file", type=Path, help="JSON Lines: one object a line, as POST /api/users takes it")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Import; ends with 0, with 1 when rows were refused, with 130 when stopped."""
    source = Source.of(args.file)
    done: list[Mark] = []

    async def work(ctx: Context) -> None:
        before = await mark_of(ctx, source.key)
        try:
            done.append(await _import(ctx, source))
        finally:  # what was imported before it was stopped stays
            await _note(ctx, source, before)

    try:
        on_store(work)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return STOPPED
    _sum_up(source, done[0], as_json=args.json)
    return REFUSED if done[0].refused else 0


def _sum_up(source: Source, mark: Mark, *, as_json: bool) -> None:
    report = str(source.report) if mark.refused else None
    if as_json:
        print(json.dumps({"imported": mark.imported, "refused": mark.refused, "report": report}))
        return
    print(f"imported {mark.imported:,} users" + (f", refused {mark.refused:,}: see {report}" if report else ""))


async def _note(ctx: Context, source: Source, before: Mark) -> None:
    after = await mark_of(ctx, source.key)
    imported, refused = after.imported - before.imported, after.refused - before.refused
    name = source.path.name.encode(errors="replace").decode()
    await note(ctx, "users import", imported=imported, refused=refused, file=name)


async def _import(ctx: Context, source: Source) -> Mark:
    mark = await mark_of(ctx, source.key)
    if mark.line:
        print(f"going on after row {mark.line:,}", file=sys.stderr)
    progress = Progress(source.lines, mark)
    with source.path.open("rb") as file, source.report.open("ab") as report:
        mark = _written(report, mark)
        file.seek(mark.offset)
        while batch := [line for _, line in zip(range(BATCH), file, strict=False)]:
            candidates, faults = _read(batch, mark.line)
            ahead = msgspec.structs.replace(
                mark, offset=mark.offset + sum(map(len, batch)), line=mark.line + len(batch)
            )
            mark = _written(report, await take(ctx, source.key, candidates, ahead, faults))
            progress.say(mark)
    progress.say(mark, always=True)
    if not mark.refused:
        source.report.unlink()
    return mark


def _written(report: BinaryIO, mark: Mark) -> Mark:
    """Bring the report up to a mark; the part that the last batch wrote may be missing or half there."""
    report.truncate(mark.report)
    size = mark.report
    for refusal in mark.latest:
        size += report.write(msgspec.json.encode(refusal) + b"\n")
    report.flush()
    return msgspec.structs.replace(mark, report=size, latest=())


def _read(batch: list[bytes], before: int) -> tuple[list[Candidate], list[Refusal]]:
    candidates: list[Candidate] = []
    faults: list[Refusal] = []
    for number, line in _numbered(batch, before):
        try:
            candidates.append(_candidate(number, line))
        except AppError as error:
            faults.append(Refusal(number, error.code or "request.malformed", _reason(error)))
    return candidates, faults


def _numbered(batch: list[bytes], before: int) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(batch, before + 1):
        if line.strip():
            yield number, line


def _candidate(number: int, line: bytes) -> Candidate:
    body = guard.decode(line.strip(), UserLine)
    unknown = sorted(set(msgspec.json.decode(line, type=dict[str, msgspec.Raw])) - KNOWN)
    if unknown:
        raise InvalidInput(f"This import does not know {', '.join(f'`{name[:64]}`' for name in unknown)}.")
    given = {
        name: value
        for name in NewUser.__dataclass_fields__
        if name in body.__struct_fields__ and (value := getattr(body, name)) is not UNSET
    }
    for name in JSON_COLUMNS:
        if name in given:
            given[name] = json_text(given[name])
    rest = {
        name: value for name in ("id", "created_at", "last_sign_in_at") if (value := getattr(body, name)) is not UNSET
    }
    return Candidate(number, NewUser(**given), is_suspended=body.is_suspended, **rest)


_SPACES = re.compile(r"\s+")


def _reason(error: AppError) -> str:
    return _SPACES.sub(" ", error.details or error.text)[:500]
