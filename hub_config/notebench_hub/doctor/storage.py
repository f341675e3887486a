"""Volumes: a storage class for homes and databases, one for what projects share, and what waits for one.

A class does not say which access modes it gives; what is known of its provisioner does.
"""

import re

from notebench_spawner.pods.pod import Manifest

from notebench_hub.doctor.facts import Facts
from notebench_hub.doctor.finding import Finding, Verdict, listed
from notebench_hub.i18n import _

MANY = "ReadWriteMany"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_ZONE = "topology.kubernetes.io/zone"

SHARED = re.compile(
    r"(.*[./-])?(nfs|cephfs|efs|filestore|azurefile|glusterfs|manila|quobyte|lustre|juicefs|weka|beegfs)\b.*|file\.csi\.azure\.com"
    r"|driver\.longhorn\.io|kubernetes\.io/azure-file"
)
"""Provisioners of file systems that many nodes have at the same time."""
SINGLE = re.compile(
    r"rancher\.io/local-path|.*/no-provisioner|.*host-?path.*|ebs\.csi\.aws\.com|pd\.csi\.storage\.gke\.io"
    r"|disk\.csi\.azure\.com|(.*\.)?rbd\.csi\.ceph\.com|cinder\.csi\.openstack\.org|topolvm\.io|lvm\..*|kubernetes\.io/"
    r"(aws-ebs|gce-pd|azure-disk|cinder)|csi\.hetzner\.cloud|dobs\.csi\.digitalocean\.com|.*local.*"
)
"""Provisioners of disks that one node has at a time."""


def shares(one: Manifest) -> bool | None:
    """Whether a class gives ReadWriteMany; None where its provisioner is not known here."""
    provisioner = str(one.get("provisioner", ""))
    if SHARED.fullmatch(provisioner):
        return True
    return False if SINGLE.fullmatch(provisioner) else None


def homes(facts: Facts) -> Finding:
    """The class of homes, and of the databases."""
    if facts.classes.value is None:
        return _unread(facts)
    names = [one["metadata"]["name"] for one in facts.classes.value]
    if not names:
        what = _("The cluster has no storage class, so neither homes nor databases get volumes.")
        step = _("Install a provisioner: the one of your cloud, or for one node for example local-path.")
        return Finding("storage", Verdict.fault, what, step)
    wanted = facts.settings.kubernetes.storage.storage_class
    defaults = [one for one in facts.classes.value if _is_default(one)]
    if wanted and wanted not in names:
        what = _("The storage class {wanted} of homes is not there.", wanted=wanted)
        step = _(
            "Name one of these in `settings.kubernetes.storage.storage_class`: {names}.", names=listed(names)
        )
        return Finding("storage", Verdict.fault, what, step)
    if not wanted and not defaults:
        what = _("No storage class is the default, and the settings name none, so homes get no volumes.")
        step = _(
            "Name one of these in `settings.kubernetes.storage.storage_class`: {names}.", names=listed(names)
        )
        return Finding("storage", Verdict.fault, what, step)
    if not wanted and len(defaults) > 1:
        several = listed(one["metadata"]["name"] for one in defaults)
        what = _("Several storage classes are the default ({names}); the newest counts.", names=several)
        step = _("Name the one you mean in `settings.kubernetes.storage.storage_class`.")
        return Finding("storage", Verdict.warning, what, step)
    chosen = next(
        one
        for one in facts.classes.value
        if one["metadata"]["name"] == wanted or (not wanted and one in defaults)
    )
    return _of_homes(facts, chosen)


def _of_homes(facts: Facts, chosen: Manifest) -> Finding:
    name, provisioner = chosen["metadata"]["name"], chosen.get("provisioner", "")
    access = facts.settings.kubernetes.pods.homes.access
    if access == MANY and shares(chosen) is False:
        what = _(
            "Homes are to be {access}, and the storage class {name} ({provisioner}) gives volumes to one "
            "node at a time.",
            access=access,
            name=name,
            provisioner=provisioner,
        )
        step = _("Choose another class, or set `settings.kubernetes.pods.homes.access: ReadWriteOnce`.")
        return Finding("storage", Verdict.fault, what, step)
    binding = chosen.get("volumeBindingMode", "Immediate")
    zones = {one["metadata"].get("labels", {}).get(_ZONE) for one in facts.nodes.value or ()} - {None}
    if binding == "Immediate" and len(zones) > 1 and shares(chosen) is not True:
        what = _(
            "The storage class {name} makes a volume before it is known where its pod goes, and nodes are "
            "in {count} "
            "zones: a session may find no node where its home is.",
            name=name,
            count=len(zones),
        )
        step = _("Use a class with `volumeBindingMode: WaitForFirstConsumer`.")
        return Finding("storage", Verdict.warning, what, step)
    what = _(
        "Homes get volumes of the class {name} ({provisioner}, {binding}).",
        name=name,
        provisioner=provisioner,
        binding=binding,
    )
    return Finding("storage", Verdict.ok, what)


def projects(facts: Facts) -> Finding:
    """A class for files that members of a project share."""
    if facts.classes.value is None:
        return _unread(facts)
    known = {str(one["metadata"]["name"]): shares(one) for one in facts.classes.value}
    good = [name for name, yes in known.items() if yes]
    if facts.settings.kubernetes.pods.projects.volumes == "made":
        return _made(facts, known)
    if good:
        what = _("Files of projects can be shared ({access}) with: {names}.", access=MANY, names=listed(good))
        return Finding("shared-storage", Verdict.ok, what)
    unclear = [name for name, yes in known.items() if yes is None]
    if unclear:
        what = _(
            "Whether one of these gives {access}, for files of projects, is not known: {names}.",
            access=MANY,
            names=listed(unclear),
        )
        step = _("Make a claim of it with that access mode, and see whether it gets a volume.")
        return Finding("shared-storage", Verdict.unknown, what, step)
    what = _("No storage class gives {access}: projects have no files in common.", access=MANY)
    step = _(
        "Install a file server's class (NFS, CephFS, your cloud's), if people are to share files of projects."
    )
    return Finding("shared-storage", Verdict.warning, what, step)


def _made(facts: Facts, known: dict[str, bool | None]) -> Finding:
    """The class of which projects' volumes are made."""
    wanted = facts.settings.kubernetes.project_storage.storage_class
    defaults = [one["metadata"]["name"] for one in facts.classes.value or () if _is_default(one)]
    name = wanted or next(iter(defaults), "")
    if known.get(name) is True:
        what = _("Files of projects get volumes of the class {name}.", name=name)
        return Finding("shared-storage", Verdict.ok, what)
    if name in known and known[name] is None:
        what = _("Whether the class {name} of projects gives {access} is not known.", name=name, access=MANY)
        return Finding("shared-storage", Verdict.unknown, what, _("Let it be tried with `--probe`."))
    what = _(
        "Volumes of projects are to be made, and their storage class {name} gives no {access}.",
        name=name or "–",
        access=MANY,
    )
    step = _(
        "Name one that does in `settings.kubernetes.project_storage.storage_class`, or set "
        "`settings.kubernetes.pods.projects.volumes: off`."
    )
    return Finding("shared-storage", Verdict.fault, what, step)


def claims(facts: Facts) -> list[Finding]:
    """Volumes that something waits for, and those of projects that only one node can have."""
    found = facts.claims.value or []
    waiting = [
        one["metadata"]["name"] for one in found if one.get("status", {}).get("phase") in ("Pending", "Lost")
    ]
    start = facts.settings.kubernetes.pods.projects.claim.partition("{project}")[0]
    narrow = [
        one["metadata"]["name"]
        for one in found
        if start
        and one["metadata"]["name"].startswith(start)
        and MANY not in one["spec"].get("accessModes", ())
    ]
    findings = []
    if waiting:
        what = _("These claims have no volume yet: {names}.", names=listed(waiting))
        step = _(
            "`kubectl -n {namespace} describe pvc NAME` says why; one that no pod uses may just wait for it.",
            namespace=facts.namespace,
        )
        findings.append(Finding("claims", Verdict.warning, what, step))
    if narrow:
        what = _("These claims of projects are not {access}: {names}.", access=MANY, names=listed(narrow))
        step = _("Make them anew with that access mode, or the second node that wants one waits for ever.")
        findings.append(Finding("claims", Verdict.fault, what, step))
    return findings


def _is_default(one: Manifest) -> bool:
    return bool((one["metadata"].get("annotations") or {}).get(_DEFAULT) == "true")


def _unread(facts: Facts) -> Finding:
    what = _("Storage classes could not be read ({reason}).", reason=facts.classes.why)
    return Finding("storage", Verdict.unknown, what, _("Let somebody look who may `list storageclasses`."))
