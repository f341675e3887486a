"""Whoever takes too much hurts only themselves, and reads why: with the kernel's groups, and measured."""

import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebench_spawner import limits

from tests.limits.held import FIRST_ID, Bench, One, until

FORK_BOMB = """
import os, time
# As a terminal or a kernel does it: in a session of its own, under the workload's first process.
if os.fork() == 0:
    os.setsid()
    while True:
        try:
            os.fork()
        except OSError:
            pass
while True:
    time.sleep(0.1)
"""
SCATTERED_BOMB = "import os\nwhile True:\n try:\n  os.fork() or os.setsid()\n except OSError: pass"
MEMORY_HOG = """
import os, time
if os.fork() == 0:
    os.setsid()
    kept = []
    while True:
        kept.append(b"x" * 2**22)
        time.sleep(0.005)
os.wait()
print("the first process goes on")
time.sleep(60)
"""
FILE_HOG = """
import time
kept = []
try:
    while True:
        kept.append(open("/dev/null"))
except OSError as error:
    print(len(kept), error.strerror)
time.sleep(60)
"""
PULSE = """
import time
while True:  # the longest that a turn of 20 ms takes, said every half second
    worst, until = 0.0, time.monotonic() + 0.5
    while time.monotonic() < until:
        begin = time.monotonic()
        sum(range(20_000))
        time.sleep(0.02)
        worst = max(worst, time.monotonic() - begin)
    print(f"{worst:.4f}")
"""


@pytest.fixture(params=["kernel", "measured"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    # Not below pytest's own directory: other accounts cannot enter that.
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="notebench-limits-") as folder:
        Path(folder).chmod(0o755)
        made = Bench(Path(folder) / "state", measured=request.param == "measured")
        if request.param == "kernel" and not needs_groups():
            pytest.skip("no control groups for this account: run as root, or in a delegated unit")
        try:
            yield made
        finally:
            made.close()
            assert made.groups() == set()


def needs_groups() -> bool:
    from notebench_spawner import cgroups

    base = cgroups.find("notebench-probe")
    base.remove()
    return set(base.places) == set(cgroups.CONTROLLERS)


def slowest(pulse: One, seconds: float) -> float:
    """The worst turn of a workload's pulse during some seconds."""
    before = len(pulse.output.splitlines())
    time.sleep(seconds)
    return max(float(line) for line in pulse.output.splitlines()[before:])


def test_a_fork_bomb_ends_and_its_neighbour_stays_quick(bench: Bench) -> None:
    pulse = bench.start("neighbour", PULSE, cpu=1, processes=128)
    until(lambda: pulse.output)
    bomb = bench.start("bomb", FORK_BOMB, cpu=1, processes=128)
    until(lambda: "swarm" in bomb.notices(), 90)  # measured, the shim has to keep up with the forks
    worst = slowest(pulse, 3)
    assert worst < 1.0, worst
    assert bomb.process.poll() is None, "only the session that swarmed has ended"
    assert "128 processes" in bomb.output
    assert pulse.notices() == []


def test_a_bomb_in_sessions_of_its_own_ends_the_workload(bench: Bench) -> None:
    bomb = bench.start("bomb", SCATTERED_BOMB, cpu=1, processes=100)
    end = bomb.end()
    assert (end.over_processes, end.signal) == (True, signal.SIGKILL)
    assert "more processes than its hardware profile" in end.sentence()


def test_a_memory_hog_loses_its_largest_process(bench: Bench) -> None:
    pulse = bench.start("neighbour", PULSE, cpu=1, memory_mib=100)
    hog = bench.start("hog", MEMORY_HOG, memory_mib=150)
    until(lambda: "the first process goes on" in hog.output, 30)
    until(lambda: "memory" in hog.notices(), 5)
    assert hog.process.poll() is None
    assert "over the profile's memory of 150 MiB" in hog.output
    assert pulse.notices() == []


def test_a_first_process_over_its_memory_says_so_at_the_end(bench: Bench) -> None:
    code = "import time\nkept = []\nwhile True: kept.append(b'x' * 2**22); time.sleep(0.01)"
    end = bench.start("hog", code, memory_mib=120).end()
    assert (end.over_memory, end.signal) == (True, signal.SIGKILL)
    assert "120 MiB" in end.sentence(120)


def test_a_hog_of_files_reads_of_it(bench: Bench) -> None:
    hog = bench.start("hog", FILE_HOG, files=300)
    until(lambda: "Too many open files" in hog.output)
    assert int(hog.output.split()[0]) < 300
    if tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 2):
        until(lambda: "files" in hog.notices(), 5)


def test_a_busy_loop_over_all_cores_leaves_its_neighbour_time(bench: Bench) -> None:
    cores = len(os.sched_getaffinity(0))
    pulse = bench.start("neighbour", PULSE, cpu=1)
    until(lambda: pulse.output)
    code = f"import os\nfor _ in range({4 * cores}): os.fork() or exec('while True: pass')\nos.wait()"
    bench.start("busy", code, cpu=cores)
    time.sleep(0.5)
    worst = slowest(pulse, 3)
    assert worst < 1.0, worst


def test_notices_can_be_read_and_not_forged(bench: Bench) -> None:
    code = """
import os, time
fd = int(os.environ["NOTEBENCH_NOTICES_FD"])
try:
    os.write(fd, b"forged")
except OSError as error:
    print(error.strerror)
kept = [open("/dev/null") for _ in range(100)]
kept += [os.dup(0) for _ in range(200 - len(os.listdir("/proc/self/fd")) + 1)]
"""
    code += "while not os.pread(fd, 99, 0): time.sleep(0.1)\nprint(os.pread(fd, 99, 0))"
    one = bench.start("one", code, files=200)
    assert one.end().code == 0, one.output
    assert "Bad file descriptor" in one.output
    assert '"kind": "files"' in one.output


def test_what_a_killed_shim_leaves_is_removed_at_the_next_start(bench: Bench) -> None:
    code = "import os, time\nprint(os.fork())\ntime.sleep(600)"
    one = bench.start("killed", code, memory_mib=100, processes=50, cpu=1)
    until(lambda: one.output.count("\n") == 2)
    left = next(int(line) for line in one.output.split() if line != "0")
    one.process.kill()
    one.process.wait(5)
    if bench.measured:
        os.kill(left, signal.SIGKILL)  # without groups `processes.end_leftovers` finds it by its mark
        return
    assert bench.groups() == {"killed"}
    other = bench.start("other", "print('on')", memory_mib=100)
    assert other.end().code == 0
    until(lambda: not Path(f"/proc/{left}").exists())
    assert bench.groups() == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts workloads of other accounts")
def test_where_the_kernel_counts_by_account_it_counts_the_owners(tmp_path: Path) -> None:
    """Not root's, which starts it: root has hundreds of threads, and the owner could then have as many."""
    account = FIRST_ID - 1
    sleepers = [subprocess.Popen(["sleep", "60"], user=account, group=account) for _ in range(3)]
    keeper = limits.Keeper(tmp_path, limits.Asked(processes=50), list, account=account)
    try:
        keeper.held = []
        assert dict(keeper.own_limits())[resource.RLIMIT_NPROC] == 3 + 4 * 50
    finally:
        keeper.close()
        for one in sleepers:
            one.kill()
            one.wait()
