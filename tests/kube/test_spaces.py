"""People and projects with namespaces of their own: each workload is in its own, and is found again there."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from notebench.contract.errors import Refused
from notebench_spawner.backends.base import Phase
from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.backends.kubernetes.backend import KubernetesBackend
from notebench_spawner.backends.kubernetes.connecting import connection
from notebench_spawner.backends.kubernetes.spaces import Spaces
from notebench_spawner.placement import Placement
from notebench_spawner.pods import rights
from notebench_spawner.pods.names import namespace
from notebench_spawner.pods.settings import Grace, Namespaces, Pods
from notebench_spawner.sessions.home_space import space_of_start
from notebench_spawner.workload import Workload

from tests.contract.conftest import DIGEST, HOME, workload
from tests.hub.workbench import Person, wait_for
from tests.kube.standin import writing
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.kinds import CLAIMS, JOBS, PODS, SECRETS
from tests.kube.test_sessions import DIGEST as SCIENTIFIC
from tests.kube.test_sessions import SPACE, KubeBench, start, stop

OWN = Namespaces(people="of-{user}", projects="p-{project}")
SPACES = ("of-ada", "of-admin", "p-kelp")


def run(acting_for: str, behaviour: str = "stays") -> Workload:
    made = workload(Path("/home/ada"), behaviour)
    small = made.hardware.model_copy(update={"placement": Placement(cpu_request=0.1)})
    image = made.image.model_copy(update={"digest": DIGEST})
    return made.model_copy(update={"acting_for": acting_for, "hardware": small, "image": image})


async def test_runs_are_in_their_namespaces_and_found_there(tmp_path: Path) -> None:
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp") as folder,  # /tmp is a volume of the pods
        Cluster(tmp_path / "cluster") as cluster,
    ):
        (Path(folder) / "bin").mkdir()
        (Path(folder) / "bin" / "python").symlink_to(Path(sys.executable).resolve())
        cluster.images.add(DIGEST, Image())
        for space in ("all", *SPACES):
            cluster.namespace(space)
        user = cluster.account("token", "of-ada", "service", rights.rules(rights.SERVICE))
        for space in ("all", "p-kelp"):
            cluster.access.bind(user, rights.rules(rights.SERVICE), space)
        for space in ("of-ada", "p-kelp"):
            home = deepcopy(HOME)
            cluster.call(lambda space=space, home=home: writing.create(cluster.store, CLAIMS, space, home))
        connect = connection(cluster.kubeconfig(tmp_path / "kubeconfig", "token"))
        settings = Pods(environment=folder, grace_seconds=Grace(run=1))
        apis: list[Api] = []

        def again() -> Spaces:
            def make(space: str) -> KubernetesBackend:
                apis.append(Api(connect, space))
                return KubernetesBackend(apis[-1], settings)

            return Spaces("all", lambda one: namespace(OWN, "all", one.user, one.acting_for), make)

        backend = again()
        hers, ours = [await backend.start(run(acting_for)) for acting_for in ("personal", "kelp")]
        assert {space: len(cluster.all(JOBS, space)) for space in SPACES} == {
            "of-ada": 1,
            "of-admin": 0,
            "p-kelp": 1,
        }
        later = again()
        async with asyncio.timeout(30):
            while {one.phase for one in await later.observe([ours, hers])} != {Phase.running}:
                await asyncio.sleep(0.05)
        assert [one.handle for one in await later.observe([ours, hers])] == [ours, hers]
        async with asyncio.timeout(30):
            while [line async for line in later.logs(hers)] != ["here"]:
                await asyncio.sleep(0.05)
        found = await later.strays({hers.workload})
        assert [(one.workload, one.where) for one in found] == [
            (ours.workload, f"p-kelp: job/{ours.workload}")
        ]
        for handle in (hers, ours):
            await later.stop(handle)
        assert {one.phase for one in await again().observe([hers, ours])} == {Phase.failed}
        for api in apis:
            await api.close()


class SpacedBench(KubeBench):
    """The hub of the tests, where people have namespaces of their own."""

    def __init__(self, root: Path, cluster: Cluster) -> None:
        super().__init__(root, cluster)
        own = "import Namespaces\nc.CatalogueKubeSpawner.cluster = Pods("
        own = f"{own}namespaces=Namespaces(people={OWN.people!r}, projects={OWN.projects!r}), "
        text = self.config.read_text()
        self.config.write_text(
            text.replace(
                "c.CatalogueKubeSpawner.cluster = Pods(", f"from notebench_spawner.pods.settings {own}"
            )
        )
        for space in SPACES:
            cluster.access.bind(self.user, rights.rules(rights.HUB), space)


@pytest.fixture(scope="module")
def bench() -> Iterator[SpacedBench]:
    # Not below /tmp: that is a volume of the pods.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, Cluster(Path(folder) / "cluster") as cluster:
        for space in (SPACE, *SPACES):
            cluster.namespace(space)
        cluster.images.add(SCIENTIFIC, Image())
        opened = SpacedBench(Path(folder), cluster)
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


def test_a_session_is_in_its_namespace_also_after_the_hub_was_away(bench: SpacedBench) -> None:
    person = Person(bench, "admin", bench.admin_password())
    for acting_for, space in (("personal", "of-admin"), ("kelp", "p-kelp")):
        server = start(person, image="scientific", profile="small", acting_for=acting_for)
        assert person.http.get(server["url"] + "lab").status_code == 200
        assert len(bench.cluster.all(PODS, space)) == len(bench.cluster.all(SECRETS, space)) == 1
        assert [one["metadata"]["name"] for one in bench.cluster.all(CLAIMS, space)] == ["claim-admin"]
        bench.kill("hub")
        bench.start("hub")
        bench.wait_hub()
        person = Person(bench, "admin", bench.admin_password())
        assert person.server()
        stop(person)
        wait_for(lambda space=space: not bench.cluster.all(PODS, space), 30)  # type: ignore[misc]
    assert bench.cluster.all(PODS, SPACE) == []


def test_where_no_namespace_is_made_it_is_said_and_once_it_is_sessions_start(bench: SpacedBench) -> None:
    person = Person(bench, "admin", bench.admin_password())
    options = {"image": "scientific", "profile": "small", "acting_for": "tides"}
    answer = person.api("POST", "users/admin/server", json=options)
    if answer.status_code == 202:
        wait_for(lambda: not person.server(), 60, bench.log)
    (_, told) = bench.service.told[-1]
    assert told.state.value == "failed"
    assert "p-tides" in told.reason
    bench.cluster.namespace("p-tides")
    bench.cluster.access.bind(bench.user, rights.rules(rights.HUB), "p-tides")
    start(person, **options)
    stop(person)


def test_who_had_a_home_where_all_were_is_not_given_an_empty_one() -> None:
    def starts(acting_for: str, before: str, claim: str = "claim-ada", spaces: Namespaces = OWN) -> str:
        names = {"usual": "all", "user": "ada", "acting_for": acting_for}
        return space_of_start(spaces, **names, before=before, claim=claim)

    with pytest.raises(Refused, match="Your home is in the volume 'all/claim-ada'"):
        starts("personal", "all")
    assert starts("personal", "all", claim="") == "of-ada"
    assert starts("kelp", "of-ada") == "p-kelp"
    assert starts("personal", "p-kelp") == "of-ada"
    only_projects = Namespaces(projects=OWN.projects)
    assert starts("kelp", "all", spaces=only_projects) == "p-kelp"
    assert starts("personal", "p-kelp", spaces=only_projects) == "all"
