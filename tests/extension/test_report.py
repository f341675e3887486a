"""The runner's reports where the disk takes nothing more."""

from pathlib import Path

from notebench.contract.runs import RunState
from notebench.runner.report import Poster, Reporter

from tests.extension.standin import StandIn


def test_a_run_goes_on_and_is_reported_when_the_disk_takes_nothing(tmp_path: Path) -> None:
    api = StandIn(lambda asked: (204, b""))
    try:
        reporter = Reporter(tmp_path / "nowhere", Poster(f"{api.url}/runs/r1/report", "nbt_run_x"))
        reporter.update(state=RunState.running)
        reporter.update(state=RunState.failed, reason="No space left on device.")
        assert reporter.close(20)
    finally:
        api.close()
    assert api.asked[-1].json["reason"] == "No space left on device."
