"""Required pod affinity: a pod goes where its company is, and the first of a company anywhere.

Inside one namespace, and by `topologyKey`; preferences and anti-affinity are left out. What is not known is
refused, so that nobody believes in what was never looked at.
"""

from tests.kube.standin import selectors
from tests.kube.standin.kinds import NODES, PODS, Object
from tests.kube.standin.store import Store

REASON = "node(s) didn't match pod affinity rules"
_KNOWN = {"labelSelector", "topologyKey"}
_ENDED = ("Succeeded", "Failed")


def against(store: Store, node: Object, pod: Object) -> bool:
    """Whether a required term of the pod speaks against the node."""
    terms = ((pod["spec"].get("affinity") or {}).get("podAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or []
    return not all(_met(store, node, pod, term) for term in terms)


def _met(store: Store, node: Object, pod: Object, term: Object) -> bool:
    if unknown := set(term) - _KNOWN:
        raise NotImplementedError(f"The stand-in does not know {sorted(unknown)} of a pod affinity term.")
    company = [one for one in store.all(PODS) if _placed(one) and _matches(term, one, pod)]
    if not company:
        return _matches(term, pod, pod)
    places = {node["metadata"]["name"]: node["metadata"].get("labels") or {} for node in store.all(NODES)}
    key = term["topologyKey"]
    here = (node["metadata"].get("labels") or {}).get(key)
    return here is not None and here in {places.get(one["spec"]["nodeName"], {}).get(key) for one in company}


def _placed(pod: Object) -> bool:
    return bool(pod["spec"].get("nodeName")) and pod["status"].get("phase") not in _ENDED


def _matches(term: Object, one: Object, pod: Object) -> bool:
    same = one["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return same and selectors.matches(term["labelSelector"], one["metadata"].get("labels") or {})
