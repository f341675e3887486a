"""`notebench doctor --kube` as an admin starts it, on a cluster on a real socket."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from notebench_hub.cli import commands
from notebench_hub.doctor import probes
from notebench_spawner.pods import rights
from typer.testing import CliRunner

from tests.kube.conftest import SPACE, Client
from tests.kube.standin.cluster import ADMIN, Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.kinds import CLAIMS, NETWORK_POLICIES, PODS, Kind
from tests.kube.standin.nodes import NodeSpec
from tests.kube.standin.volumes import DISKS, LOCAL, SHARED

CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
GPUS = NodeSpec("gpus", cpu="16", memory="64Gi", resources={"nvidia.com/gpu": "4"})


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "cluster", [NodeSpec("plain"), GPUS]) as running:
        running.namespace(SPACE)
        running.kubeconfig(tmp_path / "kubeconfig", namespace=SPACE)
        yield running


@pytest.fixture
def api(town: Cluster) -> Iterator[Client]:
    with Client(base_url=town.url, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=20) as client:
        yield client


class Doctor:
    """The command, with what it printed."""

    def __init__(self, folder: Path, *words: str, token: str = "", apart: bool = False) -> None:
        """`apart` starts it as a process of its own, in German; else the same code runs here."""
        file = folder / "kubeconfig"
        if token:
            file = folder / "other"
            file.write_text((folder / "kubeconfig").read_text().replace(ADMIN, token))
        env = {"KUBECONFIG": str(file), "NOTEBENCH_STATE_DIR": str(folder / "state"), "LC_ALL": "C.UTF-8"}
        if apart:
            command = [str(Path(sys.executable).with_name("notebench")), "doctor", "--kube", *words]
            env = {**os.environ, **env, "LC_ALL": "de_DE.UTF-8"}
            done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=False)
            self.code, self.out, self.error = done.returncode, done.stdout, done.stderr
        else:
            # The client reads KUBECONFIG once, when it is imported.
            named = () if "--kubeconfig" in words else ("--kubeconfig", str(file))
            ran = CliRunner().invoke(commands, ["doctor", "--kube", *named, *words], env=env)
            assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exc_info
            self.code, self.out, self.error = ran.exit_code, ran.stdout, ran.stderr
        assert "Traceback" not in self.error, self.error

    @property
    def verdicts(self) -> dict[str, Any]:
        """By subject, the worst one."""
        worst = ["ok", "warning", "not-known", "fault"]
        found: dict[str, str] = {}
        for one in json.loads(self.out)["findings"]:
            seen = found.get(one["check"], "ok")
            found[one["check"]] = max(seen, one["verdict"], key=worst.index)
        return found

    def said(self, check: str) -> str:
        """What was found about a subject, in one text."""
        return " ".join(
            f"{one['what']} {one['next_step']}"
            for one in json.loads(self.out)["findings"]
            if one["check"] == check
        )


def test_a_good_cluster_has_no_fault_and_is_left_as_it_was(
    tmp_path: Path, town: Cluster, api: Client
) -> None:
    api.patch(
        f"/api/v1/namespaces/{SPACE}",
        json={"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
        headers={"Content-Type": "application/merge-patch+json"},
    ).raise_for_status()
    api.make("/apis/networking.k8s.io/v1/ingressclasses", {"metadata": {"name": "nginx"}})
    before = town.store.revision
    found = Doctor(tmp_path, "--json")
    assert found.code == 0, found.out
    assert found.verdicts == {
        "version": "ok",
        "clock": "ok",
        "rights": "ok",
        "namespace": "ok",
        "admission": "ok",
        "rules": "ok",
        "storage": "ok",
        "shared-storage": "not-known",
        "devices": "warning",  # the catalogue that ships has a profile of slices
        "network": "not-known",
        "ingress": "ok",
        "websockets": "not-known",
        "images": "warning",  # and images without a digest
    }
    assert town.store.revision == before


def test_people_read_it_in_their_language_with_profiles_for_the_catalogue(
    tmp_path: Path, town: Cluster
) -> None:
    found = Doctor(tmp_path, apart=True)
    assert found.code == 0, found.out
    assert "| - id: gpu" in found.out
    assert "Uhr: Die Uhr des Clusters" in found.out
    assert town.url in found.error


def test_no_storage_class(tmp_path: Path, api: Client) -> None:
    for name in (DISKS, LOCAL, SHARED):
        api.delete(f"{CLASSES}/{name}").raise_for_status()
    found = Doctor(tmp_path, "--json")
    assert found.code == 4
    assert found.verdicts["storage"] == "fault"


def test_values_say_which_class_is_meant(tmp_path: Path, town: Cluster) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("service: {}\nsettings:\n  kubernetes:\n    storage:\n      storage_class: fast\n")
    found = Doctor(tmp_path, "--json", "--values", str(values))
    assert (found.code, found.verdicts["storage"]) == (4, "fault")
    assert "fast" in found.said("storage")
    values.write_text("settings:\n  kubernetes:\n    storage:\n      storage_clas: fast\n")
    refused = Doctor(tmp_path, "--values", str(values))
    assert refused.code == 3
    assert "line 4" in refused.error
    assert "storage_class" in refused.error


def test_a_quota_and_rules_that_have_a_say(tmp_path: Path, api: Client) -> None:
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    api.make(f"/api/v1/namespaces/{SPACE}/resourcequotas", quota)
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    api.make(hooks, {"metadata": {"name": "kyverno"}, "webhooks": []})
    found = Doctor(tmp_path, "--json")
    assert (found.code, found.verdicts["admission"]) == (4, "fault")
    assert "exceeded quota" in found.said("admission")
    assert "kyverno" in found.said("rules")


def test_with_the_rights_of_the_service_only_the_rest_is_not_known(tmp_path: Path, town: Cluster) -> None:
    town.account("token-of-the-service", SPACE, "service", rights.rules(rights.SERVICE))
    found = Doctor(tmp_path, "--json", token="token-of-the-service")
    assert found.code == 4
    verdicts = found.verdicts
    assert verdicts.pop("rights") == "fault"
    assert "create networkpolicies" in found.said("rights")
    assert {name for name, verdict in verdicts.items() if verdict == "not-known"} >= {
        "namespace",
        "admission",
        "rules",
        "storage",
        "devices",
        "ingress",
    }
    assert "fault" not in verdicts.values()
    assert "forbidden" in found.said("devices")


def test_a_namespace_that_is_not_there_yet(tmp_path: Path, town: Cluster) -> None:
    found = Doctor(tmp_path, "--json", "--namespace", "tomorrow")
    assert found.code == 0, found.out
    assert found.verdicts["namespace"] == "not-known"
    assert "kubectl create namespace tomorrow" in found.said("namespace")
    assert "admission" not in found.verdicts or found.verdicts["admission"] != "ok"


def test_nobody_answers(tmp_path: Path, town: Cluster) -> None:
    town.close()
    try:
        found = Doctor(tmp_path)
    finally:
        town.open()
    assert found.code == 4
    assert "does not answer" in found.error
    assert "kubectl version" in found.error
    assert found.out == ""


def test_a_login_that_is_no_good_and_a_kubeconfig_that_is_none(tmp_path: Path, town: Cluster) -> None:
    stranger = Doctor(tmp_path, token="nobody's")
    assert (stranger.code, stranger.out) == (4, "")
    assert "does not accept the login" in stranger.error
    assert "nobody's" not in stranger.error
    for words in (["--kubeconfig", str(tmp_path / "nothing")], ["--context", "elsewhere"]):
        lost = Doctor(tmp_path, *words)
        assert (lost.code, lost.out) == (4, "")
        assert "No kubeconfig leads to a cluster" in lost.error
        assert len(lost.error.splitlines()) == 2, lost.error
    broken = tmp_path / "broken"
    broken.write_text("a: [")
    assert "No kubeconfig leads to a cluster" in Doctor(tmp_path, "--kubeconfig", str(broken)).error


def test_an_address_without_a_hub_behind_it(tmp_path: Path, town: Cluster) -> None:
    found = Doctor(tmp_path, "--json", "--address", town.url)
    assert (found.code, found.verdicts["websockets"]) == (4, "fault")
    assert "404" in found.said("websockets") or "401" in found.said("websockets")
    nobody = Doctor(tmp_path, "--json", "--address", "http://127.0.0.1:9")
    assert (nobody.code, nobody.verdicts["websockets"]) == (4, "fault")


IMAGE = "registry.example/notebench/minimal@sha256:" + "c" * 64
PROBE = ("--probe", "--image", IMAGE)
MADE: tuple[Kind, ...] = (PODS, CLAIMS, NETWORK_POLICIES)


@pytest.fixture
def fitted(town: Cluster) -> Cluster:
    """With the image that the probe uses, and pods that must be Restricted."""
    town.images.add(IMAGE, Image(programs=[Path(sys.executable).parent]))
    return town


def test_a_network_that_enforces_policies(tmp_path: Path, fitted: Cluster) -> None:
    fitted.network.enforces = True
    found = Doctor(tmp_path, "--json", *PROBE)
    assert (found.code, found.verdicts["network"]) == (0, "ok"), found.out
    assert found.verdicts["claims"] == "ok"
    assert [fitted.all(kind, SPACE) for kind in MADE] == [[], [], []]


def test_a_network_that_does_not_and_a_volume_of_projects(
    tmp_path: Path, fitted: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "SETTLED_SECONDS", 4)
    values = tmp_path / "values.yaml"
    values.write_text(
        "settings:\n  kubernetes:\n    project_storage: {storage_class: shared}\n"
        "    pods: {projects: {volumes: made}}\n"
    )
    found = Doctor(tmp_path, "--json", *PROBE, "-f", str(values))
    assert (found.code, found.verdicts["network"]) == (4, "fault"), found.out
    assert found.verdicts["claims"] == "ok"
    made = {one.path.rpartition("/")[2] for one in fitted.api.seen if one.method == "DELETE"}
    assert {name.rpartition("-")[2] for name in made} == {
        "home",
        "project",
        "listener",
        "before",
        "policy",
        "after",
    }
    assert [fitted.all(kind, SPACE) for kind in MADE] == [[], [], []]


def test_a_volume_that_cannot_be_written(tmp_path: Path, town: Cluster) -> None:
    """The program of this image takes its time, then ends as Python does that may not write."""
    programs = tmp_path / "programs"
    programs.mkdir()
    python = programs / "python"
    python.write_text("#!/bin/sh\nsleep 1\necho '/notebench-doctor/home: Permission denied' >&2\nexit 1\n")
    python.chmod(0o755)
    town.images.add(IMAGE, Image(programs=[programs]))
    found = Doctor(tmp_path, "--json", *PROBE)
    assert (found.code, found.verdicts["claims"], found.verdicts["network"]) == (4, "fault", "not-known")
    assert "Permission denied" in found.said("claims")
    assert [town.all(kind, SPACE) for kind in MADE] == [[], [], []]


def test_an_image_that_nodes_do_not_get(tmp_path: Path, town: Cluster) -> None:
    found = Doctor(tmp_path, "--json", *PROBE, "--probe-seconds", "4")
    assert (found.code, found.verdicts["images"], found.verdicts["network"]) == (4, "fault", "not-known")
    assert "cannot be fetched" in found.said("images")
    assert [town.all(kind, SPACE) for kind in MADE] == [[], [], []]


def test_a_right_that_the_probe_lacks(tmp_path: Path, fitted: Cluster, api: Client) -> None:
    """All but policies: then that is not known, with the reason, and nothing stays."""
    everything = {
        "apiGroups": ["*"],
        "resources": ["pods", "pods/log", "persistentvolumeclaims"],
        "verbs": ["*"],
    }
    fitted.account("token-of-half-an-admin", SPACE, "half", [everything])
    found = Doctor(tmp_path, "--json", *PROBE, token="token-of-half-an-admin")
    assert found.verdicts["network"] == "not-known"
    assert "networkpolicies" in found.said("network")
    assert [fitted.all(kind, SPACE) for kind in MADE] == [[], [], []]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ended_in_the_middle_it_leaves_nothing(tmp_path: Path, town: Cluster, how: signal.Signals) -> None:
    """The image is not there, so it waits when it is told to end."""
    command = [str(Path(sys.executable).with_name("notebench")), "doctor", "--kube", *PROBE]
    env = {
        **os.environ,
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
        "NOTEBENCH_STATE_DIR": str(tmp_path / "s"),
    }
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        ends = time.monotonic() + 60
        while not town.all(PODS, SPACE) and time.monotonic() < ends:
            time.sleep(0.1)
        assert town.all(PODS, SPACE)
        running.send_signal(how)
        _, said = running.communicate(timeout=90)
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert [town.all(kind, SPACE) for kind in MADE] == [[], [], []]
