"""A network that enforces NetworkPolicies, as far as a policy closes pods to all: who calls hears nothing.

Only on demand, and only for policies without an `ingress` rule. A pod that is closed is stopped as a process,
so that whoever connects waits in vain; what else it would do meanwhile it does not do either.
"""

import os
import signal
from collections.abc import Iterable
from contextlib import suppress

from tests.kube.standin.kinds import NETWORK_POLICIES, Object
from tests.kube.standin.podlife import PodLife
from tests.kube.standin.store import Store


class Network:
    """Goes by the policies once `enforces` is true."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.enforces = False
        self._closed: set[str] = set()

    def step(self, lives: Iterable[PodLife]) -> None:
        if not self.enforces:
            return
        policies = [one for one in self._store.all(NETWORK_POLICIES) if _closes(one["spec"])]
        for life in lives:
            closed = any(_chooses(one, life.pod) for one in policies)
            if closed != (life.uid in self._closed):
                _send(life, signal.SIGSTOP if closed else signal.SIGCONT)
                (self._closed.add if closed else self._closed.discard)(life.uid)


def _closes(spec: Object) -> bool:
    return "Ingress" in spec.get("policyTypes", ["Ingress"]) and not spec.get("ingress")


def _chooses(policy: Object, pod: Object) -> bool:
    meta = pod["metadata"]
    wanted = (policy["spec"].get("podSelector") or {}).get("matchLabels") or {}
    same = policy["metadata"]["namespace"] == meta["namespace"]
    return same and wanted.items() <= (meta.get("labels") or {}).items()


def _send(life: PodLife, what: signal.Signals) -> None:
    for one in life.main:
        if one.process:
            with suppress(ProcessLookupError):
                os.kill(one.process.process.pid, what)
