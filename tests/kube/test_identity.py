"""Pods of the stand-in as accounts of their own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kube.conftest import CLAIMS, IMAGE, PODS, SPACE, Client, pod
from tests.kube.standin.cluster import ADMIN, Cluster
from tests.kube.standin.images import Image
from tests.kube.test_pods import claim

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes as others")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts can go through, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="notebench-kube-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def test_a_pod_runs_as_the_account_that_it_names(open_folder: Path) -> None:
    with Cluster(open_folder) as cluster:
        cluster.as_users()
        cluster.namespace(SPACE)
        cluster.images.add(IMAGE, Image(folders=["/home/jovyan"]))
        api = Client(base_url=cluster.url, headers={"Authorization": f"Bearer {ADMIN}"})
        api.make(CLAIMS, claim("home"))
        see = "id -u; id -G; touch /home/jovyan/x /data/y && stat -c %U:%g /data; kill -0 1 || echo no"
        container = {
            "command": ["sh", "-c", see],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        }
        body = pod(
            "one",
            container=container,
            securityContext={"runAsUser": 123456, "fsGroup": 7777},
            volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "home"}}],
        )
        api.make(PODS, body)
        api.until(f"{PODS}/one", lambda one: one["status"]["phase"] in ("Succeeded", "Failed"))
        lines = api.get(f"{PODS}/one/log").text.split("\n")
        assert lines[0] == "123456"
        assert set(lines[1].split()) == {"0", "7777"}
        assert (lines[2], lines[-2]) == ("root:7777", "no")
        api.phase("one", "Succeeded")
