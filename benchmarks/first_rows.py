"""The first rows of 10,000 runs: `GET /experiments/{id}/runs` beside MLflow's own `runs/search`, in turns.

`python benchmarks/first_rows.py [--runs 10000] [--times 20]`. Both read the same experiment.
The runs are copies of one that was logged, written to its database, because REST would take minutes for them.
Answers are asserted equal, run by run and metric by metric, before anything is timed.
"""

import argparse
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from notebench_hub.place import Place

from benchmarks.gateway import ask, clients, new_run, session_environ
from benchmarks.turns import in_turns, tell
from tests.installation import Installation

AIM = 1.0
PAGE = 100
ORDERS = {
    "first page, newest first": "attributes.start_time DESC",
    "first page, by a metric": "metrics.accuracy DESC",
}


def template(client: httpx.Client) -> tuple[str, str]:
    """A run with metrics, parameters and tags as people log them; ids of its experiment and of itself."""
    run = new_run(client)
    metrics = [{"key": key, "value": 0.5, "timestamp": 1, "step": 0} for key in ("accuracy", "loss", "f1")]
    params = [{"key": f"parameter-{i}", "value": str(i)} for i in range(8)]
    tags = [{"key": f"tag-{i}", "value": "word"} for i in range(4)]
    ask(
        client,
        "POST",
        "runs/log-batch",
        json={"run_id": run, "metrics": metrics, "params": params, "tags": tags},
    )
    found = ask(client, "GET", "runs/get", params={"run_id": run})["run"]["info"]
    return str(found["experiment_id"]), run


def copies(database: Path, run: str, count: int) -> None:
    """As many more runs like that one, each with a time and metrics of its own."""
    names = [uuid4().hex for _ in range(count)]
    with sqlite3.connect(database, timeout=60) as opened:
        for table in ("runs", "latest_metrics", "metrics", "params", "tags"):
            columns = [one[1] for one in opened.execute(f"PRAGMA table_info({table})")]
            rows = opened.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", [run]).fetchall()
            places = ", ".join("?" * len(columns))
            opened.executemany(
                f"INSERT INTO {table} VALUES ({places})",
                (
                    [
                        _changed(column, value, name, number)
                        for column, value in zip(columns, row, strict=True)
                    ]
                    for number, name in enumerate(names)
                    for row in rows
                ),
            )


def _changed(column: str, value: object, name: str, number: int) -> object:
    """What differs from run to run: its name, its time, its metrics."""
    if column == "run_uuid":
        return name
    if column == "start_time":
        return 1_700_000_000_000 + number
    return number * 7919 % 10_007 / 10_007 if column == "value" and isinstance(value, float) else value


def same(ours: dict[str, list[dict]], theirs: dict[str, list[dict]]) -> None:
    assert len(ours["runs"]) == len(theirs["runs"]) == PAGE
    for mine, other in zip(ours["runs"], theirs["runs"], strict=True):
        assert mine["id"] == other["info"]["run_id"]
        assert mine["metrics"] == {one["key"]: one["value"] for one in other["data"]["metrics"]}
        assert mine["params"] == {one["key"]: one["value"] for one in other["data"]["params"]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nbf-"))
    installation = Installation(folder / "state")
    met = []
    try:
        installation.up()
        installation.add_user("bench")
        place, environ = Place(installation.state), session_environ(installation, "bench")
        through, straight = clients(place, environ)
        experiment, run = template(through)
        copies(place.mlflow / "mlflow.db", run, options.runs)
        headers = {"Authorization": f"Bearer {environ['NOTEBENCH_TOKEN']}"}
        api = httpx.Client(base_url=environ["NOTEBENCH_API_URL"], headers=headers, timeout=60)
        for title, order in ORDERS.items():
            body = {"experiment_ids": [experiment], "max_results": PAGE, "order_by": [order]}

            def ours(order: str = order) -> dict:
                answer = api.get(f"/experiments/{experiment}/runs", params={"limit": PAGE, "order_by": order})
                return answer.raise_for_status().json()

            def theirs(body: dict = body) -> dict:
                return ask(straight, "POST", "runs/search", json=body)

            same(ours(), theirs())
            ways = {"Notebench": ours, "MLflow's REST": theirs}
            met.append(tell(title, in_turns(ways, options.times), *ways, aim=AIM))
    finally:
        installation.down()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"Aim ×{AIM:.0f}: {'met' if all(met) else 'MISSED'}.")


if __name__ == "__main__":
    main()
