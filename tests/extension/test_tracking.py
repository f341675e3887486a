"""MLflow runs say where they come from: in sessions, in notebook runs, with git and packages, quickly."""

import json
import os
import subprocess
import sys
import textwrap
from hashlib import sha256
from pathlib import Path

import pytest
from notebench.contract import tags


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a repository, a committed notebook and an environment layer with one package."""
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True)
    (home / "work" / "note.ipynb").write_text("{}")
    git = ["git", "-C", str(home / "work"), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    site = home / "layer" / "lib" / "python3.11" / "site-packages"
    (site / "Some_Package-1.2.dist-info").mkdir(parents=True)
    (site / "Some_Package-1.2.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: Some-Package\nVersion: 1.2\n"
    )
    return home


def logged(home: Path, code: str = "", **more: str) -> dict[str, str]:
    """The tags of a run that a program logs as a kernel would."""
    program = textwrap.dedent(
        """
        import json, mlflow
        CODE
        if not mlflow.last_active_run():
            with mlflow.start_run():
                pass
        print(json.dumps(mlflow.last_active_run().data.tags))
        """
    ).replace("CODE", code)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("NOTEBENCH_", "MLFLOW_"))}
    env |= {
        "HOME": str(home),
        "MLFLOW_TRACKING_URI": f"sqlite:///{home}/m.db",
        "NOTEBENCH_USER": "ann",
        "NOTEBENCH_ACTING_FOR": "wine",
        "NOTEBENCH_IMAGE": "scientific",
        "NOTEBENCH_IMAGE_VERSION": "2026.11",
        "NOTEBENCH_IMAGE_IDENTITY": "abc",
        "NOTEBENCH_PROFILE": "small",
        "NOTEBENCH_LAYER": str(home / "layer"),
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False, cwd=home
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_session_says_all_it_knows(home):
    note = home / "work" / "note.ipynb"
    found = logged(home, NOTEBENCH_SESSION_ID="s1", JPY_SESSION_NAME=str(note))
    commit = subprocess.run(
        ["git", "-C", str(note.parent), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    expected = {
        tags.USER: "ann",
        tags.ACTING_FOR: "wine",
        tags.SESSION: "s1",
        tags.IMAGE: "scientific 2026.11",
        tags.IDENTITY: "abc",
        tags.PROFILE: "small",
        tags.ADDED: '["some-package==1.2"]',
        tags.NOTEBOOK: "work/note.ipynb",
        tags.NOTEBOOK_HASH: sha256(b"{}").hexdigest(),
        tags.GIT_COMMIT: commit.stdout.strip(),
        tags.GIT_DIRTY: "false",
    }
    assert {key: value for key, value in found.items() if key.startswith(tags.PREFIX)} == expected
    assert (found["mlflow.user"], found["mlflow.source.name"]) == ("ann", "work/note.ipynb")


def test_a_notebook_run_says_its_id_and_leaves_its_mark(home, tmp_path):
    note = home / "work" / "note.ipynb"
    note.write_text("{ }")
    found = logged(
        home, NOTEBENCH_RUN_ID="r1", NOTEBENCH_NOTEBOOK=str(note), NOTEBENCH_RUN_STATE=str(tmp_path)
    )
    assert (found[tags.NOTEBOOK_RUN], found[tags.GIT_DIRTY]) == ("r1", "true")
    assert (tmp_path / "mlflow-used").exists()


def test_autologging_needs_nothing_typed(home):
    fit = (
        "mlflow.sklearn.autolog()\n"
        "from sklearn.linear_model import LinearRegression\n"
        "LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])"
    )
    assert logged(home, fit)[tags.USER] == "ann"


def test_outside_of_notebench_nothing_is_added(home):
    found = logged(home, NOTEBENCH_USER="", NOTEBENCH_LAYER="")
    assert not any(key.startswith(tags.PREFIX) for key in found)


def test_many_packages_are_cut_to_whole_entries(home):
    site = home / "layer" / "lib" / "python3.11" / "site-packages"
    for number in range(400):
        folder = site / f"package_{number}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: package-{number}\nVersion: 1.0\n")
    added = json.loads(logged(home)[tags.ADDED])
    assert 200 < len(added) < 400


def test_a_run_registers_with_mlflow_itself(home):
    code = textwrap.dedent(
        """
        import mlflow.sklearn, notebench, os
        from sklearn.linear_model import LinearRegression
        with mlflow.start_run() as run:
            mlflow.sklearn.log_model(LinearRegression().fit([[1.0]], [1.0]), name="line")
        os.environ["NOTEBENCH_RUN_ID"] = "r1"
        version = notebench.register("lines", alias="champion", description="straight")
        assert (version.model, version.version, version.run) == ("lines", "1", run.info.run_id), version
        assert mlflow.MlflowClient().get_model_version_by_alias("lines", "champion").description == "straight"
        for wrong, words in (({"model": "other"}, "logged no such model"),):
            try:
                notebench.register("lines", run, **wrong)
            except notebench.contract.errors.Refused as error:
                assert words in str(error)
            else:
                raise AssertionError
        """
    )
    logged(home, code)
