"""Logs of workloads as they are read while they grow."""

from pathlib import Path

from notebench_spawner.backends.process import Log


def every(log: Log) -> list[str]:
    found: list[str] = []
    while lines := log.lines():
        found += lines
    return found


def test_a_line_that_never_ends_is_told_in_pieces(tmp_path: Path) -> None:
    file = tmp_path / "output.log"
    file.write_bytes(b"first\n" + b"x" * 5_000_000 + b"\nlast\nrest")
    log = Log(file)
    lines = every(log)
    assert (lines[0], lines[-1], log.rest) == ("first", "last", b"rest")
    assert max(map(len, lines)) < 500_000
    assert sum(map(len, lines[1:-1])) == 5_000_000
