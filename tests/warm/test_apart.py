"""Root hands a waiting process to one account: it becomes that one, and can become no other."""

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from notebench_spawner import processes
from notebench_spawner.process import process_spec
from notebench_spawner.warm.pool import Pool
from notebench_spawner.workload import Kind

from .place import AMBIENT, IMAGE, Place, below

NOBODYS, PERSONS = 61001, 61002
CELL = f"""
import json, os
def becomes(uid):
    try:
        os.setresuid(uid, uid, uid)
    except OSError:
        return False
    return True
lines = open("/proc/self/status").read().splitlines()
status = dict(line.split(":\\t", 1) for line in lines if line.startswith(("Cap", "NoNew")))
print(json.dumps({{
    "ids": [os.getresuid(), os.getresgid(), os.getgroups()],
    "capabilities": [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")],
    "no new privileges": status["NoNewPrivs"].strip(),
    "becomes": [uid for uid in (0, {NOBODYS}, {PERSONS + 1}) if becomes(uid)],
    "readable": os.access("/proc/self/environ", os.R_OK),
}}))
"""


def why_not() -> str:
    if os.geteuid() != 0:
        return "needs root, to give a process an account"
    if not all(folder.stat().st_mode & 0o005 == 0o005 for folder in Path(__file__).resolve().parents):
        return "another account cannot reach the interpreter of these tests"
    return ""


@pytest.fixture
def place() -> Iterator[Place]:
    root = Path(tempfile.mkdtemp(prefix="nba"))
    root.chmod(0o755)
    made = Place(root, count=0)
    made.pool = Pool(
        Kind.run,
        made.environments,
        1,
        ambient=AMBIENT,
        current=lambda: [IMAGE],
        apart=itertools.repeat(NOBODYS),
    )
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(root)


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_it_becomes_the_account_that_root_names_and_no_other(place: Place) -> None:
    place.wait_ready()
    one = place.pool.ready()[0]
    assert {process.uids().real for process in below(one.shim.pid)} == {NOBODYS}
    workload = place.workload("run-apart", [CELL])
    for path in (place.home, *place.home.rglob("*")):
        os.chown(path, PERSONS, PERSONS)
    folder = place.folder(workload.id)
    processes.note(folder, workload)
    spec = process_spec(workload, place.environments, AMBIENT)
    record = place.pool.start(workload, spec, folder, 5, processes.Owner(PERSONS, PERSONS, 0))
    shim = psutil.Process(record.pid)
    assert "--warm" in shim.cmdline()
    assert shim.uids().real == 0
    assert place.ended(workload.id).code == 0
    assert place.output(workload.id).stat().st_uid == PERSONS
    assert json.loads(place.printed(workload.id)) == {
        "ids": [[PERSONS] * 3, [PERSONS] * 3, []],
        "capabilities": [0, 0, 0, 0],
        "no new privileges": "1",
        "becomes": [],
        "readable": True,
    }
