"""Closing the laptop loses nothing: outputs that nobody's browser heard are there in a fresh tab."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from notebench.contract.outputs import ExecutionState
from notebench.lab.outputs.execution import LARGEST, Execution

from .conftest import Lab, notebook

PRINTS = "import time\nfor i in range({count}):\n    print('line', i, flush=True)\n    time.sleep({pause})\n"
UNTIL_TOLD = (
    "import os, time\ni = 0\nwhile not os.path.exists('enough'):\n    print('line', i, flush=True)\n"
    "    i += 1\n    time.sleep(0.25)\nprint(i, 'in all')"
)

Look = Callable[..., Any]


def open_notebook(look: Look, lab: Lab, name: str, kernel: str = "| Idle") -> Any:
    page = look(lab.page(f"lab/tree/{name}"))
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=60_000)
    page.locator("#jp-bottom-panel", has_text=kernel).wait_for(timeout=60_000)
    return page


def run_all(page: Any) -> None:
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")


def shown(page: Any, cell: int = 0) -> list[str]:
    return str(page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea").inner_text()).splitlines()


def wait(page: Any, true: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, shown(page)
        page.wait_for_timeout(200)


def lines(page: Any) -> list[str]:
    return [line for line in shown(page) if line.startswith("line ")]


def prompt(page: Any, cell: int = 0) -> str:
    return str(page.locator(".jp-CodeCell .jp-InputPrompt").nth(cell).inner_text())


def test_a_fresh_tab_shows_what_came_while_none_was_open(lab: Lab, look: Look, picture: Any) -> None:
    (lab.home / "long.ipynb").write_text(notebook(UNTIL_TOLD, "6 * 7"))
    first = open_notebook(look, lab, "long.ipynb")
    run_all(first)
    wait(first, lambda: len(lines(first)) > 3)
    first.context.close()
    time.sleep(2)  # the lid is closed
    # A kernel at work tells a fresh page nothing of itself.
    fresh = open_notebook(look, lab, "long.ipynb", kernel="Python 3")
    wait(fresh, lambda: len(lines(fresh)) > 8 and prompt(fresh) == "[*]:")
    seen = len(lines(fresh))
    wait(fresh, lambda: len(lines(fresh)) > seen)
    picture(fresh, "outputs-while-running")
    (lab.home / "enough").touch()
    wait(fresh, lambda: prompt(fresh) == "[1]:" and "42" in shown(fresh, 1))
    *printed, total = shown(fresh)
    assert printed == [f"line {i}" for i in range(len(printed))]
    assert total == f"{len(printed)} in all"
    assert prompt(fresh, 1) == "[2]:"
    picture(fresh, "outputs-afterwards")


def test_a_cell_that_ended_while_no_tab_was_open(lab: Lab, look: Look) -> None:
    code = PRINTS.format(count=8, pause=0.25) + "from IPython.display import HTML\nHTML('<b>fat</b>')"
    (lab.home / "ended.ipynb").write_text(notebook(code, "1 / 0"))
    first = open_notebook(look, lab, "ended.ipynb")
    run_all(first)
    wait(first, lambda: len(lines(first)) > 1)
    first.context.close()
    time.sleep(4)
    fresh = open_notebook(look, lab, "ended.ipynb")
    wait(fresh, lambda: len(lines(fresh)) == 8)
    assert fresh.locator(".jp-OutputArea b", has_text="fat").count() == 1, (
        "what one's own session ran is trusted"
    )
    wait(fresh, lambda: "ZeroDivisionError" in "\n".join(shown(fresh, 1)))
    assert prompt(fresh) == "[1]:"


def test_what_somebody_cleared_and_saved_stays_cleared(lab: Lab, look: Look) -> None:
    (lab.home / "cleared.ipynb").write_text(notebook(PRINTS.format(count=2, pause=0)))
    first = open_notebook(look, lab, "cleared.ipynb")
    run_all(first)
    wait(first, lambda: len(lines(first)) == 2)
    first.evaluate("void window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    wait(first, lambda: lines(first) == [])
    first.keyboard.press("Control+s")
    wait(first, lambda: not json.loads((lab.home / "cleared.ipynb").read_text())["cells"][0]["outputs"])
    first.wait_for_timeout(1500)
    first.context.close()
    fresh = open_notebook(look, lab, "cleared.ipynb")
    fresh.wait_for_timeout(2000)
    assert lines(fresh) == []


def test_a_cell_that_was_changed_meanwhile_is_left_alone(lab: Lab, look: Look) -> None:
    (lab.home / "changed.ipynb").write_text(notebook(PRINTS.format(count=4, pause=0.1)))
    first = open_notebook(look, lab, "changed.ipynb")
    run_all(first)
    wait(first, lambda: len(lines(first)) == 4)
    first.context.close()
    made = json.loads((lab.home / "changed.ipynb").read_text())
    made["cells"][0]["source"] = "'something else'"
    (lab.home / "changed.ipynb").write_text(json.dumps(made))
    fresh = open_notebook(look, lab, "changed.ipynb")
    fresh.wait_for_timeout(2000)
    assert lines(fresh) == []


def test_a_tab_that_lost_its_connection_catches_up(lab: Lab, look: Look) -> None:
    """A sleeping laptop: the page stays, its websocket dies without a word."""
    (lab.home / "asleep.ipynb").write_text(notebook(PRINTS.format(count=40, pause=0.2)))
    page = open_notebook(look, lab, "asleep.ipynb")
    run_all(page)
    wait(page, lambda: len(lines(page)) > 3)
    page.context.set_offline(True)
    page.evaluate(
        """() => {
          const panel = window.jupyterapp.shell.currentWidget;
          panel.sessionContext.session.kernel._ws.close(4000);
        }"""
    )
    page.wait_for_timeout(3000)
    page.context.set_offline(False)
    wait(page, lambda: prompt(page) == "[1]:", 60)
    wait(page, lambda: lines(page) == [f"line {i}" for i in range(40)], 30)


def test_kernels_of_others_are_not_told(lab: Lab) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    assert lab.get(f"notebench/outputs/{nobody}").json() == {"executions": []}
    assert lab.get("notebench/outputs/../../etc/passwd").status_code == 404


@pytest.fixture
def execution() -> Execution:
    made = Execution(request="r", client="c", cell="1", code="")
    made.hear("status", {"execution_state": "busy"})
    return made


def test_streams_are_joined_and_cut_at_their_beginning(execution: Execution) -> None:
    for number in range(40):
        execution.hear("stream", {"name": "stdout", "text": f"{number:03}" + "x" * 2**19})
    kept = execution.kept()
    assert len(kept.outputs) == 1
    assert kept.cut
    assert len(kept.outputs[0]["text"]) <= LARGEST
    assert "039x" in kept.outputs[0]["text"]
    assert "000x" not in kept.outputs[0]["text"]


def test_displays_are_updated_and_cleared(execution: Execution) -> None:
    shown = {"data": {"text/plain": "1 %"}, "metadata": {}, "transient": {"display_id": "bar"}}
    execution.hear("display_data", shown)
    execution.hear("update_display_data", shown | {"data": {"text/plain": "99 %"}})
    assert execution.kept().outputs == [
        {"output_type": "display_data", "data": {"text/plain": "99 %"}, "metadata": {}}
    ]
    execution.hear("clear_output", {"wait": True})
    assert len(execution.kept().outputs) == 1
    execution.hear("stream", {"name": "stdout", "text": "new"})
    assert [each["output_type"] for each in execution.kept().outputs] == ["stream"]


def test_how_an_execution_ends(execution: Execution) -> None:
    execution.hear("error", {"ename": "E", "evalue": "v", "traceback": []})
    execution.hear("status", {"execution_state": "idle"})
    assert execution.kept().state is ExecutionState.error
    never_begun = Execution(request="r", client="c", cell="1", code="")
    never_begun.reply({"status": "aborted"})
    assert never_begun.kept().state is ExecutionState.aborted
