"""The whole line with real parts: a notebook run trains and registers, its model is deployed and called."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from notebench_hub.place import Place

from tests.bench import Bench
from tests.mlflow_world import MlflowProcess
from tests.runs.conftest import ended, notebook

TRAIN = """
import mlflow
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
mlflow.sklearn.autolog()
data = load_wine(as_frame=True)
with mlflow.start_run() as run:
    RandomForestClassifier(n_estimators=trees).fit(data.data, data.target)
mlflow.register_model(f"runs:/{run.info.run_id}/model", "wine")
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    place = Place(tmp_path / "s")
    place.create()
    mlflow = MlflowProcess(place)
    mlflow.start()
    one = Bench(tmp_path / "s", "all")
    yield one
    one.down()
    mlflow.stop()


def test_trained_registered_deployed_called(bench: Bench) -> None:
    bench.up()
    name = notebook(bench.home(), "train.ipynb", "trees = 3", TRAIN)
    with bench.client() as client:
        asked = client.post("runs", json={"notebook": name, "parameters": {"trees": 5}})
        run = ended(bench, asked.raise_for_status().json()["id"])
        assert run["state"] == "succeeded", run
        assert len(run["mlflow_runs"]) == 1
        wish = {"model": "wine", "version": ""}
        made = client.put("deployments/wine", json=wish).raise_for_status().json()
        assert made["version"] == "1"
        assert len(made["signature"]["inputs"]) == 13

        def ready() -> bool:
            found = client.get("deployments/wine").json()
            assert found["observed"] != "failing", found["reason"]
            return found["observed"] == "ready"

        bench.until(ready, 90)
        row = {column["name"]: 1.0 for column in made["signature"]["inputs"]}
        url = f"{bench.base}/endpoints/{made['id']}/invocations"
        answer = client.post(url, json={"dataframe_records": [row]}).raise_for_status().json()
        assert answer["predictions"][0] in (0, 1, 2)
        bad = client.put("deployments/wine", json={"model": "wine", "version": "7"})
        assert bad.status_code == 404
        lines = client.get("deployments/wine/logs").text
        assert '"event": "ready"' in lines
    with bench.client("eve") as stranger:
        assert stranger.post(url, json={"dataframe_records": [row]}).status_code == 404
