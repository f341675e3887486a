"""Requests of every kind, made from our OpenAPI document, from everybody, at every route of the API."""

import time
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from notebench.contract.errors import Problem
from notebench_hub.service.openapi import document
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import leaks
from tests.fuzz.conftest import SECONDS, rounds
from tests.fuzz.made import made
from tests.security import walk
from tests.security.city import City

DOCUMENT = schemathesis.openapi.from_dict(document())
OPERATIONS = {made.ok().label: made.ok() for made in DOCUMENT.get_all_operations()}
ASKERS = ("owner", "editor", "viewer", "stranger", "admin", "run", "server", "anonymous", "revoked")
EXAMPLES = 40
"""Of each route; each of them is asked by three."""
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
KEEPS_THINGS = {"PUT /projects/{name}", "DELETE /models/{name}/aliases/{alias}"}
"""With the real names these would leave nothing for the others to find."""


def _things(city: City) -> dict[str, dict[str, str]]:
    """What there is, by the parameters of the document's paths."""
    things = city.things
    return {
        "/deployments": {"name": things.deployment},
        "/models": {"name": things.model, "version": "1", "alias": "champion"},
        "/experiments": {"experiment": things.experiment},
        "/mlflow-runs": {"run": things.mlflow_run, "key": "loss"},
        "/runs": {"run": things.run},
        "/schedules": {"schedule": things.schedule},
        "/sessions": {"session": city.session_id},
    }


def _aimed(city: City, case: Case, label: str) -> None:
    """Make a case ask for something that is there."""
    real = _things(city).get("/" + case.path.split("/")[1], {})
    if label not in KEEPS_THINGS and case.method.upper() != "DELETE":
        for name in case.path_parameters or {}:
            if name in real:
                case.path_parameters[name] = real[name]


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_route(city: City, label: str) -> None:
    operation = OPERATIONS[label]
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    session = requests.Session()
    base = f"{city.instance.service_url}/{walk.API}"

    @rounds(EXAMPLES)
    @given(cases, st.lists(st.sampled_from(ASKERS), min_size=3, max_size=3), st.booleans(), st.integers(0, 9))
    def ask(case: Case, askers: list[str], aimed: bool, version: int) -> None:
        if aimed:
            _aimed(city, case, label)
        if version:  # another version of the contract is refused before anything else is looked at
            case.headers.pop("Notebench-Contract", None)
        case.query.pop("follow", None)  # what follows a log does not end
        for who in askers:
            token, acting_for = city.askers.tokens[who]
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            headers |= {"Notebench-Acting-For": acting_for} if acting_for else {}
            begin = time.monotonic()
            answer = case.call(base_url=base, session=session, headers=headers, timeout=SECONDS)
            made["API"] += 1
            assert time.monotonic() - begin < SECONDS
            _check(city, case, answer)

    ask()


def _check(city: City, case: Case, answer: Response) -> None:
    text = answer.content
    assert not leaks.secrets_in(text)
    assert b"Traceback" not in text
    if answer.status_code >= 500:
        assert answer.status_code == 503, text
        assert "retry-after" in answer.headers
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"], text
        problem = Problem.model_validate_json(text)
        assert problem.message
        assert str(city.place.root).encode() not in text
    checks: list[Any] = CHECKS if answer.status_code < 400 else CHECKS[:3]
    case.validate_response(answer, checks=checks)
