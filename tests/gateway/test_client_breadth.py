"""What else MLflow's Python client does: each line as a notebook would write it, none refused."""

import json

from tests.mlflow_world import World

INSIDE_A_RUN = """
mlflow.start_run(nested=True); mlflow.log_param("x", 1); mlflow.end_run()
mlflow.log_input(mlflow.data.from_pandas(data.frame, name="iris"), context="train")
mlflow.log_dict({"a": 1}, "d/x.json")
mlflow.log_table({"a": [1], "b": [2]}, "t.json")
mlflow.log_table({"a": [1], "b": [2]}, "t.json")
mlflow.load_table("t.json", run_ids=[rid])
mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), "i.png")
mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), key="i", step=1)
mlflow.log_artifacts(folder, "dir")
mlflow.log_metric("later", 1, synchronous=False).wait()
mlflow.set_tags({"a": "b"})
mlflow.set_tag("mlflow.note.content", "a note")
mlflow.delete_tag("a")
mlflow.set_experiment_tag("k", "v")
info = mlflow.sklearn.log_model(model, name="rf", input_example=data.data.head(2), registered_model_name="rf")
mlflow.log_metric("acc", 0.9, model_id=info.model_id)
"""

AFTERWARDS = """
mlflow.search_logged_models(output_format="list")
mlflow.get_logged_model(info.model_id)
mlflow.set_logged_model_tags(info.model_id, {"a": "b"})
mlflow.delete_logged_model_tag(info.model_id, "a")
mlflow.initialize_logged_model(name="z")
mlflow.artifacts.download_artifacts(run_id=rid)
mlflow.artifacts.list_artifacts(run_id=rid, artifact_path="dir")
mlflow.artifacts.list_artifacts(info.model_uri)
mlflow.artifacts.download_artifacts("models:/rf/1")
client.copy_model_version("models:/rf/1", "rf2")
mlflow.pyfunc.load_model("models:/rf2/1")
mlflow.pyfunc.load_model("models:/rf/latest")
mlflow.models.get_model_info("models:/rf/1")
mlflow.register_model(f"runs:/{rid}/rf", "rf3")
client.update_model_version("rf", "1", "d")
client.update_registered_model("rf", "d")
client.set_registered_model_tag("rf", "a", "b")
client.set_model_version_tag("rf", "1", "a", "b")
client.delete_model_version_tag("rf", "1", "a")
client.delete_registered_model_tag("rf", "a")
client.transition_model_version_stage("rf", "1", "Production")
client.get_latest_versions("rf")
client.rename_registered_model("rf2", "rf4")
client.set_registered_model_alias("rf", "c", "1")
client.get_model_version_by_alias("rf", "c")
client.delete_registered_model_alias("rf", "c")
client.delete_model_version("rf4", "1")
client.delete_registered_model("rf4")
mlflow.search_registered_models()
mlflow.search_model_versions()
mlflow.search_runs(search_all_experiments=True)
mlflow.search_experiments()
client.get_metric_history(rid, "acc")
mlflow.last_active_run()
mlflow.start_run(run_id=rid); mlflow.end_run()
client.update_run(rid, name="nn")
client.set_terminated(rid)
client.delete_run(rid)
client.restore_run(rid)
client.rename_experiment(run.info.experiment_id, "mine2")
client.delete_experiment(run.info.experiment_id)
client.restore_experiment(run.info.experiment_id)
mlflow.list_workspaces()
client.delete_logged_model(info.model_id)
"""

RUNS = """
import json, pathlib, sys, tempfile
import mlflow, mlflow.sklearn, numpy
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

inside, afterwards = json.loads(sys.argv[1])
client, failed = MlflowClient(), {}
folder = tempfile.mkdtemp()
(pathlib.Path(folder) / "sub").mkdir()
(pathlib.Path(folder) / "sub" / "b b.txt").write_text("y")
data = load_iris(as_frame=True)
model = LogisticRegression(max_iter=300).fit(data.data, data.target)
names = globals()

def every(lines):
    for line in lines:
        try:
            exec(line, names)
        except Exception as error:
            failed[line] = str(error)[:300]

mlflow.set_experiment("mine")
with mlflow.start_run(log_system_metrics=True) as run:
    rid = run.info.run_id
    every(inside)
every(afterwards)
print(json.dumps(failed))
"""

LOADS = """
import mlflow
model = mlflow.pyfunc.load_model("models:/served/1")
print(model.metadata.signature.inputs is not None)
try:
    mlflow.start_run()
except Exception as error:
    print(error)
"""

REGISTERS = """
import mlflow, mlflow.sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
data = load_iris(as_frame=True)
model = LogisticRegression(max_iter=300).fit(data.data, data.target)
with mlflow.start_run():
    example = data.data.head(2)
    mlflow.sklearn.log_model(model, name="m", input_example=example, registered_model_name="served")
"""


def test_nothing_of_the_clients_is_refused(world: World) -> None:
    lines = [text.strip().splitlines() for text in (INSIDE_A_RUN, AFTERWARDS)]
    done = world.python("session-eve", RUNS, json.dumps(lines))
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.strip().splitlines()[-1]) == {}


def test_a_model_server_loads_and_writes_nothing(world: World) -> None:
    assert world.python("session-ann", REGISTERS).returncode == 0
    done = world.python("server-ann", LOADS)
    assert done.stdout.startswith("True"), done.stderr[-3000:]
    assert "A model server may only read from MLflow." in done.stdout
