"""Jobs of the stand-in: one attempt after another, deadlines, and what is left behind."""

from typing import Any

import pytest

from tests.kube.conftest import JOBS, PODS, SPACE, Client, pod
from tests.kube.standin.cluster import Cluster


def job(name: str, *command: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"template": {"spec": pod("x", *command)["spec"]}} | spec}


def ended(api: Client, name: str, how: str) -> Any:
    def has_ended(one: Any) -> bool:
        return how in [condition["type"] for condition in (one["status"].get("conditions") or [])]

    return api.until(f"{JOBS}/{name}", has_ended)


def pods_of(api: Client, name: str) -> list[Any]:
    found: list[Any] = api.read(PODS, labelSelector=f"batch.kubernetes.io/job-name={name}")["items"]
    return found


def test_a_job_runs_its_command_once(api: Client) -> None:
    made = api.make(JOBS, job("night", "print('done')"))
    assert made["spec"]["backoffLimit"] == 6
    assert made["spec"]["selector"]["matchLabels"] == {
        "batch.kubernetes.io/controller-uid": made["metadata"]["uid"]
    }
    done = ended(api, "night", "Complete")["status"]
    assert [one["type"] for one in done["conditions"]] == ["SuccessCriteriaMet", "Complete"]
    assert (done["succeeded"], done.get("failed"), "completionTime" in done) == (1, None, True)
    (one,) = pods_of(api, "night")
    assert one["metadata"]["name"].startswith("night-")
    assert one["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
    assert "finalizers" not in one["metadata"]
    assert api.get(f"{PODS}/{one['metadata']['name']}/log").text == "done\n"


def test_the_same_job_twice_is_refused_and_runs_once(api: Client) -> None:
    api.make(JOBS, job("night", "print(1)"))
    assert api.make(JOBS, job("night", "print(1)"), 409)["message"] == 'jobs.batch "night" already exists'
    ended(api, "night", "Complete")
    assert len(pods_of(api, "night")) == 1


def test_a_job_fails_after_its_last_attempt(api: Client) -> None:
    api.make(JOBS, job("night", "1/0", backoffLimit=1))
    done = ended(api, "night", "Failed")["status"]
    assert done["failed"] == 2
    assert [one["reason"] for one in done["conditions"]] == ["BackoffLimitExceeded"] * 2
    assert done["conditions"][-1]["message"] == "Job has reached the specified backoff limit"
    assert len(pods_of(api, "night")) == 2


def test_a_job_has_a_deadline(api: Client) -> None:
    api.make(JOBS, job("night", activeDeadlineSeconds=1))
    done = ended(api, "night", "Failed")["status"]
    assert done["conditions"][-1]["reason"] == "DeadlineExceeded"
    assert pods_of(api, "night") == []


def test_a_pod_of_a_job_that_is_deleted_is_made_again_and_counts(api: Client) -> None:
    api.make(JOBS, job("night"))
    (one,) = api.until(PODS, lambda all_: all_["items"])["items"]
    api.phase(one["metadata"]["name"], "Running")
    api.delete(f"{PODS}/{one['metadata']['name']}")
    api.until(f"{JOBS}/night", lambda now: now["status"].get("failed") == 1)
    api.until(
        PODS, lambda all_: [two for two in all_["items"] if two["metadata"]["uid"] != one["metadata"]["uid"]]
    )


def test_a_finished_job_expires(api: Client) -> None:
    api.make(JOBS, job("night", "print(1)", ttlSecondsAfterFinished=1))
    ended(api, "night", "Complete")
    api.gone(f"{JOBS}/night")
    api.until(PODS, lambda all_: not all_["items"])


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
def test_deleting_a_job_with_its_pods(api: Client, cluster: Cluster, policy: str) -> None:
    api.make(JOBS, job("night"))
    api.until(PODS, lambda all_: all_["items"] and all_["items"][0]["status"]["phase"] == "Running")
    api.request("DELETE", f"{JOBS}/night", json={"propagationPolicy": policy})
    api.gone(f"{JOBS}/night")
    api.until(PODS, lambda all_: not all_["items"])
    assert cluster.processes() == {}


def test_deleting_a_job_without_a_word_leaves_its_pods(api: Client, cluster: Cluster) -> None:
    api.make(JOBS, job("night"))
    (one,) = api.until(PODS, lambda all_: all_["items"])["items"]
    api.phase(one["metadata"]["name"], "Running")
    answer = api.delete(f"{JOBS}/night")
    assert "child pods are preserved by default when jobs are deleted" in answer.headers["Warning"]
    api.gone(f"{JOBS}/night")
    left = api.until(
        f"{PODS}/{one['metadata']['name']}", lambda pod: "ownerReferences" not in pod["metadata"]
    )
    assert left["status"]["phase"] == "Running"
    assert len(cluster.processes()) == 1


def test_a_suspended_job_waits(api: Client) -> None:
    api.make(JOBS, job("night", "print(1)", suspend=True))
    assert pods_of(api, "night") == []
    merge = {"Content-Type": "application/merge-patch+json"}
    api.patch(f"{JOBS}/night", json={"spec": {"suspend": False}}, headers=merge)
    ended(api, "night", "Complete")


def test_what_names_a_vanished_owner_goes(api: Client) -> None:
    owner = api.make(JOBS, job("night", suspend=True))["metadata"]
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": "night", "uid": owner["uid"]}
    secrets = f"/api/v1/namespaces/{SPACE}/secrets"
    api.make(secrets, {"metadata": {"name": "of-night", "ownerReferences": [reference]}})
    api.request("DELETE", f"{JOBS}/night", json={"propagationPolicy": "Background"})
    api.gone(f"{secrets}/of-night")
