"""Hub, proxy and the real Notebench service: one resolve, one record, and a kernel in its layer."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from notebench_hub.hub.accounts import new_token, put_account
from notebench_spawner import processes

from .kernels import run, shell
from .workbench import Person, Workbench, wait_for


@pytest.fixture(scope="module")
def real() -> Iterator[Workbench]:
    with tempfile.TemporaryDirectory(prefix="nbh") as root:
        opened = Workbench(Path(root), stand_in=False)
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


@pytest.fixture(scope="module")
def ada(real: Workbench) -> Person:
    return Person(real, "ada", put_account(real.place, "ada"))


@pytest.fixture(scope="module")
def api(real: Workbench, ada: Person) -> Iterator[httpx.Client]:
    token = new_token(real.place, "ada", note="a test")
    address = real.url + "services/notebench/api/v1/"
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        yield client


def test_the_start_page_shows_the_catalogue(ada: Person) -> None:
    page = ada.http.get("hub/spawn").text
    for words in (
        "Scientific Python",
        "scikit-learn",
        "This image carries CUDA",
        "people who trust each other",
    ):
        assert words in page
    ada.http.headers["Accept-Language"] = "de"
    assert "Wissenschaftliches Python" in ada.http.get("hub/spawn").text
    ada.http.headers["Accept-Language"] = "en"


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"image": "scientifc", "profile": "small"}, 400, "Did you mean 'scientific'?"),
        ({"image": "minimal", "profile": "gpu"}, 400, "gpu"),
        ({"image": "minimal", "profile": "small", "acting_for": "nobody-s"}, 403, "not a member"),
    ],
)
def test_rest_goes_through_the_same_resolve(
    ada: Person, options: dict[str, str], status: int, code: str
) -> None:
    answer = ada.api("POST", "users/ada/server", json=options)
    assert answer.status_code == status, answer.text
    assert code in answer.json()["message"]


def test_a_session_and_its_record(real: Workbench, ada: Person, api: httpx.Client) -> None:
    answer = ada.api("POST", "users/ada/server", json={"image": "minimal", "profile": "small"}, timeout=300)
    assert answer.status_code in (201, 202), answer.text
    server = ada.wait_ready(seconds=300)
    (record,) = api.get("sessions").json()
    assert (record["state"], record["image"], record["url"]) == ("running", "minimal", server["url"])

    said = run(
        ada,
        server,
        "import os, sys, pathlib\n"
        "print(sys.prefix); print(os.environ['NOTEBENCH_LAYER']); print(os.getcwd())\n"
        "print(os.environ['MLFLOW_TRACKING_URI'])\n"
        "print(sorted(p.name for p in pathlib.Path.home().iterdir() if not p.name.startswith('.')))",
    ).splitlines()
    home = real.place.homes / "ada"
    assert said[0] == said[1]  # the kernel runs in the environment layer
    assert said[0].startswith(str(home / "environments" / "personal" / "minimal-"))
    assert said[2] == str(home)
    assert said[3] == real.instance.service_url + "/services/notebench/mlflow"
    assert "tour" in said[4]

    assert shell(ada, server, "command -v pip python").split() == [
        f"{said[0]}/bin/pip",
        f"{said[0]}/bin/python",
    ]
    (folder,) = processes.running(real.place.workloads)
    jupyter = next(processes.marked({folder.name}))
    assert str(home) not in " ".join(jupyter.cmdline()[:1])  # the server itself runs on the image alone
    assert ada.api("DELETE", "users/ada/server").status_code in (202, 204)
    wait_for(lambda: api.get("sessions").json()[0]["state"] == "stopped", 30, real.log)


def test_a_name_for_the_second_server_is_checked(ada: Person) -> None:
    for name in ("a b", "a..b", "Ä", "x" * 300, "UPPER"):
        answer = ada.api("POST", f"users/ada/servers/{name}", json={"image": "minimal", "profile": "small"})
        assert answer.status_code in (400, 404, 405), (name, answer.text)
