"""Rights that roles and bindings give, as objects that a chart or a test applies.

Transcript: verb-not-allowed.
"""

import secrets
from datetime import UTC, datetime, timedelta

from tests.kube.standin.access import Access, Right, User, rights_of
from tests.kube.standin.kinds import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    ROLE_BINDINGS,
    ROLES,
    Object,
)
from tests.kube.standin.store import Store


def account_name(namespace: str, name: str) -> str:
    return f"system:serviceaccount:{namespace}:{name}"


def given(store: Store, user: str) -> set[Right]:
    """What is bound to somebody now."""
    found: set[Right] = set()
    for binding in [*store.all(ROLE_BINDINGS), *store.all(CLUSTER_ROLE_BINDINGS)]:
        space = binding["metadata"].get("namespace")
        if not any(_is(subject, user) for subject in binding.get("subjects") or []):
            continue
        reference = binding["roleRef"]
        if reference["kind"] == "Role":
            role = store.find(ROLES, space or "", reference["name"])
        else:
            role = store.find(CLUSTER_ROLES, "", reference["name"])
        if role:
            found |= rights_of(role.get("rules") or [], space)
    return found


def _is(subject: Object, user: str) -> bool:
    if subject["kind"] == "ServiceAccount":
        return account_name(subject["namespace"], subject["name"]) == user
    return bool(subject["kind"] == "User" and subject["name"] == user)


def token(access: Access, account: Object, asked: Object) -> Object:
    """The answer to a TokenRequest: a token of a service account."""
    made = f"token-{secrets.token_urlsafe(24)}"
    meta = account["metadata"]
    access.add(made, User(account_name(meta["namespace"], meta["name"])))
    seconds = (asked.get("spec") or {}).get("expirationSeconds") or 3600
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
        "spec": asked.get("spec") or {},
        "status": {"token": made, "expirationTimestamp": until.strftime("%Y-%m-%dT%H:%M:%SZ")},
    }
