"""`vestibule doctor`: looks at the running server from outside and at what is behind it, and says what to change."""

import argparse
import asyncio
import http.client
import json
from dataclasses import asdict

from vestibule.cli import doctor_address, doctor_inside, doctor_way
from vestibule.cli.doctor_finding import Fetched, Finding
from vestibule.clock import SystemClock
from vestibule.crypto import SealError
from vestibule.db import DatabaseUnavailable
from vestibule.domain import doctor
from vestibule.settings import AccountSettings, ServerSettings, SettingError, load

UNSOUND = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.epilog = "Run it where the server runs, with the server's settings. It ends with 1 when something is wrong."


def run(args: argparse.Namespace) -> int:
    """Print what was found; ends with 1 when something is wrong."""
    found = asyncio.run(examine(load(ServerSettings), load(AccountSettings)))
    if args.json:
        print(json.dumps({"checks": [asdict(finding) for finding in found]}))
    else:
        print("\n".join(map(_line, found)))
    return UNSOUND if any(finding.state == "wrong" for finding in found) else 0


def _line(finding: Finding) -> str:
    # An answer may hold anything: nothing of it may reach the terminal as a command (CWE-150).
    words = "".join(char if char.isprintable() else "�" for char in finding.words)
    return f"{finding.state:<6}{finding.check:<12}{words}" + (
        f"\n      {'→':<12}{finding.change}" if finding.change else ""
    )


async def examine(settings: ServerSettings, account: AccountSettings) -> list[Finding]:
    """Check everything that can be checked; what is broken keeps nothing else from being looked at."""
    now = SystemClock().now()
    address, answer = await asyncio.to_thread(doctor_address.examine, settings)
    found = [address]
    if answer is not None:
        ending = doctor_address.certificate(answer, now)
        found += [ending] if ending else []
        found += [doctor_way.clock(answer, now), await asyncio.to_thread(doctor_way.cookies, settings)]
    found += await _behind(settings, answer)
    found.append(await asyncio.to_thread(doctor_inside.account, account))
    return found


async def _behind(settings: ServerSettings, answer: Fetched | None) -> list[Finding]:
    version = await doctor_inside.schema(settings)
    if version.state == "wrong":
        return [version]
    try:
        async with doctor_inside.opened(settings) as ctx:
            token = await doctor.ask(ctx)
            try:
                way = [] if answer is None else await _way(settings, token)
            finally:
                await doctor.forget(ctx, token)
            settled = [await doctor_inside.mail(ctx), await doctor_inside.factors(ctx)]
            return [*way, version, await doctor_inside.store_clock(ctx), *settled]
    except (SettingError, SealError, DatabaseUnavailable) as error:
        return [doctor_inside.not_opened(error)]


async def _way(settings: ServerSettings, token: str) -> list[Finding]:
    try:
        return await asyncio.to_thread(doctor_way.forwarded, settings, token)
    except (OSError, http.client.HTTPException) as error:
        words = f"{settings.public_url} stopped answering ({type(error).__name__})"
        return [Finding("address", "wrong", words, "look at the log of the server and of the proxy")]
