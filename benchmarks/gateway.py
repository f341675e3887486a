"""What the gateway costs: `log_batch` of a session through it, and straight to MLflow behind it, in turns.

`python benchmarks/gateway.py [--times 300]`. Both go to the very same MLflow, into the same workspace, with
the same auth application, by the same client: through the gateway with the token of a real session over TCP,
as a notebook logs; straight over MLflow's Unix socket with a signed word. What was logged is counted.
On a machine that is busy with other things, most of the difference is waiting for a core once more; so what
the gateway computes for a request is printed too, beside what MLflow computes for it.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from notebench_hub.place import Place
from notebench_hub.service.mlflow_client.client import BASE, Mlflow, Standing
from notebench_hub.service.mlflow_client.workspaces import Access

from benchmarks.turns import in_turns, tell
from tests.installation import Installation, wait_for

AIM = 1.05
SIZES = (1, 10, 100)


def session_environ(ours: Installation, user: str) -> dict[str, str]:
    """Start a session and take the variables that a notebook in it would see."""
    headers = {"Authorization": f"token {ours.token(user)}"}
    with httpx.Client(base_url=ours.url + "hub/api/", headers=headers, timeout=180) as hub:
        hub.post(f"users/{user}/server", json={"image": "scientific", "profile": "small"}).raise_for_status()
        wait_for(lambda: hub.get(f"users/{user}").json()["servers"].get("", {}).get("ready"), 180, "ready")
    for process in psutil.process_iter():
        try:
            found = process.environ()
        except psutil.Error:
            continue
        if found.get("NOTEBENCH_USER") == user and found.get("HOME", "").startswith(str(ours.state)):
            return found
    raise SystemExit("no process of the session was found")


def clients(place: Place, environ: dict[str, str]) -> tuple[httpx.Client, httpx.Client]:
    """Through the gateway; straight to MLflow. The same principal in the same workspace."""
    workspace = environ["MLFLOW_WORKSPACE"]
    headers = {
        "Authorization": f"Bearer {environ['MLFLOW_TRACKING_TOKEN']}",
        "X-MLFLOW-WORKSPACE": workspace,
        "User-Agent": "mlflow-python-client/3.17.2",
    }
    through = httpx.Client(base_url=environ["MLFLOW_TRACKING_URI"], headers=headers, timeout=60)
    signing = Mlflow(f"unix:{place.mlflow_socket}", place.secret("mlflow-signing-key"))
    standing = Standing(workspace, f"{workspace}.{Access.write.name}")

    def sign(request: httpx.Request) -> None:
        request.headers.update(signing.headers(standing))

    transport = httpx.HTTPTransport(uds=str(place.mlflow_socket))
    straight = httpx.Client(transport=transport, base_url=BASE, timeout=60, event_hooks={"request": [sign]})
    return through, straight


def ask(client: httpx.Client, method: str, path: str, **rest: Any) -> dict[str, Any]:
    answer = client.request(method, f"/api/2.0/mlflow/{path}", **rest)
    answer.raise_for_status()
    said: dict[str, Any] = answer.json()
    return said


def new_run(client: httpx.Client) -> str:
    found = ask(client, "GET", "experiments/get-by-name", params={"experiment_name": "Notebooks"})
    body = {"experiment_id": found["experiment"]["experiment_id"], "start_time": int(time.time() * 1000)}
    return str(ask(client, "POST", "runs/create", json=body)["run"]["info"]["run_id"])


def compare(through: httpx.Client, straight: httpx.Client, size: int, times: int, warm: int = 5) -> bool:
    """One size of batch. Each way logs to a run of its own, so that neither finds the other's rows."""
    ways, runs = {}, {}
    for name, client in (("through the gateway", through), ("straight to MLflow", straight)):
        runs[name] = new_run(through)
        ways[name] = _logging(client, runs[name], size)
    took = in_turns(ways, times, warm)
    for run in runs.values():
        history = ask(
            straight,
            "GET",
            "metrics/get-history",
            params={"run_id": run, "metric_key": "metric-0", "max_results": 25_000},
        )
        assert len(history["metrics"]) == times + warm
    return tell(f"log_batch of {size} metrics", took, *ways, aim=AIM)


def computed(ours: Installation, client: httpx.Client, times: int) -> str:
    """Milliseconds of processor time for a request through the gateway: the gateway's own, and MLflow's."""
    parts = {name: psutil.Process(int(ours.status()[name]["pid"])) for name in ("service", "mlflow")}
    log = _logging(client, new_run(client), 10)
    log()
    before = {name: sum(one.cpu_times()[:2]) for name, one in parts.items()}
    for _ in range(times):
        log()
    each = {name: (sum(one.cpu_times()[:2]) - before[name]) / times * 1000 for name, one in parts.items()}
    share = each["service"] / each["mlflow"]
    return (
        f"of the processor: gateway {each['service']:.1f} ms, MLflow {each['mlflow']:.1f} ms, so {share:.2f}"
    )


def _logging(client: httpx.Client, run: str, size: int) -> Any:
    steps = iter(range(1_000_000))

    def log() -> None:
        step = next(steps)
        metrics = [
            {"key": f"metric-{i}", "value": step / 7, "timestamp": 1_700_000_000_000 + step, "step": step}
            for i in range(size)
        ]
        ask(client, "POST", "runs/log-batch", json={"run_id": run, "metrics": metrics})

    return log


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=300)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nbg-"))
    ours = Installation(folder / "state")
    try:
        ours.up()
        ours.add_user("bench")
        through, straight = clients(Place(ours.state), session_environ(ours, "bench"))
        met = [compare(through, straight, size, options.times) for size in SIZES]
        print(computed(ours, through, options.times))
    finally:
        ours.down()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"Aim ×{AIM}: {'met' if all(met) else 'MISSED'}.")


if __name__ == "__main__":
    main()
