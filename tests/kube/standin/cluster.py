"""The whole stand-in: API, scheduler, kubelets and controllers in one thread, on real sockets.

    with Cluster(tmp_path) as cluster:
        cluster.images.add("registry.example/notebook@sha256:…", Image(programs=[environment / "bin"]))
        cluster.namespace("people")
        cluster.kubeconfig(tmp_path / "kubeconfig", "admin-token")

Its state is lost when it stops. `close` and `open` are an API server that is away for a while.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from tests.kube import kubeconfig
from tests.kube.standin import (
    addresses,
    collector,
    nodes,
    quota,
    rbac,
    scheduler,
    volumes,
    writing,
)
from tests.kube.standin.access import Access, User
from tests.kube.standin.api import Api
from tests.kube.standin.control import Control
from tests.kube.standin.deployments import Deployments
from tests.kube.standin.images import Images
from tests.kube.standin.jobs import Jobs
from tests.kube.standin.kinds import NAMESPACES, Kind, Object
from tests.kube.standin.kubelet import Kubelet
from tests.kube.standin.logs import Logs
from tests.kube.standin.nodes import NodeSpec
from tests.kube.standin.podlife import PodLife
from tests.kube.standin.policies import Network
from tests.kube.standin.services import Services
from tests.kube.standin.serving import Door, Loop
from tests.kube.standin.store import Store
from tests.kube.standin.trouble import Trouble, Troubles

T = TypeVar("T")
ADMIN = "token-of-the-admin"


class Cluster:
    """A cluster with nodes, until `stop`. Methods may be called from any thread."""

    def __init__(self, state: Path, machines: Iterable[NodeSpec] = nodes.TWO, *, pace: float = 0.02) -> None:
        self.state, self.store, self.troubles = state, Store(), Troubles()
        self.access = Access(lambda user: rbac.given(self.store, user))
        self.images = Images()
        self.store.network, self._network = addresses.own_network()
        self._kubelet = Kubelet(self.store, state, self.images)
        self._jobs, self._deployments = Jobs(self.store), Deployments(self.store)
        self._services = Services(self.store)
        self.network = Network(self.store)
        self.api = Api(self.store, self.access, self.troubles, Logs(self._kubelet).answer)
        self.control = Control(self.store, self._steps())
        self._loop, self._door = Loop(), Door(self.api)
        self.access.admin(ADMIN)
        self.pace(pace)
        volumes.classes(self.store)
        for one in machines:
            nodes.add(self.store, one)

    def _steps(self) -> list[Callable[[], None]]:
        store = self.store
        return [
            lambda: volumes.step(store),
            lambda: scheduler.step(store),
            self._kubelet.step,
            self._jobs.step,
            self._deployments.step,
            self._services.step,
            lambda: self.network.step(self._kubelet.lives.values()),
            lambda: collector.step(store),
            lambda: quota.count(store),
        ]

    def start(self) -> "Cluster":
        self._loop.start()
        self.open()
        self.call(self.control.start)
        self.namespace("default")
        return self

    def stop(self) -> None:
        """End every process, then complain about controllers that failed."""
        self._loop.call(self.control.stop())
        self._loop.call(self._kubelet.stop())
        self._loop.call(self._services.stop())
        self.close()
        self._loop.stop()
        self._network.close()
        if self.control.failed:
            raise AssertionError("A controller of the stand-in failed:\n" + "\n".join(self.control.failed))

    def __enter__(self) -> "Cluster":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def call(self, work: Callable[[], T]) -> T:
        """Do something where everything happens, and give back what it gave."""

        async def there() -> T:
            return work()

        return self._loop.call(there())

    @property
    def url(self) -> str:
        return self._door.url

    def open(self) -> None:
        """The API answers (again), at the same port."""
        self._loop.call(self._door.open())

    def close(self) -> None:
        """The API is away; pods go on."""
        self._loop.call(self._door.close())

    def as_users(self) -> None:
        """Pods run as the accounts that they name. Only root can, and they must reach the state."""
        self._kubelet.as_users = True

    def pace(self, seconds: float) -> None:
        """How long a second of back-offs and probes lasts."""
        self._kubelet.pace = self._jobs.pace = seconds

    def namespace(self, name: str) -> None:
        """Make a namespace."""
        self.call(lambda: writing.create(self.store, NAMESPACES, "", {"metadata": {"name": name}}))

    def account(self, token: str, namespace: str, name: str, rules: list[Object]) -> User:
        """A service account with a token and a Role's rules."""
        return self.access.account(token, namespace, name, rules)

    def kubeconfig(self, file: Path, token: str = ADMIN, namespace: str = "default") -> Path:
        """What clients read to find and enter this cluster."""
        return kubeconfig.write(file, self.url, token, namespace)

    def find(self, kind: Kind, namespace: str, name: str) -> Object | None:
        return self.call(lambda: self.store.find(kind, namespace, name))

    def all(self, kind: Kind, namespace: str = "") -> list[Object]:
        return self.call(lambda: self.store.all(kind, namespace))

    def trouble(self, trouble: Trouble) -> Trouble:
        return self.troubles.add(trouble)

    def drop_watches(self) -> None:
        """Every open watch ends in the middle."""
        self.troubles.watches.dropped += 1

    def compact(self) -> None:
        """Old revisions are forgotten: who goes on from one gets 410."""
        self.call(self.store.compact)

    def out_of_memory(self, namespace: str, name: str) -> None:
        """The kernel kills the pod's containers for their memory. Transcript: out-of-memory."""
        self.call(lambda: self._life(namespace, name).kill(oom=True))

    def evict(self, namespace: str, name: str) -> None:
        """The node needs memory and fails this pod. Transcript: evicted."""
        said = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. "

        def now() -> None:
            life = self._life(namespace, name)
            life.tell("Evicted", said, warning=True)
            life.fail("Evicted", said)

        self.call(now)

    def _life(self, namespace: str, name: str) -> PodLife:
        found = [one for one in self._kubelet.lives.values() if (one.space, one.name) == (namespace, name)]
        return found[-1]

    def processes(self) -> dict[str, int]:
        """Process ids of everything that runs, by pod and container."""
        return self.call(
            lambda: {
                f"{life.space}/{life.name}/{one.name}": one.process.process.pid
                for life in self._kubelet.lives.values()
                for one in [*life.first, *life.main]
                if one.process
            }
        )
