"""The configuration script of the chart below, run with our values: what it sets and ours do not fight.

`NOTEBENCH_TEST_HUB_CHART` names the folder of that chart's source; without it this is skipped.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from notebench_spawner.pods.pod import pod_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Kind

from tests.chart.rendering import ROOT, defaults, find, objects, read
from tests.chart.test_below import merged
from tests.unit.kubernetes.workloads import LAYER, workload

SOURCE = os.environ.get("NOTEBENCH_TEST_HUB_CHART", "")
ETC = "/usr/local/etc/jupyterhub"
CURL = "tornado.curl_httpclient.CurlAsyncHTTPClient"
SIMPLE = "tornado.simple_httpclient.SimpleAsyncHTTPClient"
"""Instead of the one above, whose library only the hub's image has."""

KEYS = ("ConfigurableHTTPProxy.auth_token", "JupyterHub.cookie_secret", "CryptKeeper.keys")
NAMES = {"hub": "hub", "proxy-api": "proxy-api", "user-scheduler": "user-scheduler"}

KUBECONFIG = {
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "none", "user": {}}],
}
"""Of a cluster that nobody asks."""

RUN = """
import asyncio, json, sys
from pathlib import Path
from traitlets.config import PyFileConfigLoader
from kubernetes_asyncio import client
from tests.unit.kubernetes.workloads import LAYER, workload
from notebench_spawner.workload import Kind

c = PyFileConfigLoader("jupyterhub_config.py", path=sys.argv[1]).load_config()
Spawner = c.JupyterHub.spawner_class

async def nothing(secret):
    pass

async def manifest():
    spawner = Spawner(config=c, _mock=True)
    spawner.workload = workload(Kind.session, layer=LAYER)
    spawner._put_secret = nothing
    made = client.ApiClient().sanitize_for_serialization(await spawner.get_pod_manifest())
    return made, spawner.storage_pvc_ensure

made, claim = asyncio.run(manifest())
print("RESULT" + json.dumps({
    "manifest": made,
    "spawner": f"{Spawner.__module__}.{Spawner.__name__}",
    "authenticator": c.JupyterHub.authenticator_class.__name__,
    "failures": c.Spawner.consecutive_failure_limit,
    "services": [one["name"] for one in c.JupyterHub.services],
    "roles": {one["name"]: one["scopes"] for one in c.JupyterHub.load_roles},
    "db": c.JupyterHub.db_url,
    "hub": c.JupyterHub.hub_connect_url,
    "proxy": c.ConfigurableHTTPProxy.api_url,
    "token": c.ConfigurableHTTPProxy.auth_token,
    "claim": claim,
}))
"""


@pytest.fixture(scope="module")
def hub() -> dict[str, Any]:
    if not SOURCE:
        pytest.skip("NOTEBENCH_TEST_HUB_CHART does not name the source of the chart below.")
    with TemporaryDirectory() as folder:  # nothing of it stays, as it holds keys
        return _run(Path(folder))


def _run(folder: Path) -> dict[str, Any]:
    _write(folder, Path(SOURCE))
    env = {
        **os.environ,
        "NOTEBENCH_STATE_DIR": str(folder / "state"),
        "HUB_SERVICE_PORT": "8081",
        "PROXY_API_SERVICE_PORT": "8001",
        "POD_NAMESPACE": "people",
        "KUBECONFIG": str(folder / "kubeconfig"),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder)],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.partition("RESULT")[2])
    return found | {"place": str(folder / "state")}


def _write(folder: Path, source: Path) -> None:
    """What the pod of the hub has, below a folder instead of the places that are written in the script."""
    for name in ("jupyterhub_config.py", "z2jh.py"):
        text = (source / "files" / "hub" / name).read_text()
        (folder / name).write_text(text.replace(ETC, str(folder)).replace(CURL, SIMPLE))
    ours = defaults()["jupyterhub"]
    secret = folder / "secret"
    for place in (folder / "config", secret, folder / "jupyterhub_config.d", folder / "state" / "secrets"):
        place.mkdir(parents=True)
    for name, called in NAMES.items():
        (folder / "config" / name).write_text(called)
    values = merged(read(source / "values.yaml"), ours)
    release = {"Chart": {"Name": "jupyterhub", "Version": "4.4.0"}, "Release": {"Name": "bench"}}
    (secret / "values.yaml").write_text(yaml.safe_dump(values | release))
    for key in KEYS:
        (secret / f"hub.config.{key}").write_text("ab" * 32)
    for one in ours["hub"]["extraFiles"].values():
        (folder / "jupyterhub_config.d" / Path(one["mountPath"]).name).write_text(one["stringData"])
    made = objects()
    (folder / "state" / "settings.yaml").write_text(
        find(made, "ConfigMap", "notebench")["data"]["settings.yaml"]
    )
    [projected] = [one["projected"]["sources"] for one in ours["hub"]["extraVolumes"] if "projected" in one]
    for item in (item for one in projected for item in one["secret"]["items"]):
        (folder / "state" / "secrets" / item["path"]).write_text("ab" * 32)
    (folder / "kubeconfig").write_text(yaml.safe_dump(KUBECONFIG))


def test_the_pod_is_that_of_the_workload(hub: dict[str, Any]) -> None:
    expected = pod_spec(workload(Kind.session, layer=LAYER), Pods())["spec"]
    made = json.loads(json.dumps(hub["manifest"]["spec"]))
    [container], [wanted] = made["containers"], expected["containers"]
    own = {"command", "args", "env", "envFrom", "ports"}
    assert {k: v for k, v in container.items() if k not in own} == {
        k: v for k, v in wanted.items() if k not in own
    }
    assert {k: v for k, v in made.items() if k != "containers"} == {
        k: v for k, v in expected.items() if k != "containers"
    }


def test_its_labels_let_it_to_the_hub_and_are_those_of_our_policies(hub: dict[str, Any]) -> None:
    labels = hub["manifest"]["metadata"]["labels"]
    assert labels["hub.jupyter.org/network-access-hub"] == "true"
    assert labels["notebench/kind"] == "session"
    assert labels["app.kubernetes.io/name"] == "jupyterhub"


def test_what_is_ours_counts(hub: dict[str, Any]) -> None:
    assert hub["spawner"] == "notebench_spawner.sessions.kube.CatalogueKubeSpawner"
    assert hub["authenticator"] == "Accounts"
    assert hub["failures"] == 0
    assert hub["claim"] is True
    assert hub["db"] == f"sqlite:///{hub['place']}/hub/jupyterhub.sqlite"
    assert hub["hub"] == "http://hub.people:8081"
    assert hub["proxy"] == "http://proxy-api.people:8001"
    assert hub["token"] == "ab" * 32


def test_services_and_roles_are_ours_and_one_that_reads_metrics(hub: dict[str, Any]) -> None:
    assert "jupyterhub-idle-culler" not in hub["services"]
    assert hub["services"][-1] == "prometheus"
    assert hub["roles"]["prometheus"] == ["read:metrics"]
    assert len(hub["services"]) == len(set(hub["services"])) == 3
