"""Our model server, `mlflow models serve`, and predicting in process: requests a second, in turns.

`python benchmarks/serving.py [--rounds 3] [--seconds 5]`; needs `wrk` (Debian: apt-get install wrk).
One process each, in the environment of the image `scientific` as deployments run in it, the same model and
body (one row of the wine data); `mlflow models serve` has one worker by default, so its own defaults and ours
are the same. Answers are asserted equal before anything is timed. Printed: medians and ratios.
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
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

AIM_RATE = 8.0  # times as many requests a second as mlflow models serve, at AIM_CONNECTIONS
AIM_P99 = 1 / 6  # of its slowest hundredth, there too
AIM_START = 0.3  # of the time until it answers
AIM_CONNECTIONS = 8
CONNECTIONS = (1, 8, 32)
MODELS = ("regression", "forest")
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


def image_python() -> Path:
    """The interpreter of the image that deployments run in by default, built if it is not there."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from notebench_hub.place import Place
    from notebench_hub.supervisor.images import catalogue_of, default_image
    from notebench_spawner.catalogue import environments

    with tempfile.TemporaryDirectory() as nowhere:
        place = Place(Path(nowhere))
        catalogue = catalogue_of(place)
        image, _title = default_image(catalogue)
        return environments.build(catalogue, image, place.environments) / "bin" / "python"


def train(folder: Path) -> None:
    """A pipeline of a scaler and a logistic regression, and a forest of 100 trees."""
    import mlflow
    from mlflow.models import infer_signature
    from sklearn.datasets import load_wine
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_wine(return_X_y=True, as_frame=True)
    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    for name, model in zip(MODELS, (regression, RandomForestClassifier(100, random_state=0)), strict=True):
        signature = infer_signature(x, model.fit(x, y).predict(x))
        mlflow.sklearn.save_model(
            model, folder / name, signature=signature, serialization_format="cloudpickle"
        )
    rows = [x.iloc[[i]] for i in range(0, 178, 9)]
    for i, row in enumerate(rows):
        body = {"dataframe_split": {"columns": list(x.columns), "data": row.to_numpy().tolist()}}
        (folder / f"body{i}.json").write_text(json.dumps(body))


@contextmanager
def server(command: list[str], log: Path) -> Iterator[float]:
    """A server that answers at the port in its command; says how long it took to be ready."""
    port = command[command.index("--port") + 1]
    env = {
        **os.environ,
        "PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}",
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
        time.sleep(0.02)
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


def in_process(python: Path, model: Path, folder: Path) -> dict[str, float]:
    command = [python, "-c", IN_PROCESS, str(model), str(folder / "body0.json")]
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


def commands(python: Path, model: Path) -> dict[str, list[str]]:
    """How each server is started, at a free port."""
    ours = [str(python), "-m", "notebench.serving", "--model-uri", str(model), "--port", free_port()]
    theirs = [str(python), "-m", "mlflow", "models", "serve", "-m", str(model), "--env-manager", "local"]
    return {"notebench": ours, "mlflow": [*theirs, "--host", "127.0.0.1", "--port", free_port()]}


def start_ratio(python: Path, model: Path, folder: Path, rounds: int) -> float:
    """How long each takes until it answers, in turns and alone; the ratio of the medians."""
    took: dict[str, list[float]] = {}
    for turn in range(rounds + 1):  # the first turn warms the disk cache and is not counted
        for who, command in commands(python, model).items():
            with server(command, folder / f"{who}.log") as seconds:
                if turn:
                    took.setdefault(who, []).append(seconds)
    middle = {who: statistics.median(values) for who, values in took.items()}
    ratio = middle["notebench"] / middle["mlflow"]
    print(f"  ready: notebench {middle['notebench']:.2f} s   mlflow {middle['mlflow']:.2f} s   ×{ratio:.2f}")
    return ratio


def measure(
    python: Path, model: Path, folder: Path, rounds: int, seconds: int
) -> dict[tuple[str, int], list[float]]:
    """Medians of rate, p50 and p99 by server and number of connections."""
    with ExitStack() as stack:
        urls = {}
        for who, command in commands(python, model).items():
            stack.enter_context(server(command, folder / f"{who}.log"))
            urls[who] = f"http://127.0.0.1:{command[command.index('--port') + 1]}/invocations"
        equal_answers(urls["notebench"], urls["mlflow"], folder)
        found: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for who, url in urls.items():
                    found.setdefault((who, connections), []).append(load(url, folder, connections, seconds))
    return {
        key: [statistics.median(column) for column in zip(*rows, strict=True)] for key, rows in found.items()
    }


def compare(name: str, python: Path, folder: Path, rounds: int, seconds: int) -> list[str]:
    """Print one model's figures; the aims that are missed come back."""
    print(f"\n{name}:", flush=True)
    start = start_ratio(python, folder / name, folder, rounds)
    for what, rate in in_process(python, folder / name, folder).items():
        print(f"  in process, {what:22} {rate:8.0f}/s")
    missed = [f"{name}: ready after ×{start:.2f}"] if start > AIM_START else []
    middle = measure(python, folder / name, folder, rounds, seconds)
    for connections in CONNECTIONS:
        we, they = middle["notebench", connections], middle["mlflow", connections]
        rate, slowest = we[0] / they[0], we[2] / they[2]
        print(
            f"  {connections:2} connections: "
            f"notebench {we[0]:6.0f}/s (p50 {we[1]:.2f}, p99 {we[2]:.1f} ms)   "
            f"mlflow {they[0]:5.0f}/s (p50 {they[1]:.2f}, p99 {they[2]:.1f} ms)   "
            f"×{rate:.1f}, p99 ×{slowest:.2f}"
        )
        if connections == AIM_CONNECTIONS and rate < AIM_RATE:
            missed.append(f"{name}: ×{rate:.1f} requests a second")
        if connections == AIM_CONNECTIONS and slowest > AIM_P99:
            missed.append(f"{name}: p99 ×{slowest:.2f}")
    return missed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)  # this script, in the image
    options = parser.parse_args()
    if options.train:
        train(options.train)
        return
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed. Debian: apt-get install wrk")
    python = image_python()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "post.lua").write_text(LUA)
        subprocess.run([python, __file__, "--train", folder], check=True, stdout=subprocess.DEVNULL)
        missed = [
            one for title in MODELS for one in compare(title, python, folder, options.rounds, options.seconds)
        ]
    aims = f"×{AIM_RATE:.0f} requests a second, p99 ×{AIM_P99:.2f}, ready ×{AIM_START}"
    outcome = "MISSED: " + "; ".join(missed) if missed else "All met."
    print(f"\nAims at {AIM_CONNECTIONS} connections: {aims}. {outcome}")
    print(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
