"""The edge: whatever comes in, what goes out is one shape, in the reader's language, without our insides."""

import json

import httpx
import pytest
from notebench.contract.errors import Problem

from tests.service.town import Town, code

_DEEP = "[" * 5_000 + "]" * 5_000
_BODIES: list[tuple[bytes, str]] = [
    (b"", "400 invalid"),
    (b"{", "400 not-json"),
    (b"\xff\xfe", "400 not-json"),
    (b'{"members": NaN}', "400 not-json"),
    (b'{"members": "\\ud800"}', "400 not-json"),
    (b'{"members": [], "x": ' + b"9" * 10_000 + b"}", "400 not-json"),
    (_DEEP.encode(), "400 too-deep"),
    (b'{"a":' * 60 + b"1" + b"}" * 60, "400 too-deep"),
    (b'"' + b"x" * 3_000_000 + b'"', "413 body-too-large"),
    (b"null", "400 invalid"),
    (b"[]", "400 invalid"),
    (b'{"members": {}}', "400 invalid"),
    (b'{"members": [{"user": ""}]}', "400 invalid"),
    (json.dumps({"members": [{"user": "x"}] * 1001}).encode(), "400 invalid"),
]


@pytest.mark.parametrize(("body", "expected"), _BODIES, ids=[str(n) for n in range(len(_BODIES))])
def test_bodies(town: Town, body: bytes, expected: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert code(town.program("admin").put("projects/alloys", content=body, headers=headers)) == expected


def test_chunked_body_has_the_same_limit(town: Town) -> None:
    def parts() -> object:
        yield from (b"x" * 65_536 for _ in range(64))

    answer = town.program("admin").put("projects/alloys", content=parts())  # type: ignore[arg-type]
    assert code(answer) == "413 body-too-large"


def test_problem_names_the_field(town: Town) -> None:
    answer = town.program("admin").put("projects/alloys", json={"members": [{"usr": "ana"}]})
    problem = Problem.model_validate(answer.json())
    assert problem.field == "members.0.user"
    assert problem.reference


def test_problem_in_german(town: Town) -> None:
    answer = town.program("", **{"Accept-Language": "de"}).get("me")
    english = town.program("").get("me")
    assert answer.json()["message"] != english.json()["message"]


def test_unknown_addresses_and_methods(town: Town) -> None:
    assert code(town.program("ana").get("nothing")) == "404 no-such-address"
    assert code(town.program("ana").delete("me")) == "400 no-such-method"


def test_contract_version_is_checked(town: Town) -> None:
    assert town.program("ana", **{"Notebench-Contract": "1"}).get("me").status_code == 200
    assert code(town.program("ana", **{"Notebench-Contract": "99"}).get("me")) == "400 contract-version"
    assert town.program("", **{"Notebench-Contract": "99"}).get("hello").status_code == 200


@pytest.mark.parametrize(
    "path", ["sessions/%00", "sessions/%ff", "sessions/..%2f..", "sessions/" + "x" * 9000]
)
def test_strange_ids(town: Town, path: str) -> None:
    answer = httpx.get(
        f"{town.instance.service_url}/services/notebench/api/v1/{path}",
        headers={"Authorization": f"Bearer {town.tokens['ana']}"},
    )
    assert answer.status_code == 404, answer.text


def test_health_says_what_is_not_well(town: Town) -> None:
    health = httpx.get(f"{town.instance.service_url}/services/notebench/health").json()
    assert health["parts"]["store"] == {"healthy": True, "reason": ""}
    assert health["parts"]["catalogue"]["healthy"]
    mlflow = health["parts"]["mlflow"]
    assert (mlflow["healthy"], health["healthy"]) == (False, False), "there is none in this town"
    assert mlflow["reason"]
    outside = httpx.get(f"{town.url}services/notebench/health").json()["parts"]["mlflow"]
    assert outside == {"healthy": False, "reason": "…"}, "the world learns no reasons"
