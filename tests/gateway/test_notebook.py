"""What a notebook does with MLflow's own Python client, through the gateway, with no key typed."""

from typing import Any

import pytest

from tests import mlflow_notebook


@pytest.fixture(scope="session")
def trained() -> dict[str, Any]:
    return mlflow_notebook.trained()


def test_training_is_logged_registered_and_loaded(trained: dict[str, Any]) -> None:
    assert trained["experiment"] == "Notebooks"
    assert trained["same"] is True
    assert trained["text"] == "hello"
    assert trained["versions"] == 1
    assert trained["history"] == 1
    assert "training_score" in trained["metrics"]


def test_the_gateway_writes_what_it_knows(trained: dict[str, Any]) -> None:
    tags = trained["tags"]
    assert tags["notebench.user"] == "ann"
    assert tags["notebench.acting_for"] == "personal"
    assert tags["notebench.session"] == "s-1"
    assert tags["mlflow.user"] == trained["user"] == "ann"
    assert tags["mine"] == "yes"
