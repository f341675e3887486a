"""What a person's groups at the provider mean here. Only what the settings name counts: no claim has a power
of its own, whatever it is called."""

from collections.abc import Collection, Iterable
from typing import Any

from notebench.contract.people import Role

from notebench_hub.role_groups import highest, role_group
from notebench_hub.sign_in_settings import SignIn

_MOST, _LONGEST = 5000, 400


def values(claim: Any) -> frozenset[str]:
    """The groups in a claim: a list of texts, or one text. What else is in it says nothing."""
    listed = [claim] if isinstance(claim, str) else claim if isinstance(claim, list | tuple | set) else []
    return frozenset(one for one in list(listed)[:_MOST] if isinstance(one, str) and len(one) <= _LONGEST)


def nested(facts: Any, path: str) -> Any:
    """What is at `path` in the claims: the claim of that whole name, else step by step at the dots."""
    if isinstance(facts, dict) and path in facts:
        return facts[path]
    for step in path.split("."):
        facts = facts.get(step) if isinstance(facts, dict) else None
    return facts


def may_enter(sign_in: SignIn, name: str, groups: Collection[str]) -> bool:
    """Whether a rule lets this person in. Without a rule nobody comes in."""
    named = {*sign_in.allowed_groups, *sign_in.admin_groups}
    return sign_in.allow_everybody or name in sign_in.allowed_users or bool(named & set(groups))


def is_admin(sign_in: SignIn, groups: Collection[str]) -> bool:
    """Whether the provider makes them an admin."""
    return bool(set(sign_in.admin_groups) & set(groups))


def given(sign_in: SignIn, groups: Collection[str]) -> set[str]:
    """Hub groups that follow from the provider's groups: entitlements, projects, and the role in each."""
    found: set[str] = set()
    roles: dict[str, Any] = {}
    for rule in sign_in.groups:
        if rule.claim not in groups:
            continue
        if rule.entitlement:
            found.add(rule.entitlement)
        else:
            roles[rule.project] = highest(roles.get(rule.project), rule.role)
    return found | set(roles) | {role_group(project, role) for project, role in roles.items()}


def managed(sign_in: SignIn) -> set[str]:
    """Every hub group that some rule decides about: in these the provider has the last word."""
    roles = {role_group(project, role) for project in sign_in.projects for role in Role}
    return {rule.entitlement or rule.project for rule in sign_in.groups} | roles


def after(sign_in: SignIn, now: Iterable[str], before: Iterable[str], groups: Collection[str]) -> list[str]:
    """Hub groups that a person is in from now on.

    `now` they are in these; `before` is what the provider had given. What was given by hand stays, unless a
    rule can give it.
    """
    by_hand = set(now) - set(before) - managed(sign_in)
    return sorted(by_hand | given(sign_in, groups))


def asked_for(sign_in: SignIn) -> list[str]:
    """Every group at the provider that the settings name."""
    rules = [rule.claim for rule in sign_in.groups]
    return sorted({*sign_in.allowed_groups, *sign_in.admin_groups, *rules})
