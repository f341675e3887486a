"""The Job controller.

Transcript: job-succeeds. Transcript: job-fails. Transcript: job-deadline. Transcript: delete-job.

Left out: indexed Jobs, `podFailurePolicy`, `successPolicy`, and counting the restarts of `OnFailure`.
"""

from datetime import UTC, datetime

from tests.kube.standin import deleting, events, names, owned, writing
from tests.kube.standin.kinds import JOBS, PODS, Object
from tests.kube.standin.store import Store

_TRACKED = "batch.kubernetes.io/job-tracking"
_NAME = "job-controller"


class Jobs:
    """Pods for each Job until enough of them succeeded or too many failed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.pace = 1.0
        """How long a second of its back-off lasts."""
        self._waits = owned.Waits()

    def step(self) -> None:
        self._loose()
        for job in self._store.all(JOBS):
            if job["metadata"].get("deletionTimestamp"):
                self._count(job)  # nothing new begins, but who is over must not be held up
            else:
                self._one(job)

    def _loose(self) -> None:
        """Pods whose Job is gone wait for nobody to count them."""
        there = {job["metadata"]["uid"] for job in self._store.all(JOBS)}
        for pod in self._store.all(PODS):
            if _TRACKED in (pod["metadata"].get("finalizers") or []) and not any(
                one["uid"] in there for one in pod["metadata"].get("ownerReferences") or []
            ):
                deleting.drop_finalizer(self._store, PODS, pod, _TRACKED)

    def _one(self, job: Object) -> None:
        if _ended(job):
            self._expire(job)
            return
        if not job["status"].get("startTime") and not job["spec"]["suspend"]:
            job = writing.set_status(self._store, JOBS, job, startTime=names.now())
        job = self._count(job)
        spec, now, active = job["spec"], job["status"], owned.active(self._store, job)
        if now.get("succeeded", 0) >= spec["completions"]:
            self._finish(
                job,
                "Complete",
                "SuccessCriteriaMet",
                "CompletionsReached",
                "Reached expected number of succeeded pods",
            )
        elif now.get("failed", 0) > spec["backoffLimit"]:
            self._finish(
                job,
                "Failed",
                "FailureTarget",
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            )
        elif _too_long(job):
            said = "Job was active longer than specified deadline"
            self._finish(job, "Failed", "FailureTarget", "DeadlineExceeded", said)
        elif spec["suspend"]:
            for pod in active:
                owned.drop(self._store, JOBS, job, pod, _NAME)
        else:
            self._fill(job, len(active))

    def _count(self, job: Object) -> Object:
        """Each pod that is over counts once: its finalizer says whether it was counted."""
        good, bad = job["status"].get("succeeded", 0), job["status"].get("failed", 0)
        for pod in owned.pods(self._store, job):
            gone = (
                pod["metadata"].get("deletionTimestamp")
                and pod["metadata"]["deletionGracePeriodSeconds"] == 0
            )
            if _TRACKED in (pod["metadata"].get("finalizers") or []) and (owned.finished(pod) or gone):
                if pod["status"].get("phase") == "Succeeded":
                    good += 1
                else:
                    bad += 1
                    self._waits.wait(job, 10 * 2 ** (bad - 1) * self.pace)
                deleting.drop_finalizer(self._store, PODS, pod, _TRACKED)
        active = owned.active(self._store, job)
        ready = sum(owned.ready(pod) for pod in active)
        values = {
            "active": len(active) or None,
            "ready": ready,
            "succeeded": good or None,
            "failed": bad or None,
        }
        return writing.set_status(self._store, JOBS, job, **values)

    def _fill(self, job: Object, active: int) -> None:
        spec, meta = job["spec"], job["metadata"]
        wanted = min(spec["parallelism"], spec["completions"] - job["status"].get("succeeded", 0))
        if active >= wanted or self._waits.waiting(job):
            return
        for _ in range(wanted - active):
            if not owned.make(self._store, JOBS, job, f"{meta['name']}-", _NAME, finalizers=[_TRACKED]):
                self._waits.wait(job, self.pace)
                return
        writing.set_status(self._store, JOBS, job, active=wanted)

    def _finish(self, job: Object, kind: str, before: str, reason: str, message: str) -> None:
        left = [pod for pod in owned.pods(self._store, job) if not owned.finished(pod)]
        condition = {
            "status": "True",
            "reason": reason,
            "message": message,
            "lastProbeTime": names.now(),
            "lastTransitionTime": names.now(),
        }
        conditions = job["status"].get("conditions") or []
        if not conditions:
            conditions = [{"type": before} | condition]
            writing.set_status(self._store, JOBS, job, conditions=conditions)
        for pod in left:
            owned.drop(self._store, JOBS, job, pod, _NAME)
        if left:
            return  # it has ended only when its last pod has
        values: Object = {"conditions": [*conditions, {"type": kind} | condition], "active": None, "ready": 0}
        if kind == "Complete":
            values["completionTime"] = names.now()
            events.tell(self._store, JOBS, job, "Completed", "Job completed", component=_NAME)
        else:
            events.tell(self._store, JOBS, job, reason, message, component=_NAME, warning=True)
        writing.set_status(self._store, JOBS, job, **values)

    def _expire(self, job: Object) -> None:
        """Transcript: job-ttl."""
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        at = max(one["lastTransitionTime"] for one in job["status"]["conditions"])
        if seconds is not None and _since(at) >= seconds:
            meta = job["metadata"]
            deleting.delete(
                self._store, JOBS, meta["namespace"], meta["name"], {"propagationPolicy": "Background"}
            )


def _ended(job: Object) -> bool:
    return any(one["type"] in ("Complete", "Failed") for one in job["status"].get("conditions") or [])


def _too_long(job: Object) -> bool:
    seconds, began = job["spec"].get("activeDeadlineSeconds"), job["status"].get("startTime")
    return seconds is not None and began is not None and _since(began) >= seconds


def _since(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
