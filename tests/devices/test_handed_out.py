"""Devices of this machine, from the driver's tool to the workload: sessions, runs and model servers alike."""

import json
import sys
from typing import Any

import httpx
from notebench_hub.place import Place
from notebench_spawner import processes

from tests.bench import Bench
from tests.runs.conftest import notebook

from .conftest import BOTH

SLEEPS = [
    sys.executable,
    "-c",
    "import os, time; print('has', os.environ['CUDA_VISIBLE_DEVICES'], flush=True); time.sleep(600)",
]
"""Instead of the runner and the model server: says what it was given and stays."""


def internal(bench: Bench) -> httpx.Client:
    """The hub, asking the service."""
    key = Place(bench.root).secret("hub-service-key")
    return httpx.Client(
        base_url=f"{bench.base}/internal/", headers={"Authorization": f"Bearer {key}"}, timeout=30
    )


def grant(bench: Bench, user: str, profile: str = "gpu", server: str = "") -> httpx.Response:
    body = {"user": user, "server": server, "image": "minimal", "profile": profile}
    return internal(bench).post("sessions", json=body)


def given(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {one for devices in answer.json()["workload"]["devices"].values() for one in devices}


def end(bench: Bench, session: str) -> None:
    answer = internal(bench).put(f"sessions/{session}", json={"state": "stopped"})
    assert answer.is_success, answer.text


def ask(bench: Bench, profile: str = "gpu", user: str = "ada") -> str:
    notebook(bench.home(user), "a.ipynb", "x = 1")
    answer = bench.client(user).post("runs", json={"notebook": "a.ipynb", "profile": profile})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def run(bench: Bench, run_id: str, user: str = "ada", **headers: str) -> dict[str, Any]:
    return dict(bench.client(user, **headers).get(f"runs/{run_id}").raise_for_status().json())


def said(bench: Bench, run_id: str) -> set[str]:
    """What the run's process found in its environment."""

    def look() -> str:
        return bench.client().get(f"runs/{run_id}/logs").text.strip()

    words = bench.until(look)
    return set(words.removeprefix("has ").split(","))


def test_sessions_get_each_their_own_and_the_third_reads_why_not(bench: Bench) -> None:
    bench.up()
    first, second = grant(bench, "ada"), grant(bench, "bob")
    assert len(given(first)) == len(given(second)) == 1
    assert given(first) | given(second) == BOTH
    refused = grant(bench, "ada", server="other")
    assert (refused.status_code, refused.json()["code"]) == (409, "devices-busy")
    message = refused.json()["message"]
    assert "0 of 2 are free" in message
    assert f"You hold 1 (session-{first.json()['id']}) and others 1, the first since 20" in message
    assert "bob" not in json.dumps(refused.json())
    assert second.json()["id"] not in message
    strange = internal(bench).post(
        "sessions",
        json={"user": "eve", "image": "minimal", "profile": "gpu"},
        headers={"Accept-Language": "de"},
    )
    assert "von 2" in strange.json()["message"], strange.text
    assert "ada" not in strange.text
    assert grant(bench, "eve", "small").status_code == 200, "without a device nothing changes"
    # Refused together with its record: nothing of it is left.
    sessions = bench.client("eve").get("sessions").json()
    assert [one["profile"] for one in sessions] == ["small"]


def test_who_stops_one_starts_the_next_at_once(bench: Bench) -> None:
    bench.up()
    first = grant(bench, "ada", "two-gpus")
    assert given(first) == BOTH
    assert grant(bench, "bob").status_code == 409
    end(bench, first.json()["id"])
    assert given(grant(bench, "bob")) <= BOTH


def test_a_session_that_lives_keeps_its_device_whatever_its_record_says(bench: Bench) -> None:
    from notebench_spawner.hands import OwnHands
    from notebench_spawner.process import process_spec
    from notebench_spawner.workload import Workload

    bench.up()
    bench.home("ada")
    granted = grant(bench, "ada", "two-gpus").json()
    workload = Workload.model_validate(granted["workload"]).model_copy(
        update={"command": SLEEPS, "layer": None}
    )
    hands = OwnHands(bench.root, bench.root / "environments", workloads=bench.root / "workloads")
    hands.launch(workload, process_spec(workload, bench.root / "environments"), 1)
    end(bench, granted["id"])
    assert grant(bench, "bob").status_code == 409, "its process lives"
    processes.end(bench.root / "workloads" / workload.id, 1)
    assert grant(bench, "bob").status_code == 200


def test_runs_wait_in_the_queue_with_their_reason(bench: Bench) -> None:
    bench.up(concurrency=5, command=SLEEPS)
    first, second = ask(bench), ask(bench)
    bench.until(lambda: all(run(bench, one)["started"] for one in (first, second)))
    assert said(bench, first) | said(bench, second) == BOTH
    third, fourth, small = ask(bench, "two-gpus"), ask(bench), ask(bench, "small")
    reason = bench.until(lambda: run(bench, third)["reason"])
    assert reason.startswith("It waits: profile 'two-gpus' needs 2 × nvidia.com/gpu, and 0 of 2 are free;")
    assert run(bench, fourth)["reason"] == "It waits for nvidia.com/gpu, behind an earlier notebook run."
    german = run(bench, third, **{"Accept-Language": "de"})["reason"]
    assert german != reason
    bench.until(lambda: run(bench, small)["started"])  # who needs none overtakes
    assert run(bench, third)["state"] == "queued"
    # The service is killed; the runs go on, and so do their reservations.
    bench.kill()
    bench.up()
    assert grant(bench, "ada").status_code == 409
    bench.client().post(f"runs/{first}/cancel")
    bench.until(lambda: run(bench, first)["state"] == "cancelled")
    bench.until(lambda: "and 1 of 2 are free" in run(bench, third)["reason"])
    assert run(bench, fourth)["state"] == "queued", "nobody overtakes on the way to a device"
    bench.client().post(f"runs/{second}/cancel")
    bench.until(lambda: run(bench, third)["started"])
    assert said(bench, third) == BOTH


def test_model_servers_wait_for_a_device(bench: Bench) -> None:
    (bench.root / "models.json").write_text(json.dumps({"": "1"}))
    bench.up(serving=SLEEPS)
    session = grant(bench, "bob", "two-gpus").json()["id"]
    with bench.client() as client:
        client.put("deployments/wine", json={"model": "wine", "profile": "gpu"}).raise_for_status()

        def waits() -> Any:
            found = client.get("deployments/wine").json()
            return "needs 1 × nvidia.com/gpu, and 0 of 2 are free" in found["reason"] and found

        found = bench.until(waits)
        assert found["observed"] == "pending"
        end(bench, session)
        bench.until(lambda: "being loaded" in client.get("deployments/wine").json()["reason"])
        assert grant(bench, "eve", "two-gpus").status_code == 409
        client.delete("deployments/wine").raise_for_status()
    bench.until(lambda: grant(bench, "eve", "two-gpus").status_code == 200)
