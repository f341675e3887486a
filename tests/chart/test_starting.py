"""Our parts, started with the very command, keys, settings and probes that their Deployments have."""

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import yaml
from notebench_spawner.catalogue.load import load as load_catalogue

from tests.chart.rendering import ROOT, find, objects
from tests.chart.test_hub_configuration import KUBECONFIG
from tests.hub.workbench import free_ports
from tests.installation import wait_for

STATE = "/var/lib/notebench"


@contextmanager
def pod(part: str) -> Iterator[tuple[dict[str, Any], Path, dict[str, str], int]]:
    """The spec of a part's pod, what it has mounted, its environment and its port on this machine."""
    service, mlflow = free_ports(2)
    addresses = {"service": f"http://127.0.0.1:{service}", "mlflow": f"http://127.0.0.1:{mlflow}"}
    kubernetes = {"addresses": {**addresses, "hub": "http://127.0.0.1:9", "listen": "127.0.0.1"}}
    made = objects({"settings": {"kubernetes": kubernetes}})
    spec = find(made, "Deployment", part)["spec"]["template"]["spec"]
    with TemporaryDirectory() as folder:
        state = Path(folder)
        (state / "settings.yaml").write_text(find(made, "ConfigMap", "notebench")["data"]["settings.yaml"])
        (state / "kubeconfig").write_text(yaml.safe_dump(KUBECONFIG))
        (state / "secrets").mkdir()
        [items] = [one["secret"]["items"] for one in spec["volumes"] if "secret" in one]
        keys = find(made, "Secret", "notebench")["data"]
        for item in items:
            (state / "secrets" / item["path"]).write_bytes(base64.b64decode(keys[item["key"]]))
        said = {one["name"]: one["value"] for one in spec["containers"][0]["env"]}
        env = {**os.environ, **said, "NOTEBENCH_STATE_DIR": folder, "KUBECONFIG": str(state / "kubeconfig")}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        assert said["NOTEBENCH_STATE_DIR"] == STATE
        yield spec, state, env, service if part == "notebench" else mlflow


def words(container: dict[str, Any]) -> list[str]:
    python, *rest = container["command"]
    assert python == "python"
    return [sys.executable, *rest]


@pytest.mark.parametrize("part", ["notebench", "notebench-mlflow"])
def test_it_starts_answers_its_probes_and_makes_no_key_of_its_own(part: str) -> None:
    with pod(part) as (spec, state, env, port):
        given = {file.name for file in (state / "secrets").iterdir()}
        [first], [container] = spec["initContainers"], spec["containers"]
        subprocess.run(words(first), env=env, cwd=state, check=True, timeout=120)
        with (state / "output").open("wb") as output:
            running = subprocess.Popen(words(container), env=env, cwd=state, stdout=output, stderr=output)
        try:
            wait_for(lambda: running.poll() is not None or answers(container, port), 240, f"{part} answers")
            assert running.poll() is None, (state / "output").read_text()[-2000:]
        finally:
            running.terminate()
            running.wait(30)
        assert {file.name for file in (state / "secrets").iterdir()} == given


BECOMES = """
import os
from notebench_hub.service.gateway import mlflow_server
mlflow_server._serve = lambda listening: print(os.environ.get("HOME"), os.environ.get("MLFLOW_RUN_ID"))
mlflow_server.main()
"""


def test_mlflow_keeps_the_home_that_its_image_names() -> None:
    """A cluster makes up accounts that are in no list: only the variable says where their home is."""
    with pod("notebench-mlflow") as (_, state, env, _):
        env |= {"HOME": "/nowhere", "MLFLOW_RUN_ID": "1"}
        done = subprocess.run(
            [sys.executable, "-c", BECOMES], env=env, cwd=state, capture_output=True, text=True, check=False
        )
    assert done.stdout.split() == ["/nowhere", "None"], done.stderr


def answers(container: dict[str, Any], port: int) -> bool:
    return all(asked(container[name]["httpGet"], port) for name in ("startupProbe", "readinessProbe"))


def asked(probe: dict[str, Any], port: int) -> bool:
    headers = {one["name"]: one["value"] for one in probe.get("httpHeaders") or []}
    try:
        return httpx.get(f"http://127.0.0.1:{port}{probe['path']}", headers=headers, timeout=5).is_success
    except httpx.HTTPError:
        return False


def test_a_catalogue_in_a_config_map_has_no_folders(tmp_path: Path) -> None:
    tree = yaml.safe_load((ROOT / "images" / "catalogue.yaml").read_text())
    for image in tree["images"]:
        for version in image["versions"]:
            lock = ROOT / "images" / version["lock"]
            version["lock"] = f"{image['id']}.lock"
            shutil.copyfile(lock, tmp_path / version["lock"])
    (tmp_path / "catalogue.yaml").write_text(yaml.safe_dump(tree))
    shutil.copyfile(ROOT / "images" / "overrides.json", tmp_path / "overrides.json")
    assert len(load_catalogue(tmp_path / "catalogue.yaml").locks) == 3
