"""`import notebench`: cheap to import, and verbs that wait, show progress and say what went wrong."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from notebench.body import invocation_body
from notebench.contract.errors import NotebenchError, Refused
from notebench.names import deployment_name, home_path, model_reference
from notebench.verbs import _kept

from tests.extension.test_cli import DEPLOYMENT, SCHEDULE, P, World
from tests.extension.test_client import RUN


@pytest.fixture
def world(monkeypatch, tmp_path):
    made = World()
    for name in ("NOTEBENCH_API_URL", "NOTEBENCH_SESSION_ID", "NOTEBENCH_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NOTEBENCH_URL", made.url)
    monkeypatch.setenv("NOTEBENCH_TOKEN", "secret")
    _kept.cache_clear()
    yield made
    _kept.cache_clear()
    made.close()


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, notebench\n"
        "heavy = {'pydantic', 'httpx', 'mlflow', 'pandas', 'numpy', 'ipywidgets', 'rich', 'typer'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert 'deploy' in dir(notebench) and callable(notebench.predict)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_module_hides_a_verb():
    """A module of a verb's name would take its place as soon as anything imports it."""
    import notebench

    modules = {path.stem for path in Path(notebench.__file__).parent.iterdir()}
    assert not modules & set(notebench.__all__)
    assert all(callable(getattr(notebench, name)) for name in notebench.__all__)


def test_run_waits_and_tells(world, capsys):
    import notebench

    states = iter(["running", "succeeded"])
    world.routes[f"POST {P}/runs"] = {**RUN, "state": "queued"}
    world.routes[f"GET {P}/runs/r1"] = lambda asked: (
        200,
        {**RUN, "state": next(states), "progress": {"cell": 2, "cells": 3}},
    )
    assert notebench.run("a.ipynb", {"n": 1}).state == "succeeded"
    assert "cell 2 of 3" in capsys.readouterr().err
    world.routes[f"POST {P}/runs"] = {
        **RUN,
        "state": "failed",
        "reason": "KeyError in cell 2.",
        "output": "runs/x.ipynb",
    }
    with pytest.raises(NotebenchError, match=r"KeyError in cell 2.*runs/x\.ipynb"):
        notebench.run("a.ipynb")


def test_deploy_predict_and_schedule(world):
    import notebench

    world.routes[f"PUT {P}/deployments/wine"] = {**DEPLOYMENT, "observed": "starting"}
    world.routes[f"GET {P}/deployments/wine"] = DEPLOYMENT
    world.routes["POST /services/notebench/endpoints/d-1/invocations"] = lambda asked: (
        200,
        {"predictions": [1, 2]},
    )
    world.routes[f"POST {P}/schedules"] = SCHEDULE
    assert notebench.deploy("wine@champion").observed == "ready"
    assert notebench.predict("wine", pd.DataFrame({"a": [1, 2]})) == [1, 2]
    assert world.asked[-1].json == {"dataframe_split": {"columns": ["a"], "data": [[1], [2]]}}
    assert notebench.schedule("a.ipynb", "0 6 * * *").id == "s1"
    world.routes[f"PUT {P}/deployments/wine"] = {
        **DEPLOYMENT,
        "observed": "failing",
        "restarts": 1,
        "reason": "no xgboost",
    }
    with pytest.raises(NotebenchError, match="no xgboost"):
        notebench.deploy("wine")


def test_a_run_needs_the_endpoints_address(world, monkeypatch):
    import notebench

    monkeypatch.setenv("NOTEBENCH_RUN_ID", "r1")
    refusal = {"code": "kind", "message": "This token belongs to a run."}
    world.routes[f"GET {P}/deployments/wine"] = lambda asked: (403, refusal)
    world.routes["POST /services/notebench/endpoints/d-1/invocations"] = {"predictions": [3]}
    with pytest.raises(NotebenchError, match="endpoint's address"):
        notebench.predict("wine", [[1]])
    assert notebench.predict("/services/notebench/endpoints/d-1/", [[1]]) == [3]


def test_register_takes_what_people_hold(world):
    import notebench

    world.routes[f"POST {P}/models"] = {"model": "wine", "version": "1", "status": "READY"}

    class Info:
        run_id = "abc"
        name = "model"

    assert notebench.register("wine", "abc").version == "1"
    notebench.register("wine", Info())
    assert world.asked[-1].json["model"] == "model"
    sys.modules.pop("mlflow", None)
    with pytest.raises(Refused, match="no MLflow run yet"):
        notebench.register("wine")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("wine", ("wine", "")),
        ("wine/3", ("wine", "3")),
        ("wine@champion", ("wine", "@champion")),
        ("wine/@champion", ("wine", "@champion")),
        ("models:/wine/3", ("wine", "3")),
        ("my model", ("my model", "")),
    ],
)
def test_model_references(text, found):
    assert model_reference(text) == found


@pytest.mark.parametrize("text", ["", "/3", "a/b", "a@", "a/3/4", "runs:/x/y"])
def test_what_is_no_model_reference(text):
    with pytest.raises(Refused):
        model_reference(text)


def test_names_for_addresses():
    assert deployment_name("My Wine Model!") == "my-wine-model"
    assert deployment_name("ü") == "model"
    assert len(deployment_name("x" * 100)) == 40


def test_paths_inside_a_session_are_relative_to_the_home(monkeypatch, tmp_path):
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NOTEBENCH_SESSION_ID", "s1")
    monkeypatch.chdir(tmp_path / "work")
    assert home_path("a.ipynb") == "work/a.ipynb"
    assert home_path(tmp_path / "b.ipynb") == "b.ipynb"
    with pytest.raises(Refused):
        home_path("../../a.ipynb")
    monkeypatch.delenv("NOTEBENCH_SESSION_ID")
    monkeypatch.delenv("NOTEBENCH_RUN_ID", raising=False)
    assert home_path("x/a.ipynb") == "x/a.ipynb"


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (pd.DataFrame({"a": [1.5, None]}), {"dataframe_split": {"columns": ["a"], "data": [[1.5], [None]]}}),
        (pd.DataFrame({"a": [1]}).iloc[0], {"dataframe_split": {"columns": ["a"], "data": [[1]]}}),
        (np.array([[1, 2]]), {"inputs": [[1, 2]]}),
        ([{"a": 1}], {"dataframe_records": [{"a": 1}]}),
        ({"a": 1}, {"dataframe_records": [{"a": 1}]}),
        ({"a": [1]}, {"inputs": {"a": [1]}}),
        ([[1, 2]], {"inputs": [[1, 2]]}),
        ({"instances": [1]}, {"instances": [1]}),
        (
            pd.DataFrame({"t": [pd.Timestamp("2026-11-20")]}),
            {"dataframe_split": {"columns": ["t"], "data": [["2026-11-20T00:00:00"]]}},
        ),
        ([np.float32(0.5)], {"inputs": [0.5]}),
    ],
)
def test_bodies(data, body):
    assert json.loads(invocation_body(data)) == body
    assert json.loads(invocation_body(data, {"p": 1}))["params"] == {"p": 1}


def test_what_is_no_data():
    for wrong in (object(), 3, "text"):
        with pytest.raises(Refused):
            invocation_body(wrong)
