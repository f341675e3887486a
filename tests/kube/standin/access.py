"""Who may do what: bearer tokens, and the rules of Roles, which can be taken away one verb at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.kube.standin import status
from tests.kube.standin.kinds import Kind, Object


@dataclass(frozen=True)
class Right:
    """One verb on one resource; `*` stands for all, a namespace of None for every one and what is in none."""

    verb: str
    group: str
    resource: str
    namespace: str | None = None
    names: frozenset[str] = frozenset()

    def covers(self, verb: str, group: str, resource: str, namespace: str, name: str) -> bool:
        return (
            self.verb in ("*", verb)
            and self.group in ("*", group)
            and self.resource in ("*", resource)
            and (self.namespace is None or self.namespace == namespace)
            and (not self.names or name in self.names)
        )


def rights_of(rules: list[Object], namespace: str | None) -> set[Right]:
    """A Role's rules in its namespace, or a ClusterRole's everywhere."""
    return {
        Right(verb, group, resource, namespace, frozenset(rule.get("resourceNames") or []))
        for rule in rules
        for verb in rule["verbs"]
        for group in rule.get("apiGroups") or []
        for resource in rule.get("resources") or []
    }


@dataclass
class User:
    """Somebody with a token."""

    name: str
    rights: set[Right] = field(default_factory=set)


class Access:
    """The tokens that are known, and what each may do."""

    def __init__(self, given: Callable[[str], set[Right]]) -> None:
        self._users: dict[str, User] = {}
        self._given = given
        """What roles and bindings of the cluster give somebody."""

    def admin(self, token: str, name: str = "admin") -> User:
        """Somebody who may do everything."""
        return self.add(token, User(name, {Right("*", "*", "*")}))

    def account(self, token: str, namespace: str, name: str, rules: list[Object]) -> User:
        """A service account with a Role's rules in its namespace."""
        user = User(f"system:serviceaccount:{namespace}:{name}")
        self.bind(user, rules, namespace)
        return self.add(token, user)

    def add(self, token: str, user: User) -> User:
        self._users[token] = user
        return user

    @staticmethod
    def bind(user: User, rules: list[Object], namespace: str | None) -> None:
        """Give a Role's rules (or a ClusterRole's, with no namespace) to somebody."""
        user.rights |= rights_of(rules, namespace)

    @staticmethod
    def take(user: User, verb: str, resource: str) -> None:
        """Take one verb on one resource away, everywhere; it must have been there."""
        gone = {right for right in user.rights if (right.verb, right.resource) == (verb, resource)}
        if not gone:
            raise ValueError(f"{user.name} has no right to {verb} {resource}.")
        user.rights -= gone

    def forget(self, token: str) -> None:
        """The token is no longer known."""
        del self._users[token]

    def who(self, header: str) -> User:
        """The person behind an Authorization header. Transcript: no-token."""
        if not header:
            return User("system:anonymous")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or token not in self._users:
            raise status.unauthorized()
        return self._users[token]

    def may(self, user: User, verb: str, group: str, resource: str, namespace: str, name: str = "") -> bool:
        wanted = (verb, group, resource, namespace, name)
        return any(right.covers(*wanted) for right in user.rights | self._given(user.name))

    def check(self, user: User, verb: str, kind: Kind, sub: str, namespace: str, name: str) -> None:
        """Refuse with the words of RBAC. Transcript: verb-not-allowed."""
        resource = f"{kind.plural}/{sub}" if sub else kind.plural
        if self.may(user, verb, kind.group, resource, namespace, name):
            return
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        why = f'User "{user.name}" cannot {verb} resource "{resource}" in API group "{kind.group}" {where}'
        raise status.forbidden(kind, name, why)


def review(access: Access, user: User, asked: Object) -> Object:
    """The answer to a SelfSubjectAccessReview. Transcript: may-i."""
    what = (asked.get("spec") or {}).get("resourceAttributes") or {}
    resource = "/".join(filter(None, [what.get("resource", ""), what.get("subresource", "")]))
    allowed = access.may(
        user,
        what.get("verb", ""),
        what.get("group", ""),
        resource,
        what.get("namespace", ""),
        what.get("name", ""),
    )
    return {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": asked.get("spec") or {},
        "status": {"allowed": allowed},
    }
