"""What a notebook does with MLflow's own Python client, through the gateway, with no key typed."""

import json

import pytest

from tests.mlflow_world import World

TRAINS = """
import json, mlflow, mlflow.sklearn
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

mlflow.sklearn.autolog()
data = load_iris(as_frame=True)
with mlflow.start_run(run_name="first", tags={"notebench.user": "somebody else", "mine": "yes"}) as run:
    model = LogisticRegression(max_iter=200).fit(data.data, data.target)
    mlflow.log_metric("extra", 1.5)
    mlflow.log_text("hello", "a folder/notes & más.txt")
    info = mlflow.sklearn.log_model(model, name="by-hand", input_example=data.data.head(2))
version = mlflow.register_model(info.model_uri, "iris")
client = MlflowClient()
client.set_registered_model_alias("iris", "champion", version.version)
loaded = mlflow.pyfunc.load_model("models:/iris@champion")
by_run = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/by-hand")
found = client.get_run(run.info.run_id)
print(json.dumps({
    "run": run.info.run_id,
    "tags": found.data.tags,
    "metrics": found.data.metrics,
    "user": found.info.user_id,
    "experiment": client.get_experiment(found.info.experiment_id).name,
    "artifacts": [one.path for one in client.list_artifacts(run.info.run_id)],
    "text": mlflow.artifacts.load_text(f"{found.info.artifact_uri}/a folder/notes & más.txt"),
    "same": bool((loaded.predict(data.data) == by_run.predict(data.data)).all()),
    "versions": len(client.search_model_versions("name='iris'")),
    "runs": len(mlflow.search_runs()),
    "history": len(client.get_metric_history(run.info.run_id, "extra")),
}))
"""


@pytest.fixture(scope="session")
def trained(world: World) -> dict[str, object]:
    """What the notebook of ann's session said."""
    done = world.python("session-ann", TRAINS)
    assert done.returncode == 0, done.stderr[-4000:]
    said: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def test_training_is_logged_registered_and_loaded(trained: dict[str, object]) -> None:
    assert trained["experiment"] == "Notebooks"
    assert trained["same"] is True
    assert trained["text"] == "hello"
    assert trained["versions"] == 1
    assert trained["history"] == 1
    assert "training_score" in trained["metrics"]  # type: ignore[operator]


def test_the_gateway_writes_what_it_knows(trained: dict[str, object]) -> None:
    tags = trained["tags"]
    assert isinstance(tags, dict)
    assert tags["notebench.user"] == "ann"
    assert tags["notebench.acting_for"] == "personal"
    assert tags["notebench.session"] == "s-1"
    assert tags["mlflow.user"] == trained["user"] == "ann"
    assert tags["mine"] == "yes"
