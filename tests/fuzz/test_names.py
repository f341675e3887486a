"""Names and parameters of every kind: kept exactly as they were given, or refused; never anything else."""

import string
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import example, given
from hypothesis import strategies as st
from notebench.runner.parameters import check_parameters

from tests.fuzz.conftest import rounds
from tests.fuzz.made import made
from tests.security.city import NOTEBOOK, PROJECT, City

HOSTILE = [
    "<script>alert(1)</script>",
    "../../etc",
    "..",
    ".",
    "a/b",
    "a\\b",
    "a\0b",
    "%2e%2e%2f",
    "' OR 1=1 --",
    "{name}",
    "{0.__class__}",
    "%s%n",
    "\u202eevil",
    "\ud7ff\U0010ffff",
    "a\r\nSet-Cookie: b=c",
    "ﬁ",
    "İ",
    " a ",
    "",
    "x" * 5000,
    "ana",
    "ANA",
    "Default",
]
words = st.sampled_from(HOSTILE) | st.text(max_size=30) | st.text(string.printable, max_size=20)
parameters = st.dictionaries(
    st.sampled_from(["x", "alpha", "a b", "x=1\nimport os", "__builtins__", "class", "ﬁ"]) | words,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=3,
)


def _sent(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    made["names"] += 1
    answer = client.request(method, path, **more)
    assert answer.status_code < 500, f"{answer.status_code} {path!r} {more} {answer.text[:2000]}"
    assert "Traceback" not in answer.text
    return answer


def test_users_at_the_hub(city: City) -> None:
    admin = city.raw(city.tokens["admin"])

    @rounds(80)
    @given(words)
    def make(name: str) -> None:
        path = f"hub/api/users/{quote(name, safe='')}"
        made = _sent(admin, "POST", path)
        if made.status_code == 201:
            known = made.json()["name"]
            assert known in {name, name.lower(), name.casefold()}
            _sent(admin, "DELETE", f"hub/api/users/{quote(known, safe='')}")

    make()


def test_projects(city: City) -> None:
    admin = city.program("admin")

    @rounds(80)
    @given(words)
    def make(name: str) -> None:
        answer = _sent(admin, "PUT", f"projects/{quote(name, safe='')}", json={"members": []})
        known = [one["name"] for one in admin.get("projects").json()]
        assert (name in known) == answer.is_success

    make()


def test_experiments(city: City) -> None:
    gateway, ana = city.mlflow("editor"), city.program("ana", PROJECT)

    @rounds(80)
    @given(words)
    def make(name: str) -> None:
        answer = _sent(gateway, "POST", "/mlflow/api/2.0/mlflow/experiments/create", json={"name": name})
        if answer.is_success:
            found = _sent(ana, "GET", f"experiments/{answer.json()['experiment_id']}").json()
            assert found["name"] == name

    make()


def test_models(city: City) -> None:
    gateway, ana = city.mlflow("editor"), city.program("ana", PROJECT)

    @rounds(80)
    @given(words)
    @example("a:b")
    def make(name: str) -> None:
        answer = _sent(
            gateway, "POST", "/mlflow/api/2.0/mlflow/registered-models/create", json={"name": name}
        )
        if answer.is_success:
            assert name in [one["name"] for one in _sent(ana, "GET", "models").json()]
        found = _sent(ana, "GET", f"models/{quote(name, safe='')}")
        assert not found.is_success or "name" not in found.json() or found.json()["name"] == name

    make()


def test_parameters(city: City) -> None:
    ana = city.program("ana", PROJECT)
    wish = {"name": "n", "notebook": NOTEBOOK, "cron": "0 3 1 1 *", "image": "minimal", "paused": True}
    schedule = city.new_schedule()

    @rounds(120)
    @given(parameters)
    def keep(given_: dict[str, Any]) -> None:
        answer = _sent(ana, "PUT", f"schedules/{schedule}", json={**wish, "parameters": given_})
        if answer.is_success:
            check_parameters(given_)
            kept = ana.get(f"schedules/{schedule}").json()["parameters"]
            assert repr(sorted(kept.items())) == repr(sorted(given_.items()))

    keep()
