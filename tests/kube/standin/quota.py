"""ResourceQuota: what a namespace uses, and the refusal of what would be too much.

Transcript: quota-exceeded. Transcript: quota-must-specify.
"""

from collections import defaultdict
from decimal import Decimal

from tests.kube.standin import quantity, status
from tests.kube.standin.kinds import CLAIMS, KINDS, PODS, QUOTAS, Kind, Object
from tests.kube.standin.store import Store

Usage = dict[str, Decimal]
_MUST_BE_NAMED = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


def usage(kind: Kind, thing: Object) -> Usage:
    """What one object counts for."""
    if kind is PODS and (thing.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return {f"count/{kind.resource}": Decimal(1)}
    used: defaultdict[str, Decimal] = defaultdict(Decimal)
    used[f"count/{kind.resource}"] += 1
    if not kind.group:
        used[kind.plural] += 1
    if kind is PODS:
        for name, amount in requested(thing["spec"], "requests").items():
            used[f"requests.{name}"] += amount
            if name in ("cpu", "memory", "ephemeral-storage"):
                used[name] += amount
        for name, amount in requested(thing["spec"], "limits").items():
            used[f"limits.{name}"] += amount
    if kind is CLAIMS:
        asked = (thing["spec"].get("resources") or {}).get("requests") or {}
        used["requests.storage"] += quantity.parse(asked.get("storage", "0"))
    return dict(used)


def requested(spec: Object, which: str) -> Usage:
    """The sum over a pod's containers; of init containers, which run one by one, only the largest counts."""
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in spec.get("containers") or []:
        for name, amount in ((one.get("resources") or {}).get(which) or {}).items():
            total[name] += quantity.parse(amount)
    for one in spec.get("initContainers") or []:
        for name, amount in ((one.get("resources") or {}).get(which) or {}).items():
            total[name] = max(total[name], quantity.parse(amount))
    return dict(total)


def check(store: Store, kind: Kind, thing: Object) -> None:
    """Refuse an object that would exceed a quota of its namespace."""
    namespace, name = thing["metadata"].get("namespace", ""), thing["metadata"]["name"]
    wanted = usage(kind, thing)
    for one in store.all(QUOTAS, namespace):
        hard = one["spec"].get("hard") or {}
        if kind is PODS:
            _must_name(kind, thing, one["metadata"]["name"], hard)
        used = _used(store, namespace)
        over = sorted(
            key
            for key, limit in hard.items()
            if wanted.get(key) and used.get(key, Decimal(0)) + wanted[key] > quantity.parse(limit)
        )
        if not over:
            continue
        asked = ",".join(f"{key}={_text(key, wanted[key], hard[key])}" for key in over)
        now = ",".join(f"{key}={_text(key, used.get(key, Decimal(0)), hard[key])}" for key in over)
        limited = ",".join(f"{key}={hard[key]}" for key in over)
        why = (
            f"exceeded quota: {one['metadata']['name']}, requested: {asked}, used: {now}, limited: {limited}"
        )
        raise status.forbidden(kind, name, why)


def _must_name(kind: Kind, thing: Object, quota: str, hard: Object) -> None:
    """A pod must say what it requests of whatever is limited. Transcript: quota-must-specify."""
    missing: defaultdict[str, list[str]] = defaultdict(list)
    for one in thing["spec"].get("containers") or []:
        resources = one.get("resources") or {}
        for key in sorted(set(hard) & set(_MUST_BE_NAMED)):
            which, _, name = key.rpartition(".")
            if name not in (resources.get(which or "requests") or {}):
                missing[key].append(one["name"])
    if missing:
        by = "; ".join(f"{key} for: {','.join(names)}" for key, names in sorted(missing.items()))
        raise status.forbidden(kind, thing["metadata"]["name"], f"failed quota: {quota}: must specify {by}")


def _used(store: Store, namespace: str) -> Usage:
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for kind in KINDS:
        for thing in store.all(kind, namespace) if kind.namespaced else []:
            for name, amount in usage(kind, thing).items():
                total[name] += amount
    return dict(total)


def _text(key: str, number: Decimal, like: str) -> str:
    in_bytes = key.endswith(("memory", "storage"))
    return quantity.canonical(number, in_binary=in_bytes or quantity.binary(like))


def count(store: Store) -> None:
    """Keep each quota's `status.used` current."""
    for one in store.all(QUOTAS):
        used, hard = _used(store, one["metadata"]["namespace"]), one["spec"].get("hard") or {}
        now = {
            "hard": dict(hard),
            "used": {key: _text(key, used.get(key, Decimal(0)), limit) for key, limit in hard.items()},
        }
        if one["status"] != now:
            store.put(QUOTAS, one | {"status": now})
