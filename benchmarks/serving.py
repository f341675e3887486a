"""Our model server, `mlflow models serve`, and predicting in process: requests a second, in turns.

`python benchmarks/serving.py [--rounds 3] [--seconds 5]`; needs `wrk` (Debian: apt-get install wrk).
One process each, the same interpreter, the same model and body (one row of the wine data); `mlflow models
serve` has one worker by default, so its own defaults and ours are the same. Answers are asserted equal before
anything is timed. Printed: medians over the rounds, and ratios.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

AIM = 3.0  # times as many requests a second as mlflow models serve
CONNECTIONS = (1, 8, 32)
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = io.open(os.getenv("BODY"), "rb")
wrk.body = file:read("*a")
file:close()
done = function(summary, latency)
  local bad = summary.errors.status + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %f %f %f %d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
end
"""


def train(folder: Path) -> dict[str, Path]:
    """A pipeline of a scaler and a logistic regression, and a forest of 100 trees."""
    import mlflow
    from mlflow.models import infer_signature
    from sklearn.datasets import load_wine
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_wine(return_X_y=True, as_frame=True)
    models = {
        "regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        "forest": RandomForestClassifier(100, random_state=0),
    }
    for name, model in models.items():
        signature = infer_signature(x, model.fit(x, y).predict(x))
        mlflow.sklearn.save_model(
            model, folder / name, signature=signature, serialization_format="cloudpickle"
        )
    rows = [x.iloc[[i]] for i in range(0, 178, 9)]
    for i, row in enumerate(rows):
        body = {"dataframe_split": {"columns": list(x.columns), "data": row.to_numpy().tolist()}}
        (folder / f"body{i}.json").write_text(json.dumps(body))
    return {name: folder / name for name in models}


@contextmanager
def server(command: list[str], log: Path) -> Iterator[float]:
    """A server that answers at the port in its command; says how long it took to be ready."""
    port = command[command.index("--port") + 1]
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONWARNINGS": "ignore",
    }
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output, start_new_session=True)
    try:
        yield wait(f"http://127.0.0.1:{port}/ping", begun)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait(url: str, begun: float) -> float:
    while time.perf_counter() - begun < 180:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return time.perf_counter() - begun
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{url} did not answer within 180 s")


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def load(url: str, folder: Path, connections: int, seconds: int) -> tuple[float, float, float]:
    """Requests a second, median and 99th percentile in milliseconds."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "30s",
        "-s",
        str(folder / "post.lua"),
        url,
    ]
    env = {**os.environ, "BODY": str(folder / "body0.json")}
    text = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\S+) (\S+) (\S+) (\d+)", text)
    assert found, text
    assert found[4] == "0", text
    return float(found[1]), float(found[2]), float(found[3])


IN_PROCESS = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import mlflow.pyfunc, numpy, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
split = json.load(open(sys.argv[2]))["dataframe_split"]
frame = pandas.DataFrame(split["data"], columns=split["columns"])
raw, array = model.get_raw_model(), numpy.array(split["data"])
def rate(call):
    for _ in range(20): call()
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < 2: call(); count += 1
    return count / (time.perf_counter() - begun)
found = {"pyfunc.predict(frame)": rate(lambda: model.predict(frame))}
print(json.dumps({**found, "model.predict(array)": rate(lambda: raw.predict(array))}))
"""


def in_process(model: Path, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-c", IN_PROCESS, str(model), str(folder / "body0.json")]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def equal_answers(ours: str, theirs: str, folder: Path) -> None:
    for file in sorted(folder.glob("body*.json")):
        answers = [
            httpx.post(
                url, content=file.read_bytes(), headers={"content-type": "application/json"}, timeout=30
            ).json()
            for url in (ours, theirs)
        ]
        assert answers[0] == answers[1], (file, answers)


def compare(name: str, model: Path, folder: Path, rounds: int, seconds: int) -> list[float]:
    mine, other = free_port(), free_port()
    ours = [sys.executable, "-m", "notebench.serving", "--model-uri", str(model), "--port", mine]
    theirs = [
        str(Path(sys.executable).parent / "mlflow"),
        "models",
        "serve",
        "-m",
        str(model),
        "--env-manager",
        "local",
        "--host",
        "127.0.0.1",
        "--port",
        other,
    ]
    urls = {
        "notebench": f"http://127.0.0.1:{mine}/invocations",
        "mlflow": f"http://127.0.0.1:{other}/invocations",
    }
    alone = in_process(model, folder)
    with server(ours, folder / "ours.log") as ready, server(theirs, folder / "theirs.log") as their_ready:
        equal_answers(urls["notebench"], urls["mlflow"], folder)
        print(f"\n{name}: ready after {ready:.1f} s; mlflow models serve after {their_ready:.1f} s")
        found: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for who, url in urls.items():
                    found.setdefault((who, connections), []).append(load(url, folder, connections, seconds))
    middle = {
        key: [statistics.median(column) for column in zip(*rows, strict=True)] for key, rows in found.items()
    }
    for what, rate in alone.items():
        print(f"  in process, {what:22} {rate:8.0f}/s")
    ratios = []
    for connections in CONNECTIONS:
        we, they = middle["notebench", connections], middle["mlflow", connections]
        ratios.append(we[0] / they[0])
        print(
            f"  {connections:2} connections: notebench {we[0]:6.0f}/s (p50 {we[1]:.2f}, p99 {we[2]:.1f} ms)"
            f"   mlflow {they[0]:5.0f}/s (p50 {they[1]:.2f}, p99 {they[2]:.1f} ms)   ×{ratios[-1]:.1f}"
        )
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed. Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "post.lua").write_text(LUA)
        ratios = [
            ratio
            for title, model in train(folder).items()
            for ratio in compare(title, model, folder, options.rounds, options.seconds)
        ]
    print(
        f"\nAim ×{AIM:.0f}: smallest ratio ×{min(ratios):.1f}, {'met' if min(ratios) >= AIM else 'MISSED'}."
    )


if __name__ == "__main__":
    main()
