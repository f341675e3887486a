"""A notebook that trains, logs and registers with MLflow's own client, run once per test session."""

import json
from functools import cache
from typing import Any

from tests.mlflow_world import world

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


@cache
def trained() -> dict[str, Any]:
    """What the notebook of ann's session said at its end."""
    done = world().python("session-ann", TRAINS)
    assert done.returncode == 0, done.stderr[-4000:]
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said
