"""The model server as a process on a real socket: protocols, limits, problems, metrics, its end."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

WINE = [14.23, 1.71, 2.43, 15.6, 127.0, 2.8, 3.06, 0.28, 2.29, 5.64, 1.04, 3.92, 1065.0]


@contextmanager
def server(uri: str, folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A model server on a Unix socket, and a client of it."""
    path = folder / "m.sock"
    command = [sys.executable, "-m", "notebench.serving", "--model-uri", uri, "--uds", str(path), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    client = httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://model", timeout=30)
    try:
        assert json.loads(process.stdout.readline()) == {"event": "listening", "address": f"unix:{path}"}
        yield process, client
    finally:
        client.close()
        process.kill()
        process.communicate()


def wait_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while client.get("/health/ready").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def wine(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with server(str(models / "wine"), tmp_path_factory.mktemp("s"), "--max-body-mib", "1") as (_, client):
        assert client.get("/health/live").json() == {"live": True}
        early = client.post("/invocations", json={"inputs": [1]})
        if early.status_code != 400:  # it had not loaded yet
            assert (early.status_code, early.json()["code"]) == (503, "loading")
        wait_ready(client)
        yield client


@pytest.fixture(scope="module")
def names(wine: httpx.Client) -> list[str]:
    return [column["name"] for column in wine.get("/v2/models/model").json()["signature"]["inputs"]]


def test_invocations_answer(wine, names):
    answer = wine.post("/invocations", json={"dataframe_split": {"columns": names, "data": [WINE, WINE]}})
    assert answer.json() == {"predictions": [0, 0]}
    assert answer.headers["content-type"] == "application/json"
    text = ",".join(names) + "\n" + ",".join(map(str, WINE)) + "\n"
    answer = wine.post("/invocations", content=text, headers={"content-type": "text/csv; charset=utf-8"})
    assert answer.json() == {"predictions": [0]}


@pytest.mark.parametrize(
    ("change", "code"), [({"ash": None}, None), ({"ash": "x"}, "input-type"), ({"ash": ...}, "input-missing")]
)
def test_a_wrong_value_is_refused_by_the_name_of_its_column(wine, names, change, code):
    record = {**dict(zip(names, WINE, strict=True)), **change}
    record = {name: value for name, value in record.items() if value is not ...}
    answer = wine.post("/invocations", json={"dataframe_records": [record]})
    problem = answer.json()
    assert answer.status_code == 400
    if code:
        assert (problem["code"], problem["field"]) == (code, "ash")
        assert "ash" in problem["message"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b"3", b'"x"', b"\xff", b'{"a": 1}', b"[" * 5000, b'{"inputs": 1}']
)
def test_bodies_that_are_nothing_are_refused(wine, body):
    answer = wine.post("/invocations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["next_step"]
    assert "Traceback" not in answer.text


def test_other_types_and_large_bodies_are_refused(wine):
    assert wine.post("/invocations", content=b"x", headers={"content-type": "image/png"}).status_code == 415
    answer = wine.post("/invocations", content=b"x" * (1 << 20) + b"y", headers={"content-type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")

    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    assert wine.post("/invocations", content=parts()).status_code == 413


def test_open_inference_protocol(wine, names):
    assert wine.get("/v2").json()["name"] == "notebench"
    assert wine.get("/v2/health/live").status_code == wine.get("/v2/health/ready").status_code == 200
    assert wine.get("/v2/models/model/ready").json() == {"name": "model", "ready": True}
    assert wine.get("/v2/models/other/ready").status_code == 404
    about = wine.get("/v2/models/model").json()
    assert about["inputs"][0] == {"name": "alcohol", "datatype": "FP64", "shape": [-1]}
    tensor = {"name": "x", "shape": [2, 13], "datatype": "FP64", "data": WINE * 2}
    answer = wine.post("/v2/models/model/infer", json={"id": "7", "inputs": [tensor]}).json()
    output = {"name": "predictions", "shape": [2], "datatype": "INT64", "data": [0, 0]}
    assert answer == {"model_name": "model", "id": "7", "outputs": [output]}
    columns = [
        {"name": name, "shape": [2, 1], "datatype": "FP64", "data": [[value], [value]]}
        for name, value in zip(names, WINE, strict=True)
    ]
    assert wine.post("/v2/models/model/infer", json={"inputs": columns}).json()["outputs"] == [output]


@pytest.mark.parametrize(
    "tensor",
    [
        {},
        1,
        {"name": "x"},
        {"name": "x", "datatype": "FP65", "shape": [1], "data": [1]},
        {"name": "x", "datatype": "FP64", "shape": [2], "data": [1]},
        {"name": "x", "datatype": "FP64", "shape": "2"},
        {"name": "x", "datatype": "FP64", "shape": [1], "data": ["a"]},
        {"name": "x", "datatype": "INT8", "shape": [1], "data": [999]},
        {"name": "x", "datatype": "FP64", "shape": [1, 2], "data": [1, 2]},
    ],
)
def test_wrong_tensors_are_refused(wine, tensor):
    answer = wine.post("/v2/models/model/infer", json={"inputs": [tensor]})
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"]


def test_problems_speak_the_readers_language(wine):
    german = wine.post("/invocations", json={}, headers={"accept-language": "fr, de-CH;q=0.8, en;q=0.5"})
    assert german.json()["message"].startswith("Die Anfrage hat keines")
    assert wine.post("/invocations", json={}).json()["message"].startswith("The body has none")


def test_unknown_addresses_and_methods(wine):
    assert wine.get("/").status_code == 404
    assert wine.get("/invocations").status_code == 405
    assert wine.post("/health/live").status_code == 405
    assert wine.delete("/v2/models/model").status_code == 405
    assert wine.head("/health/ready").content == b""
    assert wine.get("/ping").status_code == 200
    assert wine.get("/version").text.startswith("3.")


def test_metrics_count(wine, names):
    def count(text: str) -> float:
        line = 'notebench_requests_total{route="invocations",status="200"} '
        return float(next((row[len(line) :] for row in text.splitlines() if row.startswith(line)), 0))

    before = count(wine.get("/metrics").text)
    wine.post("/invocations", json={"dataframe_split": {"columns": names, "data": [WINE]}})
    after = wine.get("/metrics").text
    assert count(after) == before + 1
    for word in (
        "notebench_request_seconds_bucket",
        "notebench_errors_total",
        "notebench_ready 1.0",
        "notebench_model",
    ):
        assert word in after


def test_a_model_that_fails_says_so_without_a_traceback(models, tmp_path):
    with server(str(models / "broken"), tmp_path) as (process, client):
        wait_ready(client)
        answer = client.post("/invocations", json={"inputs": [1, 2]})
        assert answer.status_code == 500
        assert "RuntimeError: secret-free but unexpected" in answer.json()["message"]
        assert "Traceback" not in answer.text
        process.terminate()
        _, log = process.communicate(timeout=20)
        assert "Traceback" in log


SLOW = """
import time, mlflow
class Slow(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        time.sleep(2)
        return [1]
mlflow.models.set_model(Slow())
"""


def test_sigterm_lets_requests_finish_and_health_answers_meanwhile(tmp_path):
    import mlflow

    (tmp_path / "slow.py").write_text(SLOW)
    mlflow.pyfunc.save_model(tmp_path / "slow", python_model=str(tmp_path / "slow.py"))
    with server(str(tmp_path / "slow"), tmp_path) as (process, client):
        wait_ready(client)
        found: list[httpx.Response] = []
        asking = threading.Thread(
            target=lambda: found.append(client.post("/invocations", json={"inputs": [1]}))
        )
        asking.start()
        time.sleep(0.5)
        begun = time.monotonic()
        assert client.get("/health/live").status_code == 200
        assert time.monotonic() - begun < 1
        process.send_signal(signal.SIGTERM)
        asking.join(timeout=20)
        assert found[0].json() == {"predictions": [1]}
        assert process.wait(timeout=20) == 0


def test_a_model_that_does_not_load_says_why(tmp_path, models):
    cases = {
        str(tmp_path / "nowhere"): "model-load",
        str(_without_package(tmp_path, models)): "model-package",
    }
    for uri, code in cases.items():
        command = [sys.executable, "-m", "notebench.serving", "--model-uri", uri, "--port", "0"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        event = json.loads(done.stdout.splitlines()[-1])
        assert done.returncode == 3
        assert (event["event"], event["code"]) == ("load-failed", code)
        assert "Traceback" not in done.stdout
        if code == "model-package":
            assert "no-such-package" in event["message"].replace("_", "-")
            assert "%pip install" in event["message"]


def _without_package(folder: Path, models: Path) -> Path:
    """A model whose code imports what nobody has."""
    import shutil

    copy = Path(shutil.copytree(models / "wine", folder / "missing"))
    text = (
        (copy / "MLmodel")
        .read_text()
        .replace("loader_module: mlflow.sklearn", "loader_module: no_such_package")
    )
    (copy / "MLmodel").write_text(text)
    return copy


def test_the_socket_is_private_and_a_left_over_one_is_replaced(tmp_path, models):
    import socket

    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "m.sock"))
    left.close()
    with server(str(models / "wine"), tmp_path) as (_, client):
        assert client.get("/health/live").status_code == 200
        assert (tmp_path / "m.sock").stat().st_mode & 0o777 == 0o600
