"""What keeps a pod within the Restricted Pod Security Standard. No setting leads out of it."""

from typing import Any

from notebench_spawner.pods.settings import Account

CONTAINER = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}


def of_pod(account: Account) -> dict[str, Any]:
    """The pod's `securityContext`."""
    context: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if account.user is not None:
        context["runAsUser"] = account.user
    if account.group is not None:
        context["runAsGroup"] = account.group
    if account.files_group is not None:
        # A home of a million files is not walked through at each start.
        context |= {"fsGroup": account.files_group, "fsGroupChangePolicy": "OnRootMismatch"}
    if account.more_groups:
        context["supplementalGroups"] = list(account.more_groups)
    return context
