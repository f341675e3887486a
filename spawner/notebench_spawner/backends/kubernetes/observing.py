"""What objects of a cluster say of a workload, as observations: pure functions."""

from collections.abc import Mapping, Sequence

from notebench_spawner.backends.base import Handle, Observation, Phase
from notebench_spawner.marks import N_
from notebench_spawner.pods.ending import Ending, ending
from notebench_spawner.pods.model_server import SERVICE_PORT
from notebench_spawner.pods.names import OURS
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.waiting import UNSEEN, one_line, why_waiting

STOPPED = f"{OURS}/stopped"
"""The annotation of a run that was asked to end."""

WAS_STOPPED = N_("It was stopped.")
GONE = N_("It is not in the cluster any more, and nobody saw how it ended.")
AGAIN = N_("It is started again. Before: {reason}")


Said = Mapping[str, str]
"""What events say of pods that wait, by the pod's uid."""


def of_run(handle: Handle, job: Manifest | None, pods: Sequence[Manifest], said: Said) -> Observation:
    """A notebook run, from its Job and the Job's pods."""
    if job is None:
        return Observation(handle=handle, phase=Phase.gone, reason=GONE)
    alive = [pod for pod in pods if ending(pod.get("status", {})) is None]
    last = _newest(pods)
    if alive or not _over(job):
        return _going_on(handle, alive or pods, said)
    ended = ending(last.get("status", {}), _memory(last)) if last else None
    stopped = STOPPED in job["metadata"].get("annotations", {})
    if ended is None:
        ended = Ending(143, WAS_STOPPED) if stopped else _of_job(job)
    elif stopped and ended.code:
        ended = Ending(ended.code, WAS_STOPPED)
    return Observation(
        handle=handle,
        phase=Phase.failed if ended.code else Phase.succeeded,
        reason=ended.sentence,
        exit_code=ended.code,
        timed_out=ended.timed_out,
    )


def of_server(
    handle: Handle, deployment: Manifest | None, pods: Sequence[Manifest], namespace: str, said: Said
) -> Observation:
    """A model server, from its Deployment and the pods of that. A cluster starts it again by itself."""
    if deployment is None:
        return Observation(handle=handle, phase=Phase.gone, reason=GONE)
    if deployment.get("status", {}).get("readyReplicas"):
        name = deployment["metadata"]["name"]
        address = f"http://{name}.{namespace}.svc:{SERVICE_PORT}"
        return Observation(handle=handle, phase=Phase.running, address=address)
    reason = next(filter(None, map(_crashed, pods)), "")
    reason = reason or next((why for pod in pods if (why := _waits(pod, said))), "")
    return Observation(handle=handle, phase=Phase.pending, reason=reason if pods else UNSEEN)


def _going_on(handle: Handle, pods: Sequence[Manifest], said: Said) -> Observation:
    """A pod that has ended counts as running until the Job says that it counts: no other one follows it."""
    reasons = [_waits(pod, said) for pod in pods]
    if "" in reasons:
        node = str(pods[reasons.index("")]["spec"].get("nodeName", ""))
        return Observation(handle=handle, phase=Phase.running, node=node)
    return Observation(handle=handle, phase=Phase.pending, reason=reasons[0] if reasons else UNSEEN)


def _waits(pod: Manifest, said: Said) -> str:
    return why_waiting(pod.get("status", {}), said.get(pod["metadata"].get("uid", ""), ""))


def _over(job: Manifest) -> bool:
    """Whether nothing of it will begin any more."""
    return job["spec"].get("suspend", False) or _condition(job, "Complete", "Failed") is not None


def _condition(job: Manifest, *kinds: str) -> Manifest | None:
    found = job.get("status", {}).get("conditions") or ()
    return next((one for one in found if one["type"] in kinds and one["status"] == "True"), None)


def _of_job(job: Manifest) -> Ending:
    """How it ended, where its pods are gone already."""
    if _condition(job, "Complete"):
        return Ending(0, "")
    failed = _condition(job, "Failed") or {}
    said = one_line(str(failed.get("message", "")))
    return Ending(1, f"{said}." if said else GONE, failed.get("reason") == "DeadlineExceeded")


def _crashed(pod: Manifest) -> str:
    """How its container ended the last time, in a pod where it is started again."""
    container: Manifest = next(iter(pod.get("status", {}).get("containerStatuses") or ()), {})
    before = (container.get("lastState") or {}).get("terminated")
    if not before:
        return ""
    ended = ending({"containerStatuses": [{"state": {"terminated": before}}]}, _memory(pod))
    return AGAIN.format(reason=ended.sentence) if ended and ended.sentence else ""


def _newest(pods: Sequence[Manifest]) -> Manifest | None:
    return max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), default=None)


def _memory(pod: Manifest) -> int | None:
    """The mebibytes that the pod's container may use."""
    [container, *_] = pod["spec"]["containers"]
    said = str(container.get("resources", {}).get("limits", {}).get("memory", ""))
    return int(said.removesuffix("Mi")) if said.endswith("Mi") else None
