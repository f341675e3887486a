import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from notebench_hub.place import Place
from notebench_hub.supervisor import records
from notebench_hub.supervisor.keeper import Pace
from notebench_hub.supervisor.part import Part, Probe
from notebench_hub.supervisor.ports import free_port

from tests import leaks
from tests.installation import state_accounts

WEB = Path(__file__).parent / "web.py"
QUICK = Pace(
    probe_starting=0.05,
    probe_healthy=0.1,
    first_pause=0.05,
    longest_pause=0.3,
    proven_after=0.5,
    silent_limit=0.6,
    end_patience=2.0,
)

MakePart = Callable[..., Part]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "state")
    place.create()
    yield place
    assert records.end_leftovers(place) == [], "a test left a part behind"


@pytest.fixture
def part(place: Place) -> MakePart:
    def make(name: str, *words: str, after: tuple[str, ...] = (), **more: object) -> Part:
        port = free_port()
        return Part(
            name=name,
            command=(sys.executable, str(WEB), str(port), *words),
            probe=Probe(f"http://127.0.0.1:{port}/", timeout=0.5),
            address=f"http://127.0.0.1:{port}/",
            version="1",
            env=dict(os.environ),
            cwd=place.root,
            after=after,
            **more,  # type: ignore[arg-type]
        )

    return make


class CommandLine:
    """Runs `notebench` for one state directory, as people do."""

    def __init__(self, root: Path, **env: str) -> None:
        self.place = Place(root)
        state_accounts(root)
        keep = {name: value for name, value in os.environ.items() if not name.startswith("NOTEBENCH_")}
        self.env = {**keep, "NOTEBENCH_STATE_DIR": str(root), "LANG": "C.UTF-8", **env}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "notebench_hub.cli", *words]

    def __call__(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def must(self, *words: str, stdin: str = "") -> str:
        done = self(*words, stdin=stdin)
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def parts(self) -> dict[str, dict[str, object]]:
        answer = json.loads(self("status", "--json").stdout)
        return {part["name"]: part for part in answer["parts"]}


@pytest.fixture
def notebench(tmp_path: Path) -> Iterator[CommandLine]:
    line = CommandLine(tmp_path / "state")
    yield line
    with leaks.searched(tmp_path):
        line("down", "--yes")
