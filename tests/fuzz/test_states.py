"""Schedules, runs and deployments in any order, by several people: what the API says is what was done.

What must be true after each step is in the methods that end in `_are_true`.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from notebench.contract.runs import FINAL_STATES

from tests import leaks
from tests.bench import Bench
from tests.fuzz.conftest import rounds
from tests.fuzz.made import made
from tests.runs.conftest import notebook

SERVER = str(Path(__file__).parents[1] / "deployments" / "server.py")
names = st.sampled_from(["wine", "beer", "a-b", "x1"]) | st.text(min_size=1, max_size=12)
crons = st.sampled_from(["0 3 * * *", "*/5 * * * *", "0 0 29 2 *", "nonsense", "61 * * * *", "@reboot"])
wishes = st.fixed_dictionaries(
    {"name": names, "notebook": st.sampled_from(["a.ipynb", "none.ipynb", "../a.ipynb"]), "cron": crons},
    optional={"paused": st.booleans(), "timezone": st.sampled_from(["UTC", "Europe/Berlin", "Mars/Base"])},
)
ended = {str(state) for state in FINAL_STATES}


class Machine(RuleBasedStateMachine):
    """One service for all examples; each example begins with ada having nothing."""

    bench: Bench
    schedules = Bundle("schedules")
    runs = Bundle("runs")
    deployments = Bundle("deployments")

    def __init__(self) -> None:
        super().__init__()
        self.ada, self.eve = self.bench.client("ada"), self.bench.client("eve")
        for kind, key in (("schedules", "id"), ("deployments", "name")):
            for one in self.ada.get(kind).json():
                self.ada.delete(f"{kind}/{one[key]}").raise_for_status()
        self.kept: dict[str, dict[str, Any]] = {}
        self.served: dict[str, str] = {}
        self.final: dict[str, str] = {}
        self.asked: set[str] = set()

    def teardown(self) -> None:
        for run in self.asked:
            self.ada.post(f"runs/{run}/cancel")
        self.ada.close()
        self.eve.close()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        made["steps"] += 1
        answer = self.ada.request(method, path, **more)
        assert answer.status_code < 500, answer.text
        return answer

    @rule(target=schedules, wish=wishes)
    def add_schedule(self, wish: dict[str, Any]) -> Any:
        answer = self.ask("POST", "schedules", json=wish)
        if answer.status_code != 201:
            return multiple()
        made = answer.json()
        self.kept[made["id"]] = {**wish, "name": made["name"]}
        return made["id"]

    @rule(schedule=schedules, wish=wishes)
    def change_schedule(self, schedule: str, wish: dict[str, Any]) -> None:
        answer = self.ask("PUT", f"schedules/{schedule}", json=wish)
        if schedule not in self.kept:
            assert answer.status_code in {400, 404}
        elif answer.is_success:
            self.kept[schedule] = {**wish, "name": answer.json()["name"]}

    @rule(schedule=schedules)
    def remove_schedule(self, schedule: str) -> None:
        expected = 204 if self.kept.pop(schedule, None) else 404
        assert self.ask("DELETE", f"schedules/{schedule}").status_code == expected

    @rule(target=runs, schedule=schedules)
    def run_schedule(self, schedule: str) -> Any:
        answer = self.ask("POST", f"schedules/{schedule}/run")
        if answer.status_code != 201:
            assert schedule not in self.kept or answer.status_code in {400, 409, 429}
            return multiple()
        assert answer.json()["schedule"] == schedule
        self.asked.add(answer.json()["id"])
        return answer.json()["id"]

    @rule(
        target=runs, name=st.sampled_from(["a.ipynb", "none.ipynb"]), state=st.sampled_from(["failed", "x"])
    )
    def ask_run(self, name: str, state: str) -> Any:
        answer = self.ask("POST", "runs", json={"notebook": name, "parameters": {"state": state}})
        assert (answer.status_code == 201) <= (name == "a.ipynb")
        if answer.status_code != 201:
            return multiple()
        self.asked.add(answer.json()["id"])
        return answer.json()["id"]

    @rule(run=runs)
    def cancel_run(self, run: str) -> None:
        before = self.ask("GET", f"runs/{run}").json()["state"]
        self.ask("POST", f"runs/{run}/cancel")
        after = self.ask("GET", f"runs/{run}").json()["state"]
        assert before not in ended or after == before

    @rule(target=deployments, name=names, version=st.sampled_from(["1", "2", "@champion", "", "@none"]))
    def deploy(self, name: str, version: str) -> Any:
        path = f"deployments/{httpx.QueryParams({'': name})}".replace("/=", "/").replace("+", "%20")
        answer = self.ask("PUT", path, json={"model": "wine", "version": version})
        if not answer.is_success:
            return multiple()
        assert answer.json()["name"] == name
        self.served[name] = "serving"
        return name

    @rule(name=deployments, desired=st.sampled_from(["serving", "stopped", "else"]))
    def desire(self, name: str, desired: str) -> None:
        answer = self.ask("PUT", f"deployments/{name}/desired", json={"desired": desired})
        if answer.is_success:
            assert name in self.served
            self.served[name] = desired

    @rule(name=deployments)
    def undeploy(self, name: str) -> None:
        expected = 204 if self.served.pop(name, None) else 404
        assert self.ask("DELETE", f"deployments/{name}").status_code == expected

    @invariant()
    def lists_are_true(self) -> None:
        """Each thing that was acknowledged is there as it was asked for, and nothing else."""
        found = {one["id"]: one for one in self.ask("GET", "schedules").json()}
        assert set(found) == set(self.kept)
        for schedule, wish in self.kept.items():
            assert {key: found[schedule][key] for key in wish} == wish
            assert bool(found[schedule]["next_fire_time"]) != wish.get("paused", False)
        served = {one["name"]: one["desired"] for one in self.ask("GET", "deployments").json()}
        assert served == self.served

    @invariant()
    def runs_are_true(self) -> None:
        """Each run is there, whatever became of its schedule, and what has ended stays as it ended."""
        for run in self.asked:
            state = self.ask("GET", f"runs/{run}").json()["state"]
            assert self.final.get(run, state) == state
            if state in ended:
                self.final[run] = state

    @invariant()
    def borders_are_true(self) -> None:
        """Somebody else sees none of it."""
        for kind, things in (("runs", self.asked), ("schedules", self.kept), ("deployments", self.served)):
            for thing in list(things)[:2]:
                assert self.eve.get(f"{kind}/{thing}").status_code == 404


def test_any_order() -> None:
    root = Path(tempfile.mkdtemp(prefix="nbm-"))
    bench = Bench(root, "runs schedules deployments")
    (root / "models.json").write_text('{"@champion": "1", "": "2"}')
    notebook(bench.home("ada"), "a.ipynb", "state = 1")
    command = ["python", "-S", "-c", "pass"]
    Machine.bench = bench
    try:
        bench.up(command=command, serving=[sys.executable, "-S", SERVER], grace=1)
        run_machine(Machine, settings=rounds(20, stateful_step_count=25))
    finally:
        with leaks.searched(root):
            bench.down()
        shutil.rmtree(root, ignore_errors=True)
