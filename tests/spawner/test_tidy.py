"""Folders of workloads that ended long ago go; what runs, and what is recent, stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from notebench_spawner import processes, shim
from notebench_spawner.backends.process import KEEP
from notebench_spawner.hands import OwnHands
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload


def ended(root: Path, name: str, kind: Kind, days: float) -> None:
    made = Workload(
        id=name,
        kind=kind,
        user="ada",
        image=ImageVersion(image="minimal", version="1", identity="i", python="3.11"),
        hardware=Hardware(profile="small", cpu=1, memory_mib=1),
        home=root,
        command=["python"],
    )
    processes.note(root / name, made)
    end = {"code": 0, "signal": None, "ended": (datetime.now(UTC) - timedelta(days=days)).isoformat()}
    shim.write(root / name / shim.EXIT, end)


def test_what_ended_long_ago_goes(tmp_path: Path) -> None:
    ended(tmp_path, "old-run", Kind.run, 31)
    ended(tmp_path, "run", Kind.run, 29)
    ended(tmp_path, "old-server", Kind.model_server, 2)
    ended(tmp_path, "server", Kind.model_server, 0.5)
    (tmp_path / "strange").mkdir()
    hands = OwnHands(tmp_path, tmp_path, workloads=tmp_path)
    assert sorted(processes.old(tmp_path, KEEP)) == ["old-run", "old-server"]
    for name in processes.old(tmp_path, KEEP):
        hands.forget(name)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run", "server", "strange"]
    assert processes.old(tmp_path / "nowhere", KEEP) == []
