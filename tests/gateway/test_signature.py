"""The signed word: only the gateway's, only for its workspace, only for a minute."""

import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench_hub.service.mlflow_client.names import HOST
from notebench_hub.service.mlflow_client.signature import LIFETIME_SECONDS, SCHEME, sign, verify

from tests.mlflow_world import World

KEY = "k" * 64


def test_a_good_word_is_heard() -> None:
    word = verify(KEY, sign(KEY, "u-ann.write", "u-ann"), "u-ann")
    assert word is not None
    assert (word.principal, word.workspace) == ("u-ann.write", "u-ann")


def test_it_ends_after_a_minute() -> None:
    word = sign(KEY, "p", "w", now=1000)
    assert verify(KEY, word, "w", now=1000 + LIFETIME_SECONDS)
    assert verify(KEY, word, "w", now=1001 + LIFETIME_SECONDS) is None


def test_another_key_or_workspace_is_not_heard() -> None:
    assert verify("other", sign(KEY, "p", "w"), "w") is None
    assert verify(KEY, sign(KEY, "p", "w"), "x") is None
    assert verify(KEY, sign(KEY, "p", "w"), "") is None
    assert verify(KEY, sign(KEY, "p", ""), "w") is None


@given(st.text())
def test_nonsense_is_not_heard(text: str) -> None:
    for header in (text, f"{SCHEME} {text}", f"{SCHEME} {text}.{text}"):
        assert verify(KEY, header, "w") is None


@given(st.integers(min_value=len(SCHEME) + 1), st.characters(codec="ascii", categories=["L", "N"]))
def test_a_changed_letter_is_noticed(place: int, letter: str) -> None:
    word = sign(KEY, "p", "w", now=time.time())
    place = len(SCHEME) + 1 + place % (len(word) - len(SCHEME) - 1)
    changed = word[:place] + letter + word[place + 1 :]
    # The last letter of base64 carries bits that do not count.
    assert changed == word or place == len(word) - 1 or verify(KEY, changed, "w") is None


@pytest.mark.parametrize("authorization", ["", "Basic bm90ZWJlbmNoOng=", "Bearer hub-ann", f"{SCHEME} a.b"])
def test_mlflow_hears_nobody_else(world: World, authorization: str) -> None:
    transport = httpx.HTTPTransport(uds=str(world.place.mlflow_socket))
    headers = {"Authorization": authorization} if authorization else {}
    with httpx.Client(transport=transport, base_url=f"http://{HOST}", headers=headers) as http:
        for path in (
            "/api/2.0/mlflow/experiments/search?max_results=1",
            "/api/2.0/mlflow/users/list",
            "/api/2.0/mlflow-artifacts/artifacts/x",
            "/api/3.0/mlflow/workspaces",
        ):
            answer = http.get(path)
            assert answer.status_code == 401, (path, answer.text)
        assert http.get("/health", headers={"Host": "evil.example"}).status_code == 200
        assert http.get("/version", headers={"Host": "evil.example"}).status_code in {200, 401, 403}
        foreign = http.get("/api/2.0/mlflow/experiments/search", headers={"Host": "evil.example"})
        assert foreign.status_code == 403


def test_its_files_are_its_owners_only(world: World) -> None:
    for file in world.place.mlflow.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
