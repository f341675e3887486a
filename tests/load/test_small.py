"""The load test, small: three people for half a minute, so that the script does what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.tally import Failed, Tally, percentile

ROOT = Path(__file__).parents[2]


def test_three_people_do_everything_without_a_failure() -> None:
    command = [sys.executable, "benchmarks/load.py", "--people", "3", "--minutes", "0.5", "--think", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "failures: 0" in said
    counts = {row[0]: int(row[1]) for row in re.findall(r"^\| (.+?) \| (\d+) \|", said, re.MULTILINE)}
    for kind in ("sign in", "session start", "JupyterLab's page", "session stop"):
        assert counts[kind] >= 3, said
    for kind in ("cell that logs", "MLflow runs/create", "panel models", "page of the service"):
        assert counts[kind] >= 3, said
    assert counts["MLflow runs/log-batch"] == 5 * counts["cell that logs"]


def test_what_fails_is_counted_with_its_story_and_not_timed() -> None:
    tally = Tally()
    with tally.timed("quick"):
        pass
    with (
        pytest.raises(Failed, match="RuntimeError 503 from there"),
        tally.timed("broken"),
    ):
        raise RuntimeError("503 from there")
    assert tally.failures == {"broken": 1}
    assert tally.times.keys() == {"quick"}
    assert "| broken | 0 | nan | nan | nan | 1 |" in tally.table()
    assert "503 from there" in tally.told()


def test_percentiles_are_values_that_were_measured() -> None:
    hundred = [float(one) for one in range(1, 101)]
    assert [percentile(hundred, share) for share in (50, 95, 99)] == [50, 95, 99]
    assert [percentile([7.0], share) for share in (50, 95, 99)] == [7, 7, 7]
