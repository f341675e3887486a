"""The client: addresses, headers, the handshake, and problems that become the contract's errors."""

from datetime import UTC, datetime

import pytest
from notebench.client import Client, find_address
from notebench.client.address import public_address
from notebench.contract import CONTRACT_VERSION
from notebench.contract import errors as tree
from notebench.contract.runs import RunRequest

from tests.extension.standin import Asked, StandIn

NOW = datetime.now(UTC).isoformat()
HELLO = {
    "product": "notebench",
    "version": "9.9.9",
    "contract": CONTRACT_VERSION,
    "supported": [CONTRACT_VERSION],
}
RUN = {
    "id": "r1",
    "user": "ann",
    "acting_for": "personal",
    "notebook": "a.ipynb",
    "parameters": {},
    "image": "minimal",
    "version": "1",
    "identity": "i",
    "profile": "small",
    "state": "succeeded",
    "created": NOW,
    "from_the_future": 1,
}


@pytest.fixture
def api():
    def answer(asked: Asked):
        if asked.path.endswith("/hello"):
            return 200, HELLO
        return routes[asked.path.split("?")[0]](asked)

    routes: dict = {}
    stand = StandIn(answer)
    stand.routes = routes
    yield stand
    stand.close()


def client(api: StandIn, acting_for: str = "") -> Client:
    return Client(public_address(api.url, "secret-token"), acting_for=acting_for)


P = "/services/notebench/api/v1"


def test_addresses_are_found_in_order():
    both = {
        "NOTEBENCH_URL": "https://n.example/",
        "NOTEBENCH_TOKEN": "t",
        "NOTEBENCH_API_URL": "http://127.0.0.1:1/x",
    }
    assert find_address(both).api == f"https://n.example{P}"
    with_path = {"NOTEBENCH_URL": "https://n.example/base/services/notebench/"}
    assert find_address(with_path).hub == "https://n.example/base/"
    inside = {
        "NOTEBENCH_API_URL": "http://127.0.0.1:1/services/notebench/api/v1",
        "NOTEBENCH_PUBLIC_URL": "https://n.example/services/notebench/",
    }
    assert find_address(inside).service == "http://127.0.0.1:1/services/notebench/"
    assert find_address(inside).hub == "https://n.example/"


def test_what_is_sent_and_what_comes_back(api):
    api.routes[P + "/runs"] = lambda asked: (200, RUN)
    found = client(api, "wine").runs.start(RunRequest(notebook="a.ipynb", parameters={"n": 1}))
    assert (found.id, found.state) == ("r1", "succeeded")
    hello, asked = api.asked
    assert hello.path == P + "/hello"
    assert asked.headers["authorization"] == "Bearer secret-token"
    assert asked.headers["notebench-contract"] == str(CONTRACT_VERSION)
    assert asked.headers["notebench-acting-for"] == "wine"
    assert asked.json == {"notebook": "a.ipynb", "parameters": {"n": 1}}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, tree.Refused),
        (401, tree.NotSignedIn),
        (403, tree.NotAllowed),
        (404, tree.NotFound),
        (409, tree.Conflict),
        (413, tree.TooLarge),
        (422, tree.Refused),
        (500, tree.NotebenchError),
        (503, tree.Unavailable),
    ],
)
def test_problems_become_errors(api, status, kind):
    problem = {
        "code": "why",
        "message": "Wrong {x}.",
        "next_step": "Do {y}.",
        "field": "f",
        "reference": "ab12",
    }
    api.routes[P + "/me"] = lambda asked: (status, problem)
    with pytest.raises(tree.NotebenchError) as caught:
        client(api).me()
    error = caught.value
    assert type(error) is kind
    assert (error.kind, error.field, error.reference) == ("why", "f", "ab12")
    assert str(error) == "Wrong {x}. Do {y}."


def test_answers_that_are_no_problems(api):
    for answer, kind in (
        ((502, b"<html>"), tree.Unavailable),
        ((404, b""), tree.NotFound),
        ((200, b"<html>"), tree.Unavailable),
    ):
        api.routes[P + "/me"] = lambda asked, answer=answer: answer
        with pytest.raises(kind) as caught:
            client(api).me()
        assert "secret-token" not in str(caught.value)


def test_unreachable_names_the_address():
    with pytest.raises(tree.Unavailable, match=r"127\.0\.0\.1:9 cannot be reached"):
        Client(public_address("http://127.0.0.1:9", "secret-token")).me()


def test_another_contract_says_what_is_missing(api):
    def answer(asked):
        return 200, {**HELLO, "contract": 7, "supported": [5, 6, 7]}

    api.answer = answer
    with pytest.raises(tree.Refused, match=r"version 1 .* 9\.9\.9 serves 5, 6, 7.*notebench==9\.9\.9"):
        client(api).me()


def test_pages_are_followed(api):
    def page(asked: Asked):
        first = "cursor" not in asked.path
        return 200, {"runs": [RUN, RUN], "next": "c" if first else ""}

    api.routes[P + "/runs"] = page
    assert len(client(api).runs.list(limit=3)) == 3
    assert len(client(api).runs.list(limit=50)) == 4


def test_names_stay_one_segment_of_the_address(api):
    path = f"{P}/deployments/a%2Fb%3Fx%23y"
    api.routes[path] = lambda asked: (204, b"")
    client(api).deployments.delete("a/b?x#y")
    assert api.asked[-1].path == path
