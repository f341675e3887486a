"""Sessions on a cluster: a real hub with our KubeSpawner, and pods that are processes here."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from notebench.contract.sessions import SessionRequest
from notebench_spawner.pods import rights
from notebench_spawner.workload import Workload

from tests.hub.standin import StandIn
from tests.hub.workbench import Person, Workbench, stand_in_environment, wait_for
from tests.kube.standin.api import Seen
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.kinds import CLAIMS, PODS, SECRETS, Kind
from tests.kube.standin.trouble import Trouble

DIGEST = "registry.example/scientific@sha256:" + "ab12" * 16
SPACE = "people"
TOKEN = "token-of-the-hub"

CONFIG = """
from notebench_hub.hub import configure
configure(c)
from notebench_spawner.pods.settings import Pods
from notebench_spawner.sessions.kube import CatalogueKubeSpawner
c.JupyterHub.spawner_class = CatalogueKubeSpawner
for name in ("service_url", "service_key", "language_of", "translator"):
    c.CatalogueKubeSpawner[name] = c.CatalogueLocalSpawner[name]
c.CatalogueKubeSpawner.cluster = Pods(environment={environment!r})
c.KubeSpawner.namespace = "people"
c.KubeSpawner.storage_capacity = "1Gi"
c.KubeSpawner.start_timeout = 60
c.Spawner.args = ["--allow-root"]  # pods are processes of this account here
"""


class OnCluster(StandIn):
    """Grants with an image at a digest."""

    def _grant(self, body: SessionRequest) -> Workload:
        granted = super()._grant(body)
        image = granted.image.model_copy(update={"digest": DIGEST})
        return granted.model_copy(update={"image": image, "home": Path("/home/ada")})


class KubeBench(Workbench):
    """The hub of the tests, with its sessions on a cluster."""

    def __init__(self, root: Path, cluster: Cluster) -> None:
        super().__init__(root)
        self.cluster = cluster
        self.service = OnCluster(
            self.instance.service_port, self.place.secret("hub-service-key"), self.place.homes
        )
        environment = root / "environment"
        stand_in_environment(environment)
        self.config = root / "hub.py"
        self.config.write_text(CONFIG.format(environment=str(environment)))
        self.user = cluster.account(TOKEN, SPACE, "hub", rights.rules(rights.HUB))
        self.environ["KUBECONFIG"] = str(cluster.kubeconfig(root / "kubeconfig", TOKEN, SPACE))
        import os

        self.environ["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")

    def start(self, name: str) -> None:
        from notebench_hub.supervisor import embedded

        programs = embedded.programs
        was = programs.hub_configuration
        programs.hub_configuration = lambda: self.config  # type: ignore[assignment]
        try:
            super().start(name)
        finally:
            programs.hub_configuration = was


@pytest.fixture(scope="module")
def bench() -> Iterator[KubeBench]:
    # Not below /tmp: that is a volume of the pods.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, Cluster(Path(folder) / "cluster") as cluster:
        cluster.namespace(SPACE)
        cluster.images.add(DIGEST, Image())
        opened = KubeBench(Path(folder), cluster)
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


@pytest.fixture
def admin(bench: KubeBench) -> Iterator[Person]:
    person = Person(bench, "admin", bench.admin_password())
    yield person
    for name in list(person.api("GET", "users/admin").json()["servers"]):
        stop(person, name)


def start(person: Person, server: str = "", **options: Any) -> dict[str, Any]:
    where = f"users/admin/servers/{server}" if server else "users/admin/server"
    answer = person.api("POST", where, json=options or {"image": "scientific", "profile": "small"})
    assert answer.status_code in (201, 202), answer.text + "".join(
        f.read_text()[-3000:] for f in person.bench.cluster.state.glob("logs/*/*/*.log")
    )
    return person.wait_ready(server, 90)


def stop(person: Person, server: str = "") -> None:
    where = f"users/admin/servers/{server}" if server else "users/admin/server"
    answer = person.api("DELETE", where)
    assert answer.status_code in (202, 204), answer.text
    wait_for(lambda: not person.server(server), 60, person.bench.log)


def test_start_and_stop(bench: KubeBench, admin: Person) -> None:
    server = start(admin)
    assert admin.http.get(server["url"] + "lab").status_code == 200
    [pod] = bench.cluster.all(PODS, SPACE)
    assert pod["metadata"]["name"] == "session--admin"
    assert pod["metadata"]["labels"]["component"] == "singleuser-server"
    assert "nbt_session_test" not in json.dumps(pod)
    [container] = pod["spec"]["containers"]
    assert container["image"] == DIGEST
    [secret] = bench.cluster.all(SECRETS, SPACE)
    assert secret["metadata"]["ownerReferences"][0]["uid"] == pod["metadata"]["uid"]
    assert bench.cluster.find(CLAIMS, SPACE, "claim-admin")
    session = pod["metadata"]["labels"]["notebench/workload"].removeprefix("session-")
    wait_for(lambda: bench.service.states(session) == ["running"], 10)
    stop(admin)
    wait_for(lambda: not bench.cluster.all(PODS, SPACE), 30)
    wait_for(lambda: not bench.cluster.all(SECRETS, SPACE), 30)
    wait_for(lambda: bench.service.states(session) == ["running", "stopped"], 10)


def test_an_end_that_nobody_asked_for(bench: KubeBench, admin: Person) -> None:
    start(admin)
    bench.cluster.evict(SPACE, "session--admin")
    wait_for(lambda: not admin.server(), 60, bench.log)
    (_, told) = bench.service.told[-1]
    assert told.state.value == "failed"
    assert told.reason.startswith("The cluster took it away from its node: The node was low on resource")


def test_what_is_refused(bench: KubeBench, admin: Person) -> None:
    answer = admin.api("POST", "users/admin/server", json={"imgae": "x"})
    assert answer.status_code == 400
    assert "Did you mean 'image'?" in answer.text
    assert not bench.cluster.all(PODS, SPACE)


def test_a_pod_in_the_way_is_replaced(bench: KubeBench, admin: Person) -> None:
    """What a hub that was killed in the middle of a start left behind."""
    start(admin)
    [left] = bench.cluster.all(PODS, SPACE)
    bench.kill("hub")
    state = bench.place.hub / "jupyterhub.sqlite"
    import sqlite3

    with sqlite3.connect(state) as db:
        db.execute("update spawners set state = '{}', server_id = null")
    bench.start("hub")
    bench.wait_hub()
    again = Person(bench, "admin", bench.admin_password())
    start(again)
    [pod] = bench.cluster.all(PODS, SPACE)
    assert pod["metadata"]["uid"] != left["metadata"]["uid"]
    session = pod["metadata"]["labels"]["notebench/workload"].removeprefix("session-")
    assert bench.service.states(session) == ["running"]


def test_the_hubs_rights_are_enough_and_none_is_too_many(bench: KubeBench, admin: Person) -> None:
    start(admin)
    stop(admin)
    assert 403 not in {seen.code for seen in of_hub(bench)}
    for resource in ("persistentvolumeclaims", "pods"):
        bench.cluster.trouble(Trouble(403, "Forbidden", "POST", f".*/{resource}"))
    refused(admin, "other")  # a server of its own, which asks for the volume again
    asked = {(seen.path.split(f"/namespaces/{SPACE}/")[1].split("/")[0], seen.verb) for seen in of_hub(bench)}
    assert asked == {(right.resource, verb) for right in rights.HUB for verb in right.verbs}


@pytest.mark.parametrize(
    ("resource", "verb"),
    [("pods", "create"), ("secrets", "create"), ("secrets", "patch")],
)
def test_without_a_right_a_start_says_so(bench: KubeBench, admin: Person, resource: str, verb: str) -> None:
    bench.cluster.access.take(bench.user, verb, resource)
    try:
        said = refused(admin)
    finally:
        bench.cluster.access.bind(bench.user, rights.rules(rights.HUB), SPACE)
    assert f'cannot {verb} resource "{resource}"' in said
    wait_for(lambda: not bench.cluster.all(PODS, SPACE), 30)
    wait_for(lambda: not bench.cluster.all(SECRETS, SPACE), 30)


@contextmanager
def without(bench: KubeBench, resource: str, verb: str) -> Iterator[Callable[[], bool]]:
    """The hub has one right less; whether its log says so since."""
    log = bench.place.logs / "hub.log"
    begin = len(log.read_bytes())
    words = [f'cannot {verb} resource "{resource}"']
    if verb == "watch":
        words.append("Error when watching resources")  # what was answered KubeSpawner does not say there
    bench.cluster.access.take(bench.user, verb, resource)
    try:
        yield lambda: any(one in log.read_bytes()[begin:].decode().replace("\\", "") for one in words)
    finally:
        bench.cluster.access.bind(bench.user, rights.rules(rights.HUB), SPACE)


@pytest.mark.parametrize("verb", ["list", "watch"])
@pytest.mark.parametrize("resource", ["pods", "events"])
def test_without_a_right_to_see_the_log_says_so(
    bench: KubeBench, admin: Person, resource: str, verb: str
) -> None:
    start(admin)  # from then on it watches
    with without(bench, resource, verb) as logged:
        bench.cluster.drop_watches()
        wait_for(logged, 60, bench.log)


def test_when_it_sees_again_sessions_start(bench: KubeBench, admin: Person) -> None:
    assert start(admin)["ready"]


def test_without_the_right_to_delete_pods_none_ends(bench: KubeBench, admin: Person) -> None:
    """The hub forgets it all the same; the service names it among the strays."""
    start(admin)
    [before] = bench.cluster.all(PODS, SPACE)
    with without(bench, "pods", "delete"):
        admin.api("DELETE", "users/admin/server")
        wait_for(lambda: not admin.server(), 60, bench.log)
        assert [seen.code for seen in of_hub(bench) if seen.verb == "delete"][-1] == 403
        [left] = bench.cluster.all(PODS, SPACE)
    assert left["metadata"]["uid"] == before["metadata"]["uid"]
    start(admin)  # which takes it out of its way
    [again] = bench.cluster.all(PODS, SPACE)
    assert again["metadata"]["uid"] != left["metadata"]["uid"]


def test_without_the_right_to_delete_secrets_that_of_a_failed_start_stays(
    bench: KubeBench, admin: Person
) -> None:
    bench.cluster.trouble(Trouble(403, "Forbidden", "POST", ".*/pods"))
    with without(bench, "secrets", "delete"):
        refused(admin)
        [left] = bench.cluster.all(SECRETS, SPACE)
    gone(bench, SECRETS, left["metadata"]["name"])


def test_without_the_right_to_make_volumes_who_has_none_cannot_start(bench: KubeBench, admin: Person) -> None:
    admin.api("POST", "users/zoe")
    with without(bench, "persistentvolumeclaims", "create"):
        assert 'cannot create resource "persistentvolumeclaims"' in refused(admin, user="zoe")


def gone(bench: KubeBench, kind: Kind, name: str) -> None:
    """Take an object away at once."""
    bench.cluster.call(lambda: bench.cluster.store.remove(kind, SPACE, name))


def test_without_the_right_to_look_at_a_volume_a_quota_keeps_who_has_one_from_starting(
    bench: KubeBench, admin: Person
) -> None:
    """Where no volume may be made it is looked whether one is there, and it cannot be."""
    admin.api("POST", "users/yves")
    [mine] = [one for one in bench.cluster.all(CLAIMS, SPACE) if one["metadata"]["name"] == "claim-admin"]
    his = mine | {"metadata": mine["metadata"] | {"name": "claim-yves", "uid": "of-yves"}}
    bench.cluster.call(lambda: bench.cluster.store.put(CLAIMS, his))
    bench.cluster.trouble(Trouble(403, "Forbidden", "POST", ".*/persistentvolumeclaims", times=2))
    with without(bench, "persistentvolumeclaims", "get"):
        assert "(403)" in refused(admin, user="yves")
    answer = admin.api("POST", "users/yves/server", json={"image": "scientific", "profile": "small"})
    assert answer.status_code in (201, 202), answer.text
    admin.api("DELETE", "users/yves/server")


def of_hub(bench: KubeBench) -> list[Seen]:
    return [seen for seen in bench.cluster.api.seen if seen.user == bench.user.name]


def refused(person: Person, server: str = "", user: str = "admin") -> str:
    """What is said to somebody whose session cannot start."""
    where = f"users/{user}/servers/{server}" if server else f"users/{user}/server"
    answer = person.api("POST", where, json={"image": "scientific", "profile": "small"})
    if answer.status_code == 202:
        there = lambda: person.api("GET", f"users/{user}").json()["servers"].get(server)  # noqa: E731
        wait_for(lambda: not there(), 60, person.bench.log)
    (_, told) = person.bench.service.told[-1]
    assert told.state.value == "failed"
    return str(told.reason)
