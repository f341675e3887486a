"""What a deployment needs next: pure, over all states that its servers may be in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from notebench.contract.deployments import Observed
from notebench_hub.service.deployments.plan import back_off, observed, plan, serving
from notebench_hub.service.store.deployments import DeploymentRecord, ServerRecord

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def record(**changes: object) -> DeploymentRecord:
    words = dict.fromkeys(("id", "name", "user", "acting_for", "model", "version", "image", "identity"), "x")
    fields = {**words, "profile": "x", "replicas": 1, "resolved": {}, "signature": None, "generation": 3}
    return DeploymentRecord(**(fields | changes))  # type: ignore[arg-type]


@st.composite
def servers(draw: st.DrawFn) -> list[ServerRecord]:
    found = []
    for generation in range(1, 4):
        for number in range(draw(st.integers(0, 3))):
            live = draw(st.booleans())
            found.append(
                ServerRecord(
                    id=f"s-{generation}-{number}",
                    deployment="x",
                    generation=generation,
                    number=number,
                    version="1",
                    model="m",
                    resolved={},
                    live=live,
                    ready=live and draw(st.booleans()),
                    address=f"unix:{generation}-{number}",
                    stopping=draw(st.booleans()),
                    retry_at=draw(st.sampled_from([None, NOW - timedelta(1), NOW + timedelta(1)])),
                    reason=draw(st.sampled_from(["", "It broke."])),
                )
            )
    return found


WANTED = st.builds(
    record,
    replicas=st.integers(1, 3),
    desired=st.sampled_from(["serving", "stopped"]),
    removed=st.booleans(),
)


@given(WANTED, servers())
@settings(max_examples=300)
def test_what_answers_is_not_ended_before_something_else_answers(
    wanted: DeploymentRecord, there: list[ServerRecord]
) -> None:
    todo = plan(wanted, there, NOW)
    before = serving(wanted, there)
    ended = {one.id for one in todo.stop}
    after = [replace(one, stopping=True) if one.id in ended else one for one in there]
    if wanted.wanted and before:
        assert serving(wanted, after)
    assert (
        not wanted.wanted or {one.generation for one in before} <= {max(g.generation for g in before)}
        if before
        else True
    )


@given(WANTED, servers())
@settings(max_examples=300)
def test_it_settles(wanted: DeploymentRecord, there: list[ServerRecord]) -> None:
    """With servers that start, get ready and end as told, what is wanted is what is there in the end."""
    moment = NOW
    for _ in range(12):
        moment += timedelta(days=2)
        todo = plan(wanted, there, moment)
        ended, begun = {one.id for one in todo.stop}, {one.id for one in todo.start}
        gone = {one.id for one in todo.drop}
        fresh = []
        for one in [*there, *todo.create]:
            if one.id in gone:
                continue
            if one.id in ended or one.stopping:
                fresh.append(replace(one, stopping=True, live=False, ready=False))
            elif one.id in begun:
                fresh.append(replace(one, live=True))
            else:
                fresh.append(replace(one, ready=one.live))
        there = fresh
    state, reason = observed(wanted, there)
    if wanted.wanted:
        assert (state, reason) == (Observed.ready, "")
        assert sorted((one.generation, one.number) for one in there) == [
            (3, n) for n in range(wanted.replicas)
        ]
    else:
        assert (state, there) == (Observed.stopped, [])


@given(WANTED, servers())
def test_a_server_that_is_being_started_is_left_alone(
    wanted: DeploymentRecord, there: list[ServerRecord]
) -> None:
    todo = plan(wanted, there, NOW, {one.workload for one in there})
    assert (todo.start, todo.stop, todo.drop) == ([], [], [])


def test_back_off_grows_and_ends() -> None:
    waits = [back_off(failures, 1).total_seconds() for failures in range(1, 12)]
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == 60
    assert back_off(1, 3).total_seconds() == 10
    assert back_off(1000, 3).total_seconds() == 300
