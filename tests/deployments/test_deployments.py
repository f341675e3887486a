"""From a wish to an endpoint that answers, and through all that may go wrong."""

import threading
import time
from pathlib import Path
from typing import Any

from notebench_spawner import processes
from notebench_spawner.hands import runtime_name

from .conftest import Serving


def test_from_a_wish_to_an_answer_and_back(serving: Serving) -> None:
    serving.up()
    made = serving.deploy(version="@champion")
    assert made["version"] == "1"
    assert made["signature"]["inputs"][0]["name"] == "alcohol"
    assert made["endpoint"] == f"/services/notebench/endpoints/{made['id']}/"
    serving.until(observed="ready", reason="")
    answer = serving.call(made["id"])
    assert (answer["version"], answer["user"]) == ("1", "ada")
    again = serving.deploy(version="1")
    assert (again["id"], again["observed"]) == (made["id"], "ready")
    assert serving.call(made["id"])["pid"] == answer["pid"]
    with serving.bench.client() as client:
        runtime = Path(serving.where(made["id"]).removeprefix("unix:")).parent
        assert "serving version 1" in client.get("deployments/wine/logs").text
        client.put("deployments/wine/desired", json={"desired": "stopped"}).raise_for_status()
        serving.until(observed="stopped")
        assert processes.running(serving.bench.root / "workloads") == []
        client.put("deployments/wine/desired", json={"desired": "serving"}).raise_for_status()
        found = serving.until(observed="ready")
        assert found["restarts"] == 0
        client.delete("deployments/wine").raise_for_status()
        assert client.get("deployments/wine").status_code == 404
        assert client.get("deployments").json() == []
    serving.bench.until(lambda: not processes.running(serving.bench.root / "workloads"))
    serving.bench.until(lambda: not runtime.exists())


def test_a_killed_model_server_is_started_again(serving: Serving) -> None:
    serving.up()
    made = serving.deploy()
    serving.until(observed="ready")
    before = serving.call(made["id"])["pid"]
    import os
    import signal

    os.kill(before, signal.SIGKILL)
    serving.until(restarts=1, observed="ready")
    assert serving.call(made["id"])["pid"] != before


def test_a_model_that_does_not_load_says_why(serving: Serving) -> None:
    serving.up()
    serving.deploy(version="9")
    found = serving.until(observed="failing")
    assert found["reason"] == "The model needs lightgbm."
    time.sleep(2)
    assert serving.get()["restarts"] == 0


def test_a_crash_loop_is_slowed_down(serving: Serving) -> None:
    serving.up()
    serving.deploy(version="8")
    serving.until(restarts=2)
    assert serving.until(observed="failing")["reason"] == "It ended with exit code 1."
    time.sleep(3)
    assert serving.get()["restarts"] <= 4


def test_a_server_that_hangs_is_replaced(serving: Serving) -> None:
    serving.up()
    serving.deploy(version="7")
    serving.until(observed="ready")
    assert serving.until(restarts=1, seconds=60)


def test_one_deployment_in_trouble_does_not_hold_up_the_others(serving: Serving) -> None:
    serving.up().deploy("first")
    first = serving.until("first", observed="ready")
    (folder,) = processes.running(serving.bench.root / "workloads")
    runtime = Path(serving.where(first["id"]).removeprefix("unix:")).parent
    name, _, attempt = folder.name.rpartition("-")
    blocked = runtime.with_name(runtime_name(f"{name}-{int(attempt) + 1}"))
    blocked.symlink_to(serving.bench.root)  # somebody else's: the next attempt is refused
    processes.end(folder, 2)
    serving.deploy("second")
    serving.until("second", observed="ready")
    assert serving.until("first", restarts=0)["observed"] != "ready"
    blocked.unlink()
    serving.until("first", observed="ready", restarts=1, seconds=60)


def test_the_service_is_killed_and_adopts_its_model_servers(serving: Serving) -> None:
    serving.up()
    made = serving.deploy(replicas=2)
    serving.until(observed="ready")
    before = {serving.call(made["id"])["pid"] for _ in range(4)}
    assert len(before) == 2
    serving.bench.kill()
    serving.bench.up()
    assert serving.call(made["id"])["pid"] in before
    time.sleep(2)
    assert {serving.call(made["id"])["pid"] for _ in range(4)} == before
    assert serving.get()["restarts"] == 0


def test_killed_at_any_moment_of_a_deployment(serving: Serving) -> None:
    serving.up()
    for step, pause in enumerate((0.0, 0.05, 0.1, 0.15, 0.2, 0.3)):
        made = serving.deploy(f"wine-{step}")
        time.sleep(pause)
        serving.bench.kill()
        serving.bench.up()
        serving.until(f"wine-{step}", observed="ready", reason="")
        assert serving.call(made["id"])["version"] == "1"
    assert len(processes.running(serving.bench.root / "workloads")) == 6


class Caller(threading.Thread):
    """Asks an endpoint without pause, as the gateway would."""

    def __init__(self, serving: Serving, deployment: str) -> None:
        super().__init__(daemon=True)
        self.serving, self.deployment = serving, deployment
        self.versions: list[str] = []
        self.failures: list[Any] = []
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.is_set():
            try:
                self.versions.append(self.serving.call(self.deployment)["version"])
            except Exception as error:
                self.failures.append(error)


def test_a_new_version_takes_over_without_a_failed_request(serving: Serving) -> None:
    serving.up()
    made = serving.deploy(version="1")
    serving.until(observed="ready")
    caller = Caller(serving, made["id"])
    caller.start()
    serving.deploy(version="2")
    serving.bench.until(lambda: caller.versions[-1:] == ["2"])
    time.sleep(3)
    caller.enough.set()
    caller.join()
    assert caller.failures == []
    assert caller.versions == sorted(caller.versions)
    assert len(processes.running(serving.bench.root / "workloads")) == 1


def test_a_bad_new_version_leaves_the_old_one_serving(serving: Serving) -> None:
    serving.up()
    made = serving.deploy(version="1")
    serving.until(observed="ready")
    caller = Caller(serving, made["id"])
    caller.start()
    serving.deploy(version="9")
    reason = "Version 9 does not start: The model needs lightgbm. The version before keeps answering."
    assert serving.until(reason=reason)["observed"] == "ready"
    serving.deploy(version="1")
    serving.until(reason="", observed="ready")
    caller.enough.set()
    caller.join()
    assert caller.failures == []
    assert set(caller.versions) == {"1"}


def test_whose_it_is(serving: Serving) -> None:
    serving.up()
    with serving.bench.client("ada", "wine") as owner, serving.bench.client("bob", "wine") as viewer:
        wish = {"model": "wine", "version": "1"}
        made = owner.put("deployments/shared", json=wish).raise_for_status().json()
        assert viewer.get("deployments/shared").json()["id"] == made["id"]
        assert viewer.put("deployments/shared", json=wish).status_code == 403
        assert viewer.delete("deployments/shared").status_code == 403
        stop = {"desired": "stopped"}
        assert viewer.put("deployments/shared/desired", json=stop).status_code == 403
    with serving.bench.client("eve") as stranger:
        assert stranger.get("deployments/shared").status_code == 404
        assert stranger.get("deployments").json() == []
        assert stranger.get("deployments/shared/logs").status_code == 404
    with serving.bench.client("ada") as owner:
        assert owner.get("deployments/shared").status_code == 404
        assert owner.put("deployments/Bad_Name", json=wish).status_code == 400
        assert owner.put("deployments/x", json={"model": "beer"}).status_code == 404


def test_whose_owner_is_gone_is_not_started_again(serving: Serving) -> None:
    import os
    import signal

    serving.up(bob="editor")
    bench = serving.bench
    with bench.client("bob", "wine") as bob:
        wish = {"model": "wine", "version": "1"}
        made = bob.put("deployments/wine", json=wish).raise_for_status().json()
    with bench.client("ada", "wine") as ada:

        def found() -> dict[str, Any]:
            return ada.get("deployments/wine").raise_for_status().json()

        bench.until(lambda: found()["observed"] == "ready")
        pid = serving.call(made["id"])["pid"]
        bench.users({"ada": ["wine"], "bob": []})
        os.kill(pid, signal.SIGKILL)
        reason = "bob may not run things for the project wine any more."
        bench.until(lambda: found()["reason"].startswith(reason))
        assert found()["observed"] == "failing"
        assert processes.running(bench.root / "workloads") == []
