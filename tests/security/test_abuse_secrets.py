"""Abuse 21: what the parts know, and what people prove themselves with, is in no log."""

from pathlib import Path

import pytest

from tests.security.city import City


@pytest.fixture
def secrets(city: City) -> dict[str, bytes]:
    """Everything that the parts alone may know, by where it lies."""
    files = [file for file in (city.place.root / "secrets").rglob("*") if file.is_file()]
    found = {file.name: file.read_bytes().strip() for file in files}
    found = {name: secret for name, secret in found.items() if len(secret) >= 12}
    assert {"proxy-token", "hub-cookie", "audit-key"} <= set(found)
    return found


def test_abuse_21_no_log_holds_a_secret(city: City, secrets: dict[str, bytes]) -> None:
    token = city.hub_token("dan")
    for path in ("hub/api/user", "services/notebench/api/v1/me", "services/notebench/runs", "user/ana/api"):
        city.raw(token).get(path)
        city.raw().get(path, params={"token": token})
    city.raw(token + "x").get("services/notebench/api/v1/me")
    passwords = {f"password of {name}": word.encode() for name, word in city.passwords.items()}
    known = secrets | passwords | {"a token": token.encode()}
    logs = [*city.place.logs.rglob("*"), *city.place.workloads.rglob("*.log")]
    for file in filter(Path.is_file, logs):
        content = file.read_bytes()
        for name, secret in known.items():
            assert secret not in content, f"{name} in {file.name}"
