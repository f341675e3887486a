"""A run in a process that waited is what it would have been in one that was started for it."""

import json
import signal

import psutil
import pytest
from notebench_spawner import processes
from notebench_spawner.process import MARK

from .place import Place, below, environ_in_proc, until

FACTS = """
import json, locale, os, random, resource, signal, sys, sysconfig, time, site, getpass
def limit(name):
    return resource.getrlimit(getattr(resource, name))
umask = os.umask(0); os.umask(umask)
from jupyter_client.session import Session
import jupyter_core.paths as paths
import IPython.paths
print(json.dumps({
    "environ": dict(os.environ), "cwd": os.getcwd(), "argv": sys.argv[1:], "path": sys.path,
    "executable": sys.executable, "prefix": sys.prefix, "flags": list(sys.flags)[:8], "umask": umask,
    "files": limit("RLIMIT_NOFILE"), "core": limit("RLIMIT_CORE"), "nproc": limit("RLIMIT_NPROC"),
    "nice": os.getpriority(os.PRIO_PROCESS, 0), "cores": sorted(os.sched_getaffinity(0)),
    "oom": open("/proc/self/oom_score_adj").read(),
    "groups": sorted(line.rpartition("/")[2].strip() for line in open("/proc/self/cgroup")),
    "signals": {s.name: str(signal.getsignal(s)) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP,
                signal.SIGPIPE, signal.SIGCHLD, signal.SIGUSR1)},
    "blocked": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))),
    "zone": [time.tzname, time.localtime(0).tm_hour], "locale": locale.setlocale(locale.LC_ALL),
    "encoding": [sys.stdout.encoding, locale.getpreferredencoding(), sys.getfilesystemencoding()],
    "home": [os.path.expanduser("~"), site.getuserbase(), sysconfig.get_config_var("userbase"),
             paths.jupyter_config_dir(), paths.jupyter_data_dir(), IPython.paths.get_ipython_dir()],
    "name": [getpass.getuser(), Session().username], "prefixes": sysconfig.get_paths(),
    "own group": os.getpgrp() == os.getpid(), "own session": os.getsid(0) == os.getpid(),
    "parent": os.environ["JPY_PARENT_PID"] == str(os.getppid()),
    "readable": os.access("/proc/self/environ", os.R_OK), "main": __name__,
    "loaded": [name for name in ("numpy", "pandas", "matplotlib", "mlflow") if name in sys.modules],
}, default=str))
"""
NATURALLY_OTHER = {"JPY_PARENT_PID", "NOTEBENCH_NOTICES_FD"}


def facts(place: Place, name: str) -> dict[str, object]:
    text = place.printed(name)
    found: dict[str, object] = json.loads(text[text.index("{") :].replace(name, "THIS"))
    environ = found["environ"]
    assert isinstance(environ, dict)
    assert environ.keys() >= NATURALLY_OTHER
    found["environ"] = {key: value for key, value in environ.items() if key not in NATURALLY_OTHER}
    return found


def test_nothing_that_a_cell_can_see_is_different(place: Place) -> None:
    place.wait_ready()
    secret = {"secret_env": {"NOTEBENCH_TOKEN": "nbt_run_secret"}, "env": {"OMP_NUM_THREADS": "3"}}
    _, warm = place.start(place.workload("run-warm", [FACTS], **secret))
    assert warm
    _, warm = place.start(place.workload("run-cold", [FACTS], **secret))
    assert not warm
    assert [place.ended(name).code for name in ("run-warm", "run-cold")] == [0, 0]
    assert facts(place, "run-warm") == facts(place, "run-cold")
    assert place.log("run-warm").replace("warm", "cold") == place.log("run-cold")


def test_it_is_known_by_its_mark_in_all_processes(place: Place) -> None:
    place.wait_ready()
    record, warm = place.start(place.workload("run-marked", ["import time; time.sleep(60)"]))
    assert warm
    everything = {record.pid, *(process.pid for process in below(record.pid))}
    assert len(everything) == 3  # a shim, a runner, a kernel
    until(lambda: {process.pid for process in processes.marked({"run-marked"})} >= everything)
    words = environ_in_proc(record.pid)
    assert f"{MARK}=run-marked" in words
    assert not any("nobody-" in word for word in words if word.startswith(MARK))
    place.hands.end_leftovers({"run-marked"})
    until(lambda: not processes.alive(record))


def test_asked_to_stop_it_reports_and_is_recorded(place: Place) -> None:
    place.wait_ready()
    mark = place.home / "on"
    cell = f"import time; open({str(mark)!r}, 'w').close(); time.sleep(60)"
    record, warm = place.start(place.workload("run-stopped", [cell]))
    assert warm
    until(mark.exists)
    place.hands.ask_to_end("run-stopped")
    end = place.ended("run-stopped")
    assert (end.stopped, end.code) == (True, 143)
    until(lambda: not processes.alive(record))
    assert "cancelled" in place.log("run-stopped")


def test_a_killed_shim_takes_everything_with_it(place: Place) -> None:
    place.wait_ready()
    record, warm = place.start(place.workload("run-orphan", ["import time; time.sleep(60)"]))
    assert warm
    until(lambda: len(below(record.pid)) >= 2)
    psutil.Process(record.pid).send_signal(signal.SIGKILL)
    until(lambda: not list(processes.marked({"run-orphan"})))
    assert processes.read_exit(place.folder("run-orphan")) is None


def test_memory_is_limited_with_what_it_had_before(place: Place) -> None:
    place.wait_ready()
    hog = "kept = []\nwhile True: kept.append(bytearray(b'x') * 2**24)"
    _, warm = place.start(place.workload("run-hog", [hog], hardware={"memory_mib": 400}))
    assert warm
    end = place.ended("run-hog")
    assert end.over_memory
    assert "400 MiB" in place.log("run-hog")


def test_what_cells_have_registered_for_the_end_is_called(place: Place) -> None:
    place.wait_ready()
    mark = place.home / "said goodbye"
    cell = f"import atexit; atexit.register(open({str(mark)!r}, 'w').close)"
    _, warm = place.start(place.workload("run-atexit", [cell]))
    assert warm
    assert place.ended("run-atexit").code == 0
    assert mark.exists()


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("a word for the interpreter", {"env": {"PYTHONHASHSEED": "0"}}),
        ("another language", {"env": {"LANG": "C"}}),
        ("a word that was looked at in an import", {"env": {"JUPYTER_PLATFORM_DIRS": "1"}}),
    ],
)
def test_where_it_cannot_be_the_same_it_starts_anew(
    place: Place, what: str, more: dict[str, dict[str, str]]
) -> None:
    """In the same process, so that limits and records hold."""
    place.wait_ready()
    (word, value), *_ = more["env"].items()
    cell = f"import os, sys; print(os.environ[{word!r}], sys.flags.hash_randomization)"
    _, taken = place.start(place.workload("run-anew", [cell], **more))
    assert taken, what
    assert place.ended("run-anew").code == 0
    assert place.printed("run-anew").split() == [value, "0" if word == "PYTHONHASHSEED" else "1"]


def test_a_directory_that_is_not_there(place: Place) -> None:
    place.wait_ready()
    _, warm = place.start(place.workload("run-nowhere", ["1"], cwd=place.home / "nowhere"))
    assert warm
    assert place.ended("run-nowhere").code == 127
    assert "Cannot start" in place.log("run-nowhere")
