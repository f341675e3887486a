"""The stand-in against what a real cluster answered, and every claim of it with its transcript."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kube import play, record, script
from tests.kube.standin.cluster import ADMIN, Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.kinds import NODES
from tests.kube.standin.nodes import NodeSpec

REAL = os.environ.get("NOTEBENCH_TEST_KUBECONFIG")
IMAGE = "registry.example/shell:1"


def where_of(cluster: Cluster) -> play.Where:
    """The stand-in as a place to play in."""

    def limited(space: str, rules: list[Any]) -> httpx.Client:
        cluster.account(f"limited-in-{space}", space, "limited", rules)
        return client_of(f"limited-in-{space}")

    def client_of(token: str) -> httpx.Client:
        return httpx.Client(base_url=cluster.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    nodes = [node["metadata"]["name"] for node in cluster.all(NODES)]
    words = {f"node-{number}": name for number, name in enumerate(nodes, 1)}
    return play.Where(client_of(ADMIN), limited, IMAGE, 20, words)


Standins = Callable[[int], Cluster]


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standins]:
    """A stand-in with so many nodes: as many as the cluster had that a transcript is of."""
    with ExitStack() as all_of_them:

        @cache
        def with_nodes(count: int) -> Cluster:
            machines = [NodeSpec(f"machine-{number}") for number in range(1, count + 1)]
            cluster = all_of_them.enter_context(Cluster(tmp_path_factory.mktemp("cluster"), machines))
            cluster.images.add(IMAGE, Image())
            return cluster

        yield with_nodes


@pytest.fixture(params=["standin", *(["cluster"] if REAL else [])])
def play_in(request: pytest.FixtureRequest, standins: Standins) -> Callable[[int], play.Where]:
    if request.param == "cluster":
        return lambda count: record.cluster(Path(REAL or ""))
    return lambda count: where_of(standins(count))


@pytest.mark.parametrize("name", script.names())
def test_the_answers_are_those_of_kubernetes(name: str, play_in: Callable[[int], play.Where]) -> None:
    """A pending one is played too, so that a cluster can take it as it is; then it is skipped, saying why."""
    transcript = script.load(script.FOLDER / f"{name}.yaml")
    if only := set(transcript.get("needs") or []) & {"memory-pressure", "memory-limits", "accounts"}:
        pytest.skip(f"Only on a cluster: {', '.join(sorted(only))}.")
    nodes = (transcript.get("taken") or {}).get("nodes", 2)
    answers = play.play(transcript, play_in(nodes))
    wrong = [
        line
        for step, ours in zip(transcript["steps"], answers, strict=True)
        if "answer" in step
        for line in script.differences(step, step["answer"], ours)
    ]
    assert not wrong, "\n".join(wrong)
    if "pending" in transcript:
        pytest.skip(f"pending: {transcript['pending']}")


@pytest.mark.parametrize("name", script.names())
def test_a_transcript_is_whole(name: str) -> None:
    transcript = script.load(script.FOLDER / f"{name}.yaml")
    assert transcript["claim"].endswith(".")
    assert transcript["read_in"]
    assert transcript["steps"]
    answered = ["answer" in step for step in transcript["steps"]]
    if "pending" in transcript:
        assert "taken" not in transcript
        assert not any(answered)
    else:
        assert all(answered)
        assert set(transcript["taken"]) == {"kubernetes", "nodes", "on", "how"}
        assert record.OURS not in transcript["taken"]["kubernetes"]


def test_every_claim_has_a_transcript_and_every_transcript_a_claim() -> None:
    sources = (Path(__file__).parent / "standin").glob("*.py")
    cited = {name for file in sources for name in re.findall(r"Transcript: ([a-z-]+)", file.read_text())}
    assert cited - set(script.names()) == set(), "claimed, with no transcript"
    assert set(script.names()) - cited == set(), "a transcript that no module cites"


def test_the_recorder_takes_what_it_plays(
    standins: Standins, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Taken from the stand-in into a folder of the test: only the recorder is tested by this, no claim."""
    chosen = ["create-twice", "verb-not-allowed", "watch-changes", "evicted"]
    for name in chosen:
        shutil.copy(script.FOLDER / f"{name}.yaml", tmp_path)
    where = record.cluster(standins(2).kubeconfig(tmp_path / "kubeconfig"))
    where.image, where.seconds = IMAGE, 20
    left = record.record(tmp_path, where, "v1.34.9", "a test", [])
    assert [line.partition(":")[0] for line in left] == ["evicted"]
    assert "lacks memory-pressure" in left[0]
    taken = script.load(tmp_path / "create-twice.yaml")
    assert taken["taken"]["kubernetes"] == "v1.34.9"
    assert "pending" not in taken
    assert taken["steps"][1]["answer"]["body"]["message"] == 'configmaps "a" already exists'
    assert "{space}" in str(taken["steps"][0]["answer"])
    assert "<uid>" in str(taken["steps"][0]["answer"])
    again = play.play(taken, where_of(standins(2)))
    pairs = list(zip(taken["steps"], again, strict=True))
    assert [line for step, ours in pairs for line in script.differences(step, step["answer"], ours)] == []
    taken["steps"][1]["answer"]["body"]["reason"] = "Another"
    (line,) = [line for step, ours in pairs for line in script.differences(step, step["answer"], ours)]
    assert "body.reason is 'AlreadyExists', in Kubernetes 'Another'" in line
    assert "create-twice: taken" in capsys.readouterr().out


def test_nobody_takes_the_stand_in_for_kubernetes(
    standins: Standins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NOTEBENCH_TEST_KUBECONFIG", raising=False)
    assert record.main() == 2
    assert "Set NOTEBENCH_TEST_KUBECONFIG" in capsys.readouterr().err
    config = standins(2).kubeconfig(tmp_path / "kubeconfig")
    monkeypatch.setenv("NOTEBENCH_TEST_KUBECONFIG", str(config))
    before = (script.FOLDER / "create-twice.yaml").read_bytes()
    assert record.main() == 2
    assert "This is the stand-in." in capsys.readouterr().err
    assert (script.FOLDER / "create-twice.yaml").read_bytes() == before
