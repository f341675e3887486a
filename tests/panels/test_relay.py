"""The Jupyter server's part: the relay to the service and the two local questions."""

import http.client
import json
import time
from urllib.parse import urlsplit

import httpx
import pytest

from .conftest import TOKEN, Lab, Service


def raw(lab: Lab, method: str, path: str) -> tuple[int, bytes]:
    """A request whose path no client tidies up."""
    from .conftest import PASSWORD

    connection = http.client.HTTPConnection(urlsplit(lab.url).netloc, timeout=20)
    connection.putrequest(method, path, skip_accept_encoding=True)
    connection.putheader("Authorization", f"token {PASSWORD}")
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_relays_with_the_sessions_token_and_nothing_of_the_browsers(lab: Lab, service: Service) -> None:
    answer = lab.get(
        "notebench/api/experiments?x=1&_xsrf=2&1763650000000",
        headers={"Cookie": "secret=1", "X-Forwarded-For": "9.9.9.9", "Notebench-Acting-For": "other"},
    )
    assert [each["id"] for each in answer.json()] == ["1", "2", "3"]
    (seen,) = service.world.seen
    assert seen["headers"]["authorization"] == f"Bearer {TOKEN}"
    assert seen["headers"]["notebench-contract"] == "1"
    assert not {"cookie", "x-forwarded-for", "notebench-acting-for", "x-xsrftoken"} & set(seen["headers"])
    assert seen["query"] == "x=1"
    assert TOKEN not in str(answer.headers) + answer.text


def test_relays_writes_and_problems_as_they_are(lab: Lab, service: Service) -> None:
    made = lab.ask("PUT", "notebench/api/deployments/wine-2", json={"model": "wine-cultivar"})
    assert (made.status_code, made.json()["name"]) == (201, "wine-2")
    gone = lab.ask("DELETE", "notebench/api/deployments/wine-2")
    assert gone.status_code == 204
    refused = lab.ask("PUT", "notebench/api/deployments/taken", json={"model": "wine-cultivar"})
    assert (refused.status_code, refused.json()["field"]) == (409, "name")


def test_streams(lab: Lab, service: Service) -> None:
    from .conftest import PASSWORD

    start, arrivals = time.monotonic(), []
    with httpx.stream(
        "GET", f"{lab.url}notebench/api/runs/r-0000/logs", headers={"Authorization": f"token {PASSWORD}"}
    ) as answer:
        arrivals.extend(time.monotonic() - start for _ in answer.iter_raw())
    assert len(arrivals) >= 2
    assert arrivals[-1] - arrivals[0] > 0.1


@pytest.mark.parametrize(
    "path",
    [
        "../internal/sessions",
        "..%2finternal/sessions",
        "%2e%2e/internal",
        "%252e%252e/internal",
        "experiments/..%5c..%5cinternal",
        "experiments//internal",
        "/etc/passwd",
        "experiments/%00",
        "http:%2f%2f127.0.0.1/",
        "experiments/%0d%0aX:%20y",
        "x" * 5000,
    ],
)
def test_refuses_paths_that_lead_elsewhere(lab: Lab, service: Service, path: str) -> None:
    status, body = raw(lab, "GET", f"/notebench/api/{path}")
    assert status == 400, body
    assert json.loads(body)["code"] == "address-refused"
    assert service.world.seen == []


def test_what_comes_from_artifacts_cannot_run_on_this_origin(lab: Lab, service: Service) -> None:
    run = "0" * 32
    answer = lab.get(f"notebench/api/mlflow-runs/{run}/artifact?path=report.html")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nobody_else_gets_through(lab: Lab, service: Service) -> None:
    for path in ("notebench/api/me", "notebench/here", "notebench/parameters?path=plain.ipynb"):
        assert httpx.get(lab.url + path).status_code == 403
    signed_in = httpx.Client(base_url=lab.url)
    from .conftest import PASSWORD

    signed_in.get(f"lab?token={PASSWORD}", follow_redirects=True)
    assert signed_in.get("notebench/api/me").status_code == 200
    without_xsrf = signed_in.post("notebench/api/runs", json={"notebook": "plain.ipynb"})
    assert without_xsrf.status_code == 403
    assert service.world.writes() == []


def test_endpoints_answer_predictions_only(lab: Lab, service: Service) -> None:
    body = {"dataframe_split": {"columns": ["alcohol"], "data": [[13.2]]}}
    assert lab.ask("POST", "notebench/endpoints/d-wine/invocations", json=body).json() == {"predictions": [1]}
    assert lab.ask("POST", "notebench/endpoints/d-wine/metrics", json=body).status_code == 404
    assert lab.get("notebench/endpoints/d-wine/invocations").status_code == 405


def test_says_when_it_is_no_session_of_notebench(plain_lab: Lab) -> None:
    for path in ("notebench/here", "notebench/api/me"):
        answer = plain_lab.get(path, headers={"Accept-Language": "de"})
        assert answer.status_code == 503
        assert answer.json()["code"] == "outside-notebench"
        assert answer.json()["message"].startswith("Dieses JupyterLab")


def test_panels_that_refresh_do_not_keep_a_session_alive(lab: Lab, service: Service) -> None:
    before = lab.get("api/status").json()["last_activity"]
    lab.get("notebench/api/me")
    lab.get("notebench/here")
    assert lab.get("api/status").json()["last_activity"] == before


def test_says_what_this_session_is(lab: Lab, service: Service) -> None:
    here = lab.get("notebench/here").json()
    assert (here["user"], here["image_title"], here["version"]) == ("ada", "Scientific", "2026.11")
    assert [each["name"] for each in here["added"]] == ["shap", "xgboost"]
    assert TOKEN not in json.dumps(here)


def test_reads_a_notebooks_parameters(lab: Lab) -> None:
    found = lab.get("notebench/parameters?path=tour/wine.ipynb").json()
    assert found["has_cell"] is True
    types = {each["name"]: (each["type"], each["default"]) for each in found["parameters"]}
    assert types["depth"] == ("int", "3")
    assert types["region"][1] == '"Mosel"'
    assert {"rate", "strict", "grapes", "limit"} < set(types)
    assert lab.get("notebench/parameters?path=untagged.ipynb").json()["has_cell"] is False


@pytest.mark.parametrize(
    "path", ["../outside.ipynb", "/etc/passwd", "tour", "link.ipynb", "", "x" * 300 + ".ipynb"]
)
def test_reads_notebooks_below_the_home_only(lab: Lab, path: str) -> None:
    outside = lab.home.parent / "outside.ipynb"
    outside.write_text("{}")
    link = lab.home / "link.ipynb"
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    answer = lab.get(f"notebench/parameters?path={path}")
    assert (answer.status_code, answer.json()["code"]) == (400, "notebook-path")
    missing = lab.get("notebench/parameters?path=no such.ipynb")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


def test_says_when_the_service_is_away(
    running_service: Service, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from .conftest import end, start_lab

    environ = {"NOTEBENCH_API_URL": "http://127.0.0.1:9/services/notebench/api/v1", "NOTEBENCH_TOKEN": TOKEN}
    process, lab = start_lab(tmp_path_factory.mktemp("away"), environ)
    try:
        start = time.monotonic()
        answer = lab.get("notebench/api/experiments")
        assert (answer.status_code, answer.json()["code"]) == (503, "service-away")
        assert time.monotonic() - start < 5
        assert TOKEN not in answer.text + lab.log.read_text()
    finally:
        end(process)
