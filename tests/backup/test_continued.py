"""The journey goes on elsewhere: a running installation is backed up and restored into an empty place."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.installation import Installation, wait_for
from tests.journey.test_restarts import TRAIN, notebook

PREDICT = {"dataframe_split": {"columns": ["x"], "data": [[3.0]]}}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="nbb-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def answers(installation: Installation, token: str) -> bool:
    """Whether the endpoint predicts, asked through the proxy and the gateway."""
    with installation.api(token) as api:
        deployment = api.get("deployments/line").json()
        address = f"{installation.url}services/notebench/endpoints/{deployment['id']}/invocations"
        answer = api.post(address, json=PREDICT)
    return answer.status_code == 200 and abs(answer.json()["predictions"][0] - 6.0) < 1e-6


def work(old: Installation) -> str:
    """A trained and deployed model, and a schedule; the run's id."""
    old.add_user("ada")
    token = old.token("ada")
    home = old.state / "homes" / "ada"
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "train.ipynb").write_text(notebook(TRAIN))
    (home / "small.ipynb").write_text(notebook("print('fired')"))
    with old.api(token) as api:
        run = api.post("runs", json={"notebook": "train.ipynb", "image": "scientific"}).json()["id"]
        wait_for(lambda: api.get(f"runs/{run}").json()["state"] == "succeeded", 240, "the training run")
        api.put("deployments/line", json={"model": "line", "profile": "small"}).raise_for_status()
        wish = {"name": "minutes", "notebook": "small.ipynb", "cron": "* * * * *"}
        api.post("schedules", json=wish).raise_for_status()
    wait_for(lambda: answers(old, token), 120, "the model server")
    return str(run)


def signs_in(installation: Installation, name: str, password: str) -> bool:
    with httpx.Client(base_url=installation.url, timeout=20) as browser:
        browser.get("hub/login")
        form = {"username": name, "password": password, "_xsrf": browser.cookies["_xsrf"]}
        return browser.post("hub/login", data=form).status_code == 302


@pytest.mark.timeout(900)
def test_what_was_begun_goes_on_in_the_restored_installation(folder: Path) -> None:
    old, new = Installation(folder / "old"), Installation(folder / "new")
    try:
        old.up()
        run = work(old)
        file = folder / "backup.tar"
        done = old.command("backup", str(file), "--homes", "--quiet")
        assert (done.stdout, done.stderr) == ("", "")
        assert old.command("verify", str(file), "--quiet").stdout == ""
        new.command("restore", str(file), "--quiet")
        served = {one.name for one in (old.state / "workloads").iterdir()}
        new.up()  # beside the old one, which goes on: neither touches the other's processes
        assert signs_in(new, "ada", old.passwords["ada"])
        token = new.token("ada")
        with new.api(token) as api:
            kept = api.get(f"runs/{run}").json()
            assert kept["state"] == "succeeded"
            assert (new.state / "homes" / "ada" / kept["output"]).is_file()
            assert json.loads(api.get(f"runs/{run}/output").content)["cells"]
            assert [one["name"] for one in api.get("models").json()] == ["line"]
            wait_for(lambda: answers(new, token), 120, "the restored model server")
            before = {one["id"] for one in api.get("runs").json()["runs"]}
            assert run in before

            def fired() -> bool:
                runs = api.get("runs").json()["runs"]
                return any(one["state"] == "succeeded" and one["schedule"] for one in runs)

            wait_for(fired, 150, "the restored schedule", 1)
        assert answers(old, old.token("ada"))
        assert served <= {one.name for one in (old.state / "workloads").iterdir()}
    finally:
        new.down()
        old.down()
