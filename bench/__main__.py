"""`python -m bench`: drive the running server and its floor in one run, alternating, and print the ratio.

Options: `--stores sqlite,postgresql` (PostgreSQL needs BENCH_POSTGRES_URL, an empty database), `--users 10000`,
`--seconds 2`, `--rounds 3`, `--sign-ins 100`, `--only NAME` for the operations whose name has this part.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench.cases import Case, World, cases
from bench.load import Call, Outcome, Source, cycle, drive
from bench.process import Process, free_port, running
from bench.seed import fill
from bench.sign_in import CALLBACK, GOAL_HASH_MS, GOAL_MS, sign_in_often

PASSWORD = "correct horse battery"
HEADER = (
    f"{'operation':<20}{'req/s':>9}{'p99 ms':>9}{'CPU ms':>9}{'floor':>9}{'ratio':>7}{'target':>8}  (median of rounds)"
)


@dataclass(frozen=True)
class Line:
    """One measured side: requests a second, p99 in ms, CPU ms a request."""

    rate: float
    p99: float
    cpu: float


def command(env: dict[str, str], folder: Path, *arguments: str) -> str:
    """Run the command line of the product; returns its output."""
    full = [sys.executable, "-m", "vestibule", *arguments]
    return subprocess.run(
        full, cwd=folder, env={**os.environ, **env}, check=True, capture_output=True, text=True
    ).stdout


def management_token(port: int, app: dict[str, str]) -> str:
    """Get a Management token the way a client does."""
    form = {
        "grant_type": "client_credentials",
        "client_id": app["id"],
        "client_secret": app["secret"],
        "resource": "https://default.logto.app/api",
        "scope": "all",
    }
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/oidc/token", data=body) as answer:
        return str(json.load(answer)["access_token"])


async def measure(
    process: Process, calls: list[Call] | Source, seconds: float, connections: int
) -> tuple[Line, Outcome]:
    """Drive one side once."""
    before = process.cpu()
    source = cycle(calls) if isinstance(calls, list) else calls
    outcome = await drive(process.port, source, seconds=seconds, connections=connections)
    cpu = (process.cpu() - before) * 1000 / max(outcome.requests, 1)
    return Line(outcome.requests / outcome.seconds, outcome.percentile(0.99), cpu), outcome


def median(lines: list[Line]) -> Line:
    """Take the median of each column."""
    return Line(*(statistics.median(getattr(line, name) for line in lines) for name in ("rate", "p99", "cpu")))


async def row(case: Case, product: Process, floor: Process, options: argparse.Namespace, target: float) -> int:
    """Measure one case against its floor, alternating; prints a line and returns the number of wrong answers."""
    ours: list[Line] = []
    least: list[Line] = []
    wrong = 0
    for _ in range(options.rounds):
        line, outcome = await measure(product, case.calls, options.seconds, case.connections)
        ours.append(line)
        wrong += outcome.wrong
        line, _ = await measure(floor, case.floor, options.seconds, case.connections)
        least.append(line)
    mine, base = median(ours), median(least)
    goal = f"{target:>8.2f}" if target else f"{case.goal:>8}"
    figures = f"{mine.rate:>9.0f}{mine.p99:>9.1f}{mine.cpu:>9.3f}{base.cpu:>9.3f}{mine.cpu / base.cpu:>7.2f}"
    print(f"{case.name:<20}{figures}{goal}" + (f"  {wrong} WRONG ANSWERS" if wrong else ""))
    return wrong


async def sign_in_row(product: Process, app: dict[str, str], options: argparse.Namespace) -> int:
    """Measure whole sign-ins of a browser: what the thread that hashes takes, and what everything else does."""
    user, rounds = "bench0", []
    wrong = await asyncio.to_thread(sign_in_often, product.port, app, user, PASSWORD, 5)  # warm
    for _ in range(options.rounds):
        before = product.cpu_by_thread()
        wrong += await asyncio.to_thread(sign_in_often, product.port, app, user, PASSWORD, options.sign_ins)
        spent = {name: cpu - before.get(name, 0.0) for name, cpu in product.cpu_by_thread().items()}
        others = [cpu for name, cpu in spent.items() if name != str(product.pid)]
        # The threads that hash take turns, and what the store's threads do comes nowhere near a hash.
        hashing, whole = sum(cpu for cpu in others if cpu > max(others) / 10), sum(spent.values())
        rounds.append(tuple(part * 1000 / options.sign_ins for part in (whole - hashing, whole, hashing)))
    beside, whole, digest = (statistics.median(column) for column in zip(*rounds, strict=True))
    words = f"browser sign-in: {whole:.2f} ms of CPU, of which the hash {digest:.2f}; all else {beside:.2f}"
    there = f"{beside / digest * GOAL_HASH_MS:.2f} where a hash takes {GOAL_HASH_MS:.0f}, target {GOAL_MS:.0f}"
    print(f"{words} ({there})" + (f"  {wrong} FAILED" if wrong else ""))
    return wrong


async def store(name: str, url: str, options: argparse.Namespace) -> int:
    """Measure everything on one store."""
    with tempfile.TemporaryDirectory(prefix="vestibule-bench-") as text:
        folder, port, floor_port = Path(text), free_port(), free_port()
        (folder / "var").mkdir()
        env = {
            "VESTIBULE_DATABASE_URL": url.replace("FOLDER", text),
            "VESTIBULE_PUBLIC_URL": f"http://localhost:{port}",
            "VESTIBULE_PORT": str(port),
            "VESTIBULE_SECRET_KEY": "A" * 43,
            "VESTIBULE_LOG_LEVEL": "ERROR",
            "VESTIBULE_TRUSTED_PROXIES": "127.0.0.1/32",  # so that sign-ins come from many addresses
        }
        command(env, folder, "migrate")
        app = json.loads(
            command(
                env, folder, "apps", "create", "--type", "machine-to-machine", "--management", "--name", "b", "--json"
            )
        )
        site = ("--type", "traditional", "--name", "site", "--redirect-uri", CALLBACK, "--json")
        website = json.loads(command(env, folder, "apps", "create", *site))
        seeded = await fill(env, options.users, PASSWORD, app["id"])
        env["FLOOR_DATABASE_URL"] = env["VESTIBULE_DATABASE_URL"]
        async with (
            running(["-m", "vestibule", "serve"], port, "/oidc/jwks", env) as product,
            running(["-m", "bench.floor", str(floor_port)], floor_port, "/constant", env) as floor,
        ):
            ids = [f"b{number:011d}" for number in range(0, options.users, max(1, options.users // 500))]
            tokens = management_token(port, app), seeded.opaque_token, seeded.personal_tokens
            world = World(ids, ids[0], PASSWORD, *tokens, app["id"], app["secret"])
            load = " ".join(f"{part:.2f}" for part in os.getloadavg())
            print(
                f"\n{name}, {options.users} users, {options.rounds} rounds of {options.seconds} s, load average {load}"
            )
            print(f"ready {product.ready_after:.2f} s after start, {product.memory():.0f} MB at rest\n{HEADER}")
            wrong = 0
            for case in cases(world):
                if options.only in case.name:
                    wrong += await row(case, product, floor, options, case.targets[name == "postgresql"])
            if options.only in "browser sign-in":
                wrong += await sign_in_row(product, website, options)
            print(f"{product.memory():.0f} MB after the load")
    return wrong


def main() -> int:
    """Read the options and measure each store."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--stores", default="sqlite,postgresql" if os.environ.get("BENCH_POSTGRES_URL") else "sqlite")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sign-ins", type=int, default=100)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    urls = {"sqlite": "sqlite:///FOLDER/var/bench.db", "postgresql": os.environ.get("BENCH_POSTGRES_URL", "")}
    wrong = 0
    for name in options.stores.split(","):
        wrong += asyncio.run(store(name, urls[name], options))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
