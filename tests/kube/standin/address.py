"""Addresses of the API: which kind, namespace, object and verb a request means."""

from dataclasses import dataclass

from tests.kube.standin import kinds, status
from tests.kube.standin.kinds import Kind

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True)
class Address:
    """One place of the API, as a request names it."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    sub: str = ""

    def verb(self, method: str, *, watch: bool) -> str:
        """As RBAC calls it. Transcript: verb-not-allowed."""
        if method == "GET":
            return "get" if self.name else ("watch" if watch else "list")
        if method == "DELETE":
            return "delete" if self.name else "deletecollection"
        if method not in _VERBS or (method == "POST") == bool(self.name and self.sub != "token"):
            raise status.method_not_allowed()
        return _VERBS[method]


def read(path: str) -> Address:
    """The address that a path means; everything else is not served. Transcript: unknown-place."""
    words = [word for word in path.split("/") if word]
    if words[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", words[2:]
    elif words[:1] == ["apis"] and len(words) > 3:
        (group, version), rest = words[1:3], words[3:]
    else:
        raise status.NoSuchPlace
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    if namespace and not group and rest[0] in ("status", "finalize"):
        namespace, rest = "", ["namespaces", namespace, *rest]
    kind = kinds.at(group, version, rest[0]) if rest else None
    if kind is None and rest and not group:
        raise status.no_such_resource()
    if kind is None or len(rest) > 3 or (namespace and not kind.namespaced):
        raise status.NoSuchPlace
    if kind.namespaced and not namespace and len(rest) > 1:
        raise status.NoSuchPlace
    name, sub = [*rest[1:], "", ""][:2]
    if sub and sub not in _SUBS.get(kind, _STATUS if kind.has_status else set()):
        raise status.NoSuchPlace
    return Address(kind, namespace, name, sub)


_STATUS = {"status"}
_SUBS = {kinds.PODS: {"status", "log"}, kinds.ACCOUNTS: {"token"}}
