"""How pods of the stand-in end: asked, killed, evicted, out of memory or time; with all they started."""

import os
import time
from pathlib import Path

from tests.kube.conftest import PODS, SPACE, STUBBORN, Client, pod
from tests.kube.standin.cluster import Cluster


def test_deleting_asks_first_and_kills_after_the_grace_period(api: Client, cluster: Cluster) -> None:
    api.make(PODS, pod("one", STUBBORN))
    api.until(f"{PODS}/one/log", lambda text: "up" in text)
    (number,) = cluster.processes().values()
    began = time.monotonic()
    going = api.delete(f"{PODS}/one?gracePeriodSeconds=2").json()["metadata"]
    assert going["deletionGracePeriodSeconds"] == 2
    assert api.read(f"{PODS}/one")["status"]["phase"] == "Running"
    longer = api.delete(f"{PODS}/one?gracePeriodSeconds=60").json()["metadata"]
    assert longer["deletionGracePeriodSeconds"] == 2
    api.gone(f"{PODS}/one")
    assert 1.5 < time.monotonic() - began < 6
    assert not Path(f"/proc/{number}").exists()


def test_force_takes_the_object_at_once_and_the_process_with_it(api: Client, cluster: Cluster) -> None:
    api.make(PODS, pod("one", STUBBORN))
    api.until(f"{PODS}/one/log", lambda text: "up" in text)
    (number,) = cluster.processes().values()
    api.delete(f"{PODS}/one?gracePeriodSeconds=0")
    assert api.get(f"{PODS}/one").status_code == 404
    for _ in range(100):
        if not Path(f"/proc/{number}").exists():
            return
        time.sleep(0.05)
    raise AssertionError("it still runs")


def test_a_pod_that_was_never_placed_goes_at_once(api: Client) -> None:
    api.make(PODS, pod("one", nodeSelector={"not": "there"}))
    api.told("FailedScheduling")
    api.delete(f"{PODS}/one")
    assert api.get(f"{PODS}/one").status_code == 404


def test_out_of_memory_and_eviction(api: Client, cluster: Cluster) -> None:
    for name in ("big", "moved"):
        api.make(PODS, pod(name))
        api.phase(name, "Running")
    cluster.out_of_memory(SPACE, "big")
    cluster.evict(SPACE, "moved")
    state = api.phase("big", "Failed")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (state["reason"], state["exitCode"]) == ("OOMKilled", 137)
    evicted = api.phase("moved", "Failed")["status"]
    assert evicted["reason"] == "Evicted"
    assert evicted["message"].startswith("The node was low on resource: memory.")


def test_a_pod_has_its_own_deadline(api: Client) -> None:
    api.make(PODS, pod("one", activeDeadlineSeconds=1))
    assert api.phase("one", "Failed")["status"]["reason"] == "DeadlineExceeded"


def test_what_a_container_started_ends_with_it(api: Client) -> None:
    child = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    api.make(PODS, pod("one", child))
    api.phase("one", "Succeeded")
    number = int(api.get(f"{PODS}/one/log").text)
    for _ in range(100):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return
        if "Z" in Path(f"/proc/{number}/stat").read_text():
            return
        time.sleep(0.05)
    raise AssertionError("it still runs")
