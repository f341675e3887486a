"""Many people at once: sign in, start, run a notebook, log, look at panels, stop, for some minutes.

`python benchmarks/load.py [--people 50] [--minutes 10] [--think 8] [--live N]` starts an installation
of its own on this machine, drives it from one process over loopback, and prints percentiles of every kind of
request, what failed, and memory. Everybody comes at a time of their own in the first two fifths, stays for a
while, may come again, and finishes what they began; `--live` is the most sessions at once (as memory allows).
`--accounts separate`, as root, gives everybody a system account, as root's installations do by default.
The exit code is 1 where anything failed.
"""

import argparse
import asyncio
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.memory import Held, held
from benchmarks.person import Live, Person
from benchmarks.tally import Failed, Tally
from tests.installation import Installation

SESSION_MIB = 350
"""What a session with a kernel is reckoned with, before one is started."""
SPARE_MIB = 2048
MOST_PEOPLE, MOST_MINUTES = 200, 60.0


class Watch:
    """Memory of the installation while people work, and the machine's load."""

    def __init__(self, state: Path, live: Live, every: float) -> None:
        self._state, self._live, self._every = state, live, every
        self.fullest: tuple[Held, int] | None = None
        self.loads: list[float] = []

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            self.loads.append(os.getloadavg()[0])
            live = self._live.now
            seen = await asyncio.to_thread(held, self._state)
            if self.fullest is None or seen.people > self.fullest[0].people:
                self.fullest = (seen, live)


def add_people(installation: Installation, names: list[str]) -> None:
    """`notebench user add` for each, in this process: its imports take longer than all the rest."""
    from notebench_hub.cli import commands

    for name in names:
        password = f"{name}-{secrets.token_urlsafe(18)}"
        words = ["user", "add", name, "--password-stdin", "--state-dir", str(installation.state)]
        done = CliRunner().invoke(commands, words, input=password + "\n")
        if done.exit_code:
            raise SystemExit(f"{' '.join(words)}\n{done.output}\n{done.exception!r}")
        installation.passwords[name] = password


async def come_and_go(person: Person, live: Live, begin: float, end: float) -> None:
    """One person's day: at least one visit, and more while there is time."""
    dice, whole = random.Random(f"{person.name} comes"), end - begin
    await asyncio.sleep(dice.uniform(0, 0.4) * whole)
    signed_in = visited = False
    try:
        while not visited or time.monotonic() < end - 0.15 * whole:
            visited, begun = True, time.monotonic()
            try:
                if not signed_in:
                    await person.sign_in()
                    signed_in = True
                await visit(person, live, min(end, begun + dice.uniform(0.25, 0.5) * whole))
            except Failed:
                signed_in = False  # counted; they begin anew
            except Exception as error:
                signed_in = False
                person.tally.failed("visit", error, time.monotonic() - begun)
            await person.pause()
    finally:
        await person.close()


async def visit(person: Person, live: Live, until: float) -> None:
    """From the start of a session to its end."""
    await live.enter()
    try:
        try:
            await person.start()
            await person.pause()
            await person.work(until)
        except Exception:
            await person.give_up()
            raise
        await person.stop()
    finally:
        live.leave()


async def drive(installation: Installation, options: argparse.Namespace, tally: Tally) -> tuple[Live, Watch]:
    live = Live(options.live or room(options.people))
    seconds = options.minutes * 60
    watch = Watch(installation.state, live, max(5.0, seconds / 10))
    watching = asyncio.create_task(watch.run())
    begin = time.monotonic()
    people = [
        Person(installation.url, name, password, tally, options.think)
        for name, password in installation.passwords.items()
    ]
    try:
        await asyncio.gather(*(come_and_go(one, live, begin, begin + seconds) for one in people))
    finally:
        watching.cancel()
    print(f"{time.monotonic() - begin:.0f} s from the first to the last", flush=True)
    return live, watch


def room(people: int) -> int:
    """How many sessions fit into the memory that is free now."""
    free = psutil.virtual_memory().available / 2**20 - SPARE_MIB
    return max(1, min(people, int(free / SESSION_MIB)))


def commit() -> str:
    root = Path(__file__).parents[1]
    command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def report(tally: Tally, live: Live, watch: Watch, after: Held) -> None:
    print(f"\n{tally.table()}\n")
    failures = sum(tally.failures.values())
    print(f"failures: {failures}")
    if failures:
        print(tally.told())
    print(f"sessions: {live.starts} started, at most {live.peak} at once (room for {live.most})")
    print(f"told to come back later, because as many start as may: {tally.told_to_wait} times")
    if watch.fullest:
        seen, there = watch.fullest
        each = f", {seen.people / there:.0f} MiB for each of {there} people" if there else ""
        print(f"memory at the fullest: parts {seen.parts:.0f} MiB, people's {seen.people:.0f} MiB{each}")
    print(f"memory at the end: parts {after.parts:.0f} MiB, people's {after.people:.0f} MiB")
    loads = watch.loads or [os.getloadavg()[0]]
    print(
        f"load average: {min(loads):.1f} to {max(loads):.1f}, {os.cpu_count()} cores; commit {commit()}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--think", type=float, default=8.0, help="seconds between two steps, on average")
    parser.add_argument("--live", type=int, default=0, help="most sessions at once; 0: as memory allows")
    parser.add_argument("--accounts", choices=("shared", "separate"), default="shared")
    options = parser.parse_args()
    if not (1 <= options.people <= MOST_PEOPLE and 0 < options.minutes <= MOST_MINUTES):
        parser.error(f"at most {MOST_PEOPLE} people and {MOST_MINUTES:.0f} minutes")
    state = Path(tempfile.mkdtemp(prefix="nbl-"))
    installation, tally = Installation(state, options.accounts), Tally()
    try:
        installation.up()
        add_people(installation, [f"person{i:02}" for i in range(options.people)])
        print(f"{options.people} accounts; people come for {options.minutes:g} minutes", flush=True)
        live, watch = asyncio.run(drive(installation, options, tally))
        report(tally, live, watch, held(installation.state))
    finally:
        installation.command("down", "--purge", "--yes", check=False)
        shutil.rmtree(state, ignore_errors=True)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
