"""Abuse 1: what almost names an image or a profile names nothing, by the form as by the API."""

from typing import Any

import pytest

from tests.security.city import City

ALMOST: list[dict[str, Any]] = [
    *({"image": word, "profile": "small"} for word in ("minimal\n", " minimal", "Minimal", "mini", "min.*")),
    *({"image": "minimal", "profile": word} for word in ("small\n", "sma", "small/../large", "^small$")),
    {"image": "../environments", "profile": "small"},
    {"image": "minimal", "profile": "small", "acting_for": "alloys"},
    {"image": "minimal", "profile": "small", "acting_for": "personal\n"},
]
BESIDE: list[dict[str, Any]] = [
    {"image": "minimal", "profile": ["small"]},
    {"image": {"$ne": ""}, "profile": "small"},
    *(
        {"image": "minimal", "profile": "small", name: value}
        for name, value in (
            ("cmd", ["/bin/sh"]),
            ("environment", {"PATH": "/tmp"}),
            ("home", "/"),
            ("user", "ana"),
            ("server", "ana/"),
            ("image_spec", "evil:latest"),
            ("profile_override", {"privileged": True}),
        )
    ),
]
"""What a form cannot say: it has words for three questions, and no others are read."""


@pytest.fixture(autouse=True)
def nothing_starts(city: City) -> Any:
    yield
    server = city.raw("dan").get("hub/api/users/dan").json()["servers"].get("")
    assert not server or not (server["ready"] or server["pending"])


@pytest.mark.parametrize("options", [*ALMOST, *BESIDE], ids=str)
def test_abuse_01_almost_is_not_enough_for_the_api(city: City, options: dict[str, Any]) -> None:
    answer = city.raw("dan").post("hub/api/users/dan/server", json=options)
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("options", ALMOST, ids=str)
def test_abuse_01_almost_is_not_enough_for_the_form(city: City, options: dict[str, Any]) -> None:
    dan = city.people("dan")
    page = dan.http.post("hub/spawn", data=options | {"_xsrf": dan.xsrf()})
    assert 400 <= page.status_code < 500, page.text[:500]
    assert 'role="alert"' in page.text


def test_abuse_01_nobody_starts_for_somebody_else(city: City) -> None:
    dan, form = city.people("dan"), {"image": "minimal", "profile": "small"}
    for path in ("hub/spawn/ben", "hub/spawn/ben/second", "hub/spawn/dan/..%2fben", "hub/spawn/nobody"):
        assert dan.http.post(path, data=form | {"_xsrf": dan.xsrf()}).status_code in {400, 403, 404}, path
    for path in ("users/ben/server", "users/ben/servers/second"):
        assert city.raw("dan").post(f"hub/api/{path}", json=form).status_code in {403, 404}, path
    assert not city.hub_api("GET", "users/ben").json()["servers"]
