"""The life of a run, its files and its reasons: pure parts."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench.contract.errors import NotebenchError, Refused
from notebench.contract.runs import FINAL_STATES, RunReport, RunState
from notebench_hub.i18n import translator
from notebench_hub.service.notebooks import check_parameters, notebook_path
from notebench_hub.service.reasons import TEMPLATES, in_words
from notebench_hub.service.run_states import after
from notebench_hub.service.runs import files
from notebench_hub.service.runs.ending import ending
from notebench_spawner.backends.base import Handle, Observation, Phase
from notebench_spawner.hands import OwnHands

STATES = st.sampled_from(list(RunState))
ORDER = [RunState.queued, RunState.starting, RunState.running]


@given(st.lists(STATES, max_size=12))
def test_a_run_never_goes_back_and_ends_once(words: list[RunState]) -> None:
    state, seen = RunState.queued, []
    for word in words:
        state = after(state, word)
        seen.append(state)
    ends = [one for one in seen if one in FINAL_STATES]
    assert len(set(ends)) <= 1
    assert seen[len(seen) - len(ends) :] == ends
    steps = [ORDER.index(one) for one in seen if one in ORDER]
    assert steps == sorted(steps)


HANDLE = Handle(backend="memory", workload="x", state={})


def seen(phase: Phase, **more: object) -> Observation:
    return Observation(handle=HANDLE, phase=phase, **more)  # type: ignore[arg-type]


@given(
    phase=st.sampled_from([Phase.succeeded, Phase.failed, Phase.gone]),
    said=st.none() | STATES,
    cancel_by=st.sampled_from(["", "ada"]),
    timed_out=st.booleans(),
)
def test_every_end_has_a_state(phase: Phase, said: RunState | None, cancel_by: str, timed_out: bool) -> None:
    report = RunReport(sequence=1, state=said, reason="r") if said else None
    state, _ = ending(seen(phase, timed_out=timed_out), report, cancel_by)
    assert state in FINAL_STATES
    if said in FINAL_STATES and not cancel_by:
        assert state is said
    if said is RunState.succeeded:
        assert state is RunState.succeeded
    if state is RunState.cancelled:
        assert cancel_by or said is RunState.cancelled


@pytest.fixture
def hands(tmp_path: Path) -> OwnHands:
    return OwnHands(tmp_path, tmp_path / "environments")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    one = tmp_path / "homes" / "ada"
    (one / "work").mkdir(parents=True)
    (one / "work" / "a.ipynb").write_text("{}")
    (tmp_path / "homes" / "ada-evil").mkdir()
    (tmp_path / "homes" / "ada-evil" / "b.ipynb").write_text("{}")
    return one


async def test_a_notebook_in_the_home(hands: OwnHands, home: Path) -> None:
    (home / "link.ipynb").symlink_to(home / "work" / "a.ipynb")
    assert await notebook_path(hands, "ada", "work/a.ipynb") == home / "work" / "a.ipynb"
    assert await notebook_path(hands, "ada", "link.ipynb") == home / "work" / "a.ipynb"


@pytest.mark.parametrize(
    "path",
    [
        *("../ada-evil/b.ipynb", "work/../../ada-evil/b.ipynb", "/etc/passwd", "/etc/x.ipynb", "~/a.ipynb"),
        *(
            "",
            ".",
            "work",
            "a.txt",
            "a\0.ipynb",
            "work\\a.ipynb",
            "http://x/a.ipynb",
            "out.ipynb",
            "loop.ipynb",
        ),
        *("folder.ipynb", "pipe.ipynb", "x" * 5000 + ".ipynb", "out/b.ipynb", "%2e%2e/b.ipynb"),
    ],
)
async def test_a_notebook_elsewhere(hands: OwnHands, home: Path, path: str) -> None:
    (home / "out.ipynb").symlink_to(home.parent / "ada-evil" / "b.ipynb")
    (home / "out").symlink_to(home.parent / "ada-evil")
    (home / "loop.ipynb").symlink_to(home / "loop.ipynb")
    (home / "folder.ipynb").mkdir()
    os.mkfifo(home / "pipe.ipynb")
    with pytest.raises(NotebenchError) as refused:
        await notebook_path(hands, "ada", path)
    assert refused.value.field == "notebook"


def test_outputs_stay_inside(hands: OwnHands, home: Path) -> None:
    moment = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    found = files.output_path("work/My notes.ipynb", "0123456789abcdef", moment)
    assert found == "runs/My notes/2026-11-20T06-30-00Z-01234567.ipynb"
    files.make_folder(hands, "ada", found)
    assert (home / found).parent.is_dir()
    (home / "runs" / "bad").symlink_to(home.parent / "ada-evil" / "new")
    with pytest.raises(Refused):
        files.make_folder(hands, "ada", files.output_path("bad.ipynb", "0", moment))
    assert not (home.parent / "ada-evil" / "new").exists()
    assert files.output_path("...ipynb", "0", moment).startswith("runs/notebook/")


def test_reports_from_disk_are_not_trusted(hands: OwnHands, home: Path, tmp_path: Path) -> None:
    def said() -> RunReport | None:
        return files.last_report(hands, "ada", "r", 1)

    assert said() is None
    folder = home / files.state_path("r", 1)
    folder.mkdir(parents=True)
    (folder / "report.json").write_text('{"sequence": 3, "state": "succeeded"}')
    assert (found := said()) is not None
    assert found.state is RunState.succeeded
    huge = '{"sequence": 1' + "0" * 30 + ', "state": "succeeded"}'  # no database keeps such a number
    for wrong in ("", "[]", '{"sequence": -1, "state": "x"}', "x" * 10_000_000, huge):
        (folder / "report.json").write_text(wrong)
        assert said() is None
    secret = tmp_path / "secret"
    secret.write_text('{"sequence": 3, "state": "succeeded"}')
    (folder / "report.json").unlink()
    (folder / "report.json").symlink_to(secret)
    assert said() is None
    (folder / "report.json").unlink()
    os.mkfifo(folder / "report.json")
    assert said() is None


def test_reports_are_forgotten_and_nothing_else(hands: OwnHands, home: Path) -> None:
    folder = home / files.state_path("r", 1)
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{}")
    files.forget_state(hands, "ada", "r", 1)
    assert not folder.exists()
    folder.symlink_to(home / "work")
    files.forget_state(hands, "ada", "r", 1)
    assert (home / "work" / "a.ipynb").exists()


@pytest.mark.parametrize(
    "name", ["a b", "", "1a", "a;import os", "class", "a\n", "a-b", "ä", "__name__", "x" * 101]
)
def test_parameter_names_are_names(name: str) -> None:
    with pytest.raises(Refused):
        check_parameters({name: 1})


def test_parameters_have_a_limit() -> None:
    check_parameters({"a": "x" * 60_000})
    with pytest.raises(Refused) as refused:
        check_parameters({"a": "x" * 70_000})
    assert refused.value.status == 413


@pytest.mark.parametrize("language", ["de", "es"])
def test_reasons_are_said_in_the_readers_language(language: str) -> None:
    say = translator(language)
    for template in TEMPLATES:
        told = in_words(template.replace("{", "<").replace("}", ">"), say)
        assert told != template, f"{template} is not translated"


def test_a_refusal_with_its_next_step() -> None:
    wrong = "There is no notebook my. file.ipynb in your files."
    told = in_words(f"It waits: {wrong} Check the path, or save the notebook first.", translator("de"))
    assert "my. file.ipynb" in told
    assert not any(english in told for english in ("waits", "There is", "Check"))
    assert in_words("Who knows. Check its id.", translator("de")) == "Who knows. Check its id."


def test_values_survive_the_translation() -> None:
    say = {"It was cancelled by {user}.": "Abgebrochen von {user}."}.get
    assert in_words("It was cancelled by ada.", lambda text: say(text, text)) == "Abgebrochen von ada."
    assert (
        in_words("Something {else} entirely.", lambda text: say(text, text)) == "Something {else} entirely."
    )
    assert in_words("", lambda text: "never") == ""
