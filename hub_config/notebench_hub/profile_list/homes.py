"""Homes keep their volumes: what the chart says of them and how they are called, as Notebench's settings."""

import re
from typing import Any

from notebench_spawner.placement import ObjectName
from notebench_spawner.pods.names import home_claim
from notebench_spawner.pods.settings import Homes
from pydantic import TypeAdapter, ValidationError

from notebench_hub.i18n import _
from notebench_hub.kube_settings import Kubernetes
from notebench_hub.profile_list.choices import Remarks, text
from notebench_hub.profile_list.source import Tree, part

_OWNER, _SERVER = "hub.jupyter.org/username", "hub.jupyter.org/servername"
_DEFAULT = "claim-{user_server}"
# With a server after it, the name of a server without one ends here, or in the old way in two dashes.
_PERSON = re.compile(
    r"\{(?:safe_|escaped_|unescaped_)?(?:user_server|username)\}(?:-{0,2}\{(?:safe_|escaped_|unescaped_)?servername\})?"
)


def settings(singleuser: Tree, claims: Any, remarks: Remarks) -> Tree:
    """The part of `settings.kubernetes` by which the homes that are there are found again."""
    storage = part(singleuser, "storage")
    if storage.get("type") == "none":
        remarks.add(_("Homes had no volumes (`singleuser.storage.type: none`); in Notebench each has one."))
    static = storage.get("type") == "static"
    homes = (
        _static(part(storage, "static"), remarks) if static else _dynamic(part(storage, "dynamic"), remarks)
    )
    if not static and claims is not None:
        homes |= _called_otherwise(homes, claims, remarks)
    dynamic = part(storage, "dynamic")
    sizes = {"size": storage.get("capacity"), "storage_class": dynamic.get("storageClass")}
    wanted: list[tuple[str, Tree]] = [
        ("pods", {"homes": homes} if homes else {}),
        ("storage", {key: value for key, value in sizes.items() if value}),
        ("home", storage.get("homeMountPath") or {}),
    ]
    found: Tree = {}
    for key, value in wanted:
        if value and _fits(key, value):
            found[key] = value
        elif value:
            remarks.add(
                _(
                    "`{key}` cannot be taken over as it is: {value}",
                    key=f"settings.kubernetes.{key}",
                    value=text(str(value)),
                )
            )
    return found


def _static(static: Tree, remarks: Remarks) -> Tree:
    """One volume with a folder for each."""
    folder = _for_each(static.get("subPath") or "{username}", remarks)
    return {"claim": text(static.get("pvcName")) or "homes", "folder": folder, "access": "ReadWriteMany"}


def _dynamic(dynamic: Tree, remarks: Remarks) -> Tree:
    """A volume for each."""
    claim = _for_each(dynamic.get("pvcNameTemplate") or _DEFAULT, remarks)
    found: Tree = {} if claim == Homes().claim else {"claim": claim}
    if dynamic.get("subPath"):
        found["folder"] = _for_each(dynamic["subPath"], remarks)
    modes = dynamic.get("storageAccessModes")
    if isinstance(modes, list) and "ReadWriteMany" in modes:
        found["access"] = "ReadWriteMany"
    return found


def _for_each(template: Any, remarks: Remarks) -> str:
    said = text(template)
    found = _PERSON.sub("{user}", said)
    if "{" in found.replace("{user}", ""):
        remarks.add(
            _(
                "`{template}` has words that Notebench does not know; name the homes in `homes.claims`.",
                template=said,
            )
        )
        return re.sub(r"\{(?!user\})[^}]*\}", "", found)
    return found


def _called_otherwise(homes: Tree, claims: Any, remarks: Remarks) -> Tree:
    """By name: whose claim is not called as the setting says. KubeSpawner writes on each whose it is."""
    try:
        ours = Homes.model_validate(homes)
    except ValidationError:
        ours = Homes()
    others: dict[str, str] = {}
    found = claims.get("items") if isinstance(claims, dict) else claims
    for one in found if isinstance(found, list) else ():
        notes = part(one, "metadata", "annotations")
        user, name = notes.get(_OWNER), part(one, "metadata").get("name")
        if not isinstance(user, str) or not _is_name(name):
            continue
        if notes.get(_SERVER):
            remarks.add(
                _(
                    "The volume {claim} belongs to {user}'s server '{server}': a person has one home in "
                    "Notebench, so copy "
                    "what is needed.",
                    claim=name,
                    user=text(user),
                    server=text(notes[_SERVER]),
                )
            )
        elif home_claim(ours, user) != name:
            others[user] = str(name)
    return {"claims": dict(sorted(others.items()))} if others else {}


def _is_name(name: Any) -> bool:
    try:
        return bool(TypeAdapter(ObjectName).validate_python(name, strict=True))
    except ValidationError:
        return False


def _fits(key: str, value: Any) -> bool:
    try:
        Kubernetes.model_validate({key: value})
    except ValidationError:
        return False
    return True
