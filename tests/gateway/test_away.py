"""MLflow away, frozen or coming back: a logging call says so within five seconds, or goes through."""

import json
import signal
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.mlflow_world import World

SEARCH = "/mlflow/api/2.0/mlflow/experiments/search"

LOGS = """
import json, time
import mlflow
started = time.monotonic()
try:
    mlflow.start_run()
    said = ""
except Exception as error:
    said = str(error)
print(json.dumps({"said": said, "seconds": time.monotonic() - started}))
"""


@pytest.fixture
def stopped(world: World) -> Iterator[World]:
    world.mlflow.stop(signal.SIGKILL)
    yield world
    world.mlflow.start()


@pytest.fixture
def frozen(world: World) -> Iterator[World]:
    world.mlflow.freeze(True)
    yield world
    world.mlflow.freeze(False)


def logging_call(world: World) -> tuple[str, float]:
    done = world.python("session-ann", LOGS)
    said = json.loads(done.stdout.strip().splitlines()[-1])
    return said["said"], said["seconds"]


def test_a_notebook_reads_our_sentence_within_five_seconds(stopped: World) -> None:
    said, seconds = logging_call(stopped)
    assert seconds < 5, seconds
    assert "MLflow, which keeps experiments and models, is away." in said
    assert "notebench restart mlflow" in said


def test_others_hear_at_once(stopped: World) -> None:
    started = time.monotonic()
    with stopped.http("session-ann") as http:
        answer = http.get(SEARCH, params={"max_results": 1})
    assert time.monotonic() - started < 1
    assert (answer.status_code, answer.json()["code"]) == (503, "mlflow-away")
    assert answer.headers["retry-after"]


def test_a_frozen_mlflow_is_reported_within_five_seconds(frozen: World) -> None:
    said, seconds = logging_call(frozen)
    assert seconds < 5, seconds
    assert "MLflow did not answer in time." in said


def test_a_restart_is_bridged(world: World) -> None:
    world.mlflow.stop()
    starter = threading.Thread(target=world.mlflow.start)
    starter.start()
    answers: list[httpx.Response] = []
    with world.http("session-ann", **{"User-Agent": "mlflow-python-client/3"}) as http:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            answers.append(http.get(SEARCH, params={"max_results": 1}))
            if answers[-1].is_success:
                break
    starter.join()
    assert answers[-1].is_success
    # MLflow takes some seconds to start: each refused call had waited, so there were few.
    assert len(answers) <= 8
    assert {answer.status_code for answer in answers[:-1]} <= {424}
