"""What facts about a cluster mean: each check by a table, without a cluster."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from notebench_hub import shipped
from notebench_hub.doctor import admission, basics, devices, network, outside, probes, storage
from notebench_hub.doctor.checks import findings
from notebench_hub.doctor.facts import Facts, May, Probed, Seen, Socket, Tried
from notebench_hub.doctor.finding import Finding, Verdict
from notebench_hub.doctor.probes import Volume
from notebench_hub.doctor.wishes import asked_rights, probe_image, probe_volumes, wishes
from notebench_hub.kube_settings import Kubernetes, Storage
from notebench_hub.settings import Settings
from notebench_spawner.catalogue.load import load
from notebench_spawner.catalogue.model import Profile
from notebench_spawner.placement import Toleration
from notebench_spawner.pods.quantities import number
from notebench_spawner.pods.settings import Homes, Pods, Projects
from ruamel.yaml import YAML

from tests.unit.kubernetes.restricted import violations

Object = dict[str, Any]
CATALOGUE = load(shipped.images_folder() / "catalogue.yaml").document
OK, WARNING, FAULT, UNKNOWN = Verdict.ok, Verdict.warning, Verdict.fault, Verdict.unknown
UNREAD: Seen[Any] = Seen(why="nodes is forbidden")


def facts(*, storage_class: str = "", ours: Pods | None = None, **known: Any) -> Facts:
    kubernetes = Kubernetes(storage=Storage(storage_class=storage_class), pods=ours or Pods())
    return Facts("people", Settings(mode="kubernetes", kubernetes=kubernetes), CATALOGUE, **known)


def of(verdict: Verdict, found: Sequence[Finding]) -> list[str]:
    return [one.what for one in found if one.verdict is verdict]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("v1.36.2", OK),
        ("v1.32.0-gke.100", OK),
        ("v1.31.9", FAULT),
        ("v1.9.0", FAULT),
        ("v2.0.0", OK),
        ("", UNKNOWN),
        ("<html>", UNKNOWN),
    ],
)
def test_version(said: str, verdict: Verdict) -> None:
    assert basics.version(facts(version=Seen(said, "nobody says"))).verdict is verdict


@pytest.mark.parametrize(
    ("skew", "verdict"),
    [
        (0.4, OK),
        (-4.0, OK),
        (6.0, WARNING),
        (-30.0, WARNING),
        (61.0, FAULT),
        (-7200.0, FAULT),
        (None, UNKNOWN),
    ],
)
def test_clock(skew: float | None, verdict: Verdict) -> None:
    assert basics.clock(facts(skew=skew)).verdict is verdict


def test_a_right_that_is_missing_is_named_and_one_that_is_not_known_is_not_called_missing() -> None:
    all_ = tuple(May(right, verb, allowed=True) for right, verb in asked_rights())
    assert basics.rights(facts(may=all_)).verdict is OK
    missing = (*all_[1:], May(all_[0].right, all_[0].verb, allowed=False))
    found = basics.rights(facts(may=missing))
    assert found.verdict is FAULT
    assert f"{all_[0].verb} {all_[0].right.resource}" in found.what
    unclear = (*all_[1:], May(all_[0].right, all_[0].verb, allowed=None))
    assert basics.rights(facts(may=unclear)).verdict is UNKNOWN
    assert basics.rights(facts()).verdict is UNKNOWN


def room(level: str = "") -> Seen[Object]:
    return Seen({"metadata": {"name": "people", "labels": {admission.ENFORCE: level} if level else {}}})


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (room("restricted"), OK),
        (room("baseline"), WARNING),
        (room(), WARNING),
        (Seen({}), UNKNOWN),
        (UNREAD, UNKNOWN),
    ],
)
def test_namespace(seen: Seen[Object], verdict: Verdict) -> None:
    assert admission.room(facts(room=seen)).verdict is verdict


POD = {"spec": {"containers": [{"name": "notebook"}]}}
MESH = {"spec": {"containers": [{"name": "notebook"}, {"name": "istio-proxy"}]}}


@pytest.mark.parametrize(
    ("tried", "verdict", "word"),
    [
        (Tried("Pod", "a", 201, sent=POD, made=POD), OK, "Pod"),
        (Tried("Pod", "a", 409, "already exists"), OK, "Pod"),
        (Tried("Pod", "a", 201, sent=POD, made=MESH), WARNING, "istio-proxy"),
        (Tried("Job", "a", 201, warnings=("would violate PodSecurity",)), WARNING, "would violate"),
        (
            Tried("Pod", "a", 403, 'pods is forbidden: User "a" cannot create resource "pods"'),
            UNKNOWN,
            "tried",
        ),
        (Tried("Pod", "a", 403, "error looking up service account a/default: not found"), UNKNOWN, "tried"),
        (Tried("Pod", "a", 403, "pods is forbidden: violates PodSecurity"), FAULT, "violates PodSecurity"),
        (Tried("Pod", "a", 403, "exceeded quota: q"), FAULT, "exceeded quota"),
        (Tried("Pod", "a", 422, "Pod is invalid"), FAULT, "invalid"),
        (Tried("Pod", "a", 400, "admission webhook does not support dry run"), UNKNOWN, "dry run"),
    ],
)
def test_what_the_cluster_says_to_our_objects(tried: Tried, verdict: Verdict, word: str) -> None:
    [found] = admission.tried(facts(tried=(tried,)))
    assert found.verdict is verdict
    assert word in found.what


def test_what_is_tried_is_restricted_and_of_all_kinds() -> None:
    made = wishes(Settings(mode="kubernetes"), CATALOGUE)
    assert {one["kind"] for one in made} == {"Pod", "Job", "Deployment", "Service", "PersistentVolumeClaim"}
    assert [violations(one) for one in made if one["kind"] == "Pod"] == [[], [], []]


def a_class(name: str, provisioner: str, *, default: bool = False, binding: str = "Immediate") -> Object:
    notes = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {
        "metadata": {"name": name, "annotations": notes},
        "provisioner": provisioner,
        "volumeBindingMode": binding,
    }


EBS = a_class("gp3", "ebs.csi.aws.com", default=True, binding="WaitForFirstConsumer")
EARLY = a_class("early", "ebs.csi.aws.com", default=True)
NFS = a_class("files", "nfs.csi.k8s.io")
OWN = a_class("own", "storage.example/own")
ZONES = [{"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}} for zone in "ab"]


@pytest.mark.parametrize(
    ("classes", "wanted", "verdict", "word"),
    [
        ([EBS, NFS], "", OK, "gp3"),
        ([EBS, NFS], "files", OK, "files"),
        ([NFS], "", FAULT, "default"),
        ([], "", FAULT, "no storage class"),
        ([EBS], "fast", FAULT, "fast"),
        ([EBS, EARLY], "", WARNING, "gp3, early"),
        ([EARLY], "", WARNING, "zones"),
    ],
)
def test_homes(classes: list[Object], wanted: str, verdict: Verdict, word: str) -> None:
    found = storage.homes(facts(classes=Seen(classes), nodes=Seen(ZONES), storage_class=wanted))
    assert (found.verdict, word in found.what) == (verdict, True), found


def test_homes_for_many_nodes_on_disks_of_one() -> None:
    many = Pods(homes=Homes(access="ReadWriteMany"))
    assert storage.homes(facts(classes=Seen([EBS]), ours=many)).verdict is FAULT
    assert storage.homes(facts(classes=Seen([NFS]), storage_class="files", ours=many)).verdict is OK
    assert storage.homes(facts(classes=UNREAD)).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("classes", "verdict"),
    [([EBS, NFS], OK), ([EBS], WARNING), ([EBS, OWN], UNKNOWN), ([], WARNING)],
)
def test_files_of_projects(classes: list[Object], verdict: Verdict) -> None:
    assert storage.projects(facts(classes=Seen(classes))).verdict is verdict


@pytest.mark.parametrize(
    ("provisioner", "shared"),
    [
        ("efs.csi.aws.com", True),
        ("filestore.csi.storage.gke.io", True),
        ("file.csi.azure.com", True),
        ("rook-ceph.cephfs.csi.ceph.com", True),
        ("cluster.local/nfs-subdir-external-provisioner", True),
        ("driver.longhorn.io", True),
        ("rook-ceph.rbd.csi.ceph.com", False),
        ("rancher.io/local-path", False),
        ("k8s.io/minikube-hostpath", False),
        ("kubernetes.io/host-path", False),
        ("pd.csi.storage.gke.io", False),
        ("disk.csi.azure.com", False),
        ("csi.trident.netapp.io", None),
        ("", None),
    ],
)
def test_what_provisioners_give(provisioner: str, shared: bool | None) -> None:
    assert storage.shares({"provisioner": provisioner}) is shared


def a_claim(name: str, phase: str, mode: str) -> Object:
    return {"metadata": {"name": name}, "spec": {"accessModes": [mode]}, "status": {"phase": phase}}


def test_claims() -> None:
    good = [a_claim("claim-ada", "Bound", "ReadWriteOnce"), a_claim("project-wine", "Bound", "ReadWriteMany")]
    assert storage.claims(facts(claims=Seen(good))) == []
    assert storage.claims(facts(claims=UNREAD)) == []
    bad = [a_claim("claim-bo", "Pending", "ReadWriteOnce"), a_claim("project-x", "Bound", "ReadWriteOnce")]
    waiting, narrow = storage.claims(facts(claims=Seen([*good, *bad])))
    assert (waiting.verdict, "claim-bo" in waiting.what) == (WARNING, True)
    assert (narrow.verdict, "project-x" in narrow.what) == (FAULT, True)


def a_node(resources: dict[str, str], labels: Object | None = None, taints: Any = (), **spec: Any) -> Object:
    has = {"cpu": "15890m", "memory": "64321Mi", "hugepages-2Mi": "0", **resources}
    meta = {"name": "n", "labels": labels or {}}
    return {"metadata": meta, "spec": {"taints": list(taints), **spec}, "status": {"allocatable": has}}


A100 = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"}
TURNS = {
    "nvidia.com/gpu.product": "Tesla-T4-SHARED",
    "nvidia.com/gpu.sharing-strategy": "time-slicing",
    "nvidia.com/gpu.replicas": "4",
}
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
KINDS_OF_NODES = [
    a_node({"nvidia.com/gpu": "4"}, A100, [TAINT]),
    a_node({"nvidia.com/gpu": "8"}, A100, [TAINT]),
    a_node({"nvidia.com/mig-1g.5gb": "7"}, A100),
    a_node({"nvidia.com/gpu": "8"}, TURNS),
    a_node({"nvidia.com/gpu.shared": "10"}, {}),
    a_node({"amd.com/gpu": "2"}),
    a_node({"google.com/tpu": "8"}),
    a_node({"nvidia.com/gpu": "0"}),
    a_node({"xilinx.com/fpga": "1"}, unschedulable=True),
]


def test_devices_become_profiles_that_the_catalogue_takes() -> None:
    found, lacking = devices.devices(facts(nodes=Seen([*KINDS_OF_NODES])))[0], ""
    profiles = [Profile.model_validate(one) for one in YAML(typ="safe").load(found.proposal)["profiles"]]
    wanted = {one.id: one for one in profiles}
    assert sorted(wanted) == [
        "gpu-amd",
        "gpu-nvidia-a100-sxm4-40gb",
        "gpu-nvidia-a100-sxm4-40gb-1g-5gb",
        "gpu-shared",
        "gpu-tesla-t4-shared",
        "tpu-google",
    ], lacking
    whole = wanted["gpu-nvidia-a100-sxm4-40gb"]
    assert (whole.cpu, whole.memory, whole.resources) == (1, 7 * 1024, {"nvidia.com/gpu": 1})
    assert whole.kubernetes.node_selector == {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"}
    assert whole.kubernetes.tolerations == (
        Toleration(key="nvidia.com/gpu", value="present", effect="NoSchedule"),
    )
    assert wanted["gpu-nvidia-a100-sxm4-40gb-1g-5gb"].resources == {"nvidia.com/mig-1g.5gb": 1}
    assert "up to 4" in str(wanted["gpu-tesla-t4-shared"].description)
    assert "amd.com/gpu" in found.next_step


def test_what_the_catalogue_wants_and_nobody_has() -> None:
    none = devices.devices(facts(nodes=Seen([a_node({})])))
    assert [one.verdict for one in none] == [OK, WARNING]
    assert "gpu (nvidia.com/gpu)" in none[1].what
    both = a_node({"nvidia.com/gpu": "1", "nvidia.com/mig-1g.5gb": "7"})
    assert [one.verdict for one in devices.devices(facts(nodes=Seen([both])))] == [OK]
    assert [one.verdict for one in devices.devices(facts(nodes=UNREAD))] == [UNKNOWN]


@pytest.mark.parametrize(
    ("said", "is_"),
    [
        ("4", 4),
        ("3920m", 3.92),
        ("16Gi", 2**34),
        ("1e3", 1000),
        ("100M", 10**8),
        ("", 0),
        ("many", 0),
        ("1Xi", 0),
    ],
)
def test_quantities(said: str, is_: float) -> None:
    assert number(said) == pytest.approx(is_)


def test_ingress_and_websockets() -> None:
    nginx = {"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}
    assert outside.ingress(facts(ingress_classes=Seen([nginx]))).verdict is OK
    assert outside.ingress(facts(ingress_classes=Seen([]))).verdict is WARNING
    assert outside.ingress(facts(ingress_classes=UNREAD)).verdict is UNKNOWN
    answers = {101: OK, 400: FAULT, 404: FAULT, 0: FAULT}
    assert {code: outside.sockets(Socket("https://x", code)).verdict for code in answers} == answers
    assert outside.sockets(None).verdict is UNKNOWN


def test_pods_that_wait_for_their_image() -> None:
    waits = {
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}},
        "image": "x/y:1",
    }
    runs = {"state": {"running": {}}, "image": "x/z:1"}
    stuck = [{"status": {"phase": "Pending", "containerStatuses": [waits, runs]}}]
    [said] = of(FAULT, outside.images(facts(pods=Seen(stuck))))
    assert "x/y:1" in said
    assert "no such host" in said
    assert of(OK, outside.images(facts(pods=Seen([{"status": {"containerStatuses": [runs]}}]))))
    assert of(UNKNOWN, outside.images(facts(pods=UNREAD)))


@pytest.mark.parametrize(
    ("probed", "verdicts"),
    [
        (None, {"network": UNKNOWN}),
        (Probed("x", problem="forbidden"), {"network": UNKNOWN}),
        (Probed("x", True, problem="no such host"), {"images": FAULT, "network": UNKNOWN}),
        (Probed("x", True, True, problem="denied"), {"images": OK, "claims": FAULT, "network": UNKNOWN}),
        (Probed("x", True, True, True, False), {"images": OK, "claims": OK, "network": UNKNOWN}),
        (Probed("x", True, True, True, True, problem="z"), {"images": OK, "claims": OK, "network": UNKNOWN}),
        (Probed("x", True, True, True, True, False), {"images": OK, "claims": OK, "network": FAULT}),
        (Probed("x", True, True, True, True, True), {"images": OK, "claims": OK, "network": OK}),
        (Probed("x", True, True, True, True, True, "z"), {"images": OK, "claims": OK, "network": UNKNOWN}),
    ],
)
def test_what_pods_saw(probed: Probed | None, verdicts: dict[str, Verdict]) -> None:
    assert {one.check: one.verdict for one in network.probed(probed)} == verdicts


def test_the_pods_of_the_probe_are_restricted_and_end_by_themselves() -> None:
    pods = Pods(tolerations=(Toleration(key="a", operator="Exists"),), pull_secrets=("registry",))
    volume = {"claim-1": Volume("home", "ReadWriteOnce", "")}
    made = [
        probes.listener("notebench-doctor-1-listener", "1", "x", pods, volume),
        probes.caller("notebench-doctor-1-before", "1", "x", pods, address="10.0.0.1", wanted="open"),
    ]
    for one in made:
        assert violations(one) == []
        assert one["spec"]["activeDeadlineSeconds"] <= 600
        assert one["spec"]["tolerations"] == [{"key": "a", "operator": "Exists"}]
    chosen = probes.closed("p", "1")["spec"]["podSelector"]["matchLabels"].items()
    assert [chosen <= one["metadata"]["labels"].items() for one in made] == [True, False]


def test_what_the_probe_uses() -> None:
    assert probe_image(CATALOGUE).startswith("notebench/minimal:")
    assert [one.subject for one in probe_volumes(Settings())] == ["home"]
    made = Settings(kubernetes=Kubernetes(pods=Pods(projects=Projects(volumes="made"))))
    assert [one.mode for one in probe_volumes(made)] == ["ReadWriteOnce", "ReadWriteMany"]


@pytest.mark.parametrize(
    ("name", "verdict"), [("files", OK), ("gp3", FAULT), ("own", UNKNOWN), ("nothing", FAULT), ("", FAULT)]
)
def test_volumes_that_are_made_for_projects(name: str, verdict: Verdict) -> None:
    pods, shared = Pods(projects=Projects(volumes="made")), Storage(storage_class=name)
    settings = Settings(kubernetes=Kubernetes(pods=pods, project_storage=shared))
    known = Facts("people", settings, CATALOGUE, classes=Seen([EBS, NFS, OWN]))
    assert storage.projects(known).verdict is verdict


def test_without_any_right_nothing_is_good_and_nothing_breaks() -> None:
    """Each reading refused: what is said then is `not known`, or comes from the catalogue."""
    names = ("classes", "nodes", "claims", "pods", "ingress_classes", "rules", "room")
    found = findings(facts(version=Seen("v1.36.0"), **dict.fromkeys(names, UNREAD)))
    assert {one.check for one in found if one.verdict is OK} == {"version"}
    assert of(FAULT, found) == []
    assert all(one.next_step for one in found if one.verdict is not OK)


def test_the_least_version_is_the_charts() -> None:
    chart = YAML(typ="safe").load(Path(__file__).parents[3] / "helm" / "Chart.yaml")
    assert chart["kubeVersion"].startswith(">=" + ".".join(map(str, basics.LEAST)))
