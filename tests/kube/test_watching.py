"""Lists in pieces, selectors and watches of the stand-in."""

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.kube.conftest import PODS, SPACE, Client, pod
from tests.kube.standin.cluster import Cluster

MAPS = f"/api/v1/namespaces/{SPACE}/configmaps"


def fill(api: Client, *names: str, **labels: str) -> None:
    for name in names:
        api.make(MAPS, {"metadata": {"name": name, "labels": labels}})


def names(answer: Any) -> list[str]:
    return [one["metadata"]["name"] for one in answer["items"]]


def test_a_list_in_pieces_is_of_one_moment(api: Client) -> None:
    fill(api, "a", "b", "c", "d", "e")
    first = api.read(MAPS, limit=2)
    assert (names(first), first["metadata"]["remainingItemCount"]) == (["a", "b"], 3)
    api.delete(f"{MAPS}/c")
    fill(api, "bb")
    second = api.read(MAPS, limit=2, **{"continue": first["metadata"]["continue"]})
    assert names(second) == ["c", "d"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    last = api.read(MAPS, limit=2, **{"continue": second["metadata"]["continue"]})
    assert (names(last), "continue" in last["metadata"]) == (["e"], False)
    assert names(api.read(MAPS)) == ["a", "b", "bb", "d", "e"]


def test_a_list_that_takes_too_long_must_begin_again(api: Client, cluster: Cluster) -> None:
    fill(api, "a", "b")
    first = api.read(MAPS, limit=1)
    fill(api, "c")
    cluster.compact()
    refused = api.read(MAPS, 410, limit=1, **{"continue": first["metadata"]["continue"]})
    assert refused["reason"] == "Expired"


def test_nobody_lists_the_future(api: Client) -> None:
    refused = api.read(MAPS, 504, resourceVersion="99999999")
    assert refused["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("colour=red", ["a"]),
        ("colour==blue", ["b"]),
        ("colour!=red", ["b", "c"]),
        ("colour in (red, blue)", ["a", "b"]),
        ("colour notin (red)", ["b", "c"]),
        ("colour", ["a", "b"]),
        ("!colour", ["c"]),
        ("colour,colour!=red", ["b"]),
    ],
)
def test_label_selectors(api: Client, selector: str, wanted: list[str]) -> None:
    fill(api, "a", colour="red")
    fill(api, "b", colour="blue")
    fill(api, "c")
    assert names(api.read(MAPS, labelSelector=selector)) == wanted


def test_field_selectors(api: Client) -> None:
    api.make(PODS, pod("one"))
    api.make(PODS, pod("two", nodeSelector={"not": "there"}))
    api.phase("one", "Running")
    assert names(api.read(PODS, fieldSelector="status.phase=Running")) == ["one"]
    assert names(api.read(PODS, fieldSelector="metadata.name!=one,status.phase!=Running")) == ["two"]
    assert (
        api.read(PODS, 400, fieldSelector="spec.unicorn=1")["message"]
        == "field label not supported: spec.unicorn"
    )


@contextlib.contextmanager
def watch(api: Client, path: str, **query: Any) -> Iterator[Iterator[Any]]:
    with api.stream("GET", path, params={"watch": "1", **query}) as stream:
        yield (json.loads(line) for line in stream.iter_lines())


def seen(event: Any) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"]["name"]


def test_a_watch_tells_every_change_in_order(api: Client) -> None:
    fill(api, "a")
    at = api.read(MAPS)["metadata"]["resourceVersion"]
    with watch(api, MAPS, resourceVersion=at, timeoutSeconds=10) as events:
        fill(api, "b")
        api.patch(
            f"{MAPS}/b", json={"data": {"x": "1"}}, headers={"Content-Type": "application/merge-patch+json"}
        )
        api.delete(f"{MAPS}/a")
        got = [next(events) for _ in range(3)]
    assert [seen(one) for one in got] == [("ADDED", "b"), ("MODIFIED", "b"), ("DELETED", "a")]
    versions = [int(one["object"]["metadata"]["resourceVersion"]) for one in got]
    assert versions == sorted(versions)
    assert versions[0] > int(at)


def test_a_watch_with_no_version_begins_with_what_is_there(api: Client) -> None:
    fill(api, "a", "b")
    with watch(api, MAPS, timeoutSeconds=10) as events:
        assert [seen(next(events)) for _ in range(2)] == [("ADDED", "a"), ("ADDED", "b")]


def test_to_a_selector_labels_are_arrival_and_departure(api: Client) -> None:
    fill(api, "a")
    at = api.read(MAPS)["metadata"]["resourceVersion"]
    with watch(api, MAPS, resourceVersion=at, labelSelector="on=1", timeoutSeconds=10) as events:
        for labels in ({"on": "1"}, {"on": "1", "more": "1"}, {"on": None}):
            change = {"metadata": {"labels": labels}}
            api.patch(f"{MAPS}/a", json=change, headers={"Content-Type": "application/merge-patch+json"})
        assert [seen(next(events))[0] for _ in range(3)] == ["ADDED", "MODIFIED", "DELETED"]


def test_a_watch_ends_when_it_was_told_to(api: Client) -> None:
    with watch(api, MAPS, resourceVersion="0", timeoutSeconds=1) as events:
        assert list(events) == []


def test_bookmarks_give_a_version_to_go_on_from(api: Client, cluster: Cluster) -> None:
    with watch(api, MAPS, resourceVersion="0", timeoutSeconds=1, allowWatchBookmarks="true") as events:
        fill(api, "a")
        api.make(PODS, pod("other"))
        found = list(events)
    assert [one["type"] for one in found] == ["ADDED", "BOOKMARK"]
    mark = found[-1]["object"]
    assert (mark["kind"], set(mark["metadata"])) == ("ConfigMap", {"resourceVersion", "creationTimestamp"})
    assert int(mark["metadata"]["resourceVersion"]) > int(found[0]["object"]["metadata"]["resourceVersion"])


def test_who_goes_on_from_a_forgotten_version_is_told(api: Client, cluster: Cluster) -> None:
    at = api.read(MAPS)["metadata"]["resourceVersion"]
    fill(api, "a")
    cluster.compact()
    with watch(api, MAPS, resourceVersion=at, timeoutSeconds=10) as events:
        (only,) = events
    assert only["type"] == "ERROR"
    assert (only["object"]["code"], only["object"]["reason"]) == (410, "Expired")
    assert only["object"]["message"].startswith("too old resource version: ")


def test_watches_can_be_dropped_in_the_middle(api: Client, cluster: Cluster) -> None:
    with watch(api, MAPS, timeoutSeconds=20) as events:
        fill(api, "a")
        assert seen(next(events)) == ("ADDED", "a")
        cluster.drop_watches()
        with pytest.raises(httpx.RemoteProtocolError):
            next(events)


def test_half_open_watches_say_nothing_until_they_are_healed(api: Client, cluster: Cluster) -> None:
    with watch(api, MAPS, timeoutSeconds=20) as events:
        fill(api, "a")
        next(events)
        cluster.troubles.watches.half_open = True
        fill(api, "b")
        came = threading.Event()

        def listen() -> None:
            next(events)
            came.set()

        threading.Thread(target=listen, daemon=True).start()
        assert not came.wait(0.6)
        cluster.troubles.end()
        assert came.wait(5)
