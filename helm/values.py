"""What may be set when the chart is installed: the one place where each value is described.

`helm/generate.py` makes `values.yaml` and `values.schema.json` from it and from the settings.
"""

from typing import Annotated, Any, Literal

from notebench_hub.settings import Settings
from pydantic import BaseModel, ConfigDict, Field, create_model

Name = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$")]
Space = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Size = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,6}(Mi|Gi|Ti)$")]
Word = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$")]
Key = Annotated[
    str,
    Field(pattern=r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"),
]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Cidr = Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$")]
Quantity = Annotated[str, Field(pattern=r"^([0-9]+(\.[0-9]{1,3})?|[0-9]+(m|Mi|Gi|Ti))$")]
Amount = Annotated[int, Field(ge=1, le=65535)] | Quantity
Anything = dict[str, Any]


class Part(BaseModel):
    """A part of the tree; a key that is not described here is refused."""

    model_config = ConfigDict(extra="forbid")


class Image(Part):
    """A container image."""

    name: str = Field(
        pattern=r"^[a-z0-9][A-Za-z0-9._/:-]*$", description="Name, with the registry where it is one's own."
    )
    tag: str = Field(
        default="", pattern=r"^[A-Za-z0-9._-]*$", description="Tag; empty for the chart's own version."
    )
    digest: str = Field(
        default="",
        pattern=r"^(sha256:[0-9a-f]{64})?$",
        description="Digest, which counts instead of the tag.",
    )
    pullPolicy: Literal["", "Always", "IfNotPresent", "Never"] = Field(
        default="", description="When it is pulled; empty for the cluster's default."
    )


class Resources(Part):
    """What a container is given."""

    requests: dict[Key, Amount] = Field(default={}, description="What is kept for it.")
    limits: dict[Key, Amount] = Field(default={}, description="What it may not go beyond.")


class Toleration(Part):
    """A taint of nodes that a pod puts up with, as Kubernetes writes it."""

    key: Key | Literal[""] = Field(
        default="", description="The taint's key; empty, with `Exists`, for every taint."
    )
    operator: Literal["Equal", "Exists"] = Field(default="Equal", description="`Equal` compares the value.")
    value: Word = Field(default="", description="The taint's value.")
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        default="", description="Empty for every effect."
    )
    tolerationSeconds: int = Field(default=0, ge=0, description="With `NoExecute`: how long a pod stays.")


class NewVolume(Part):
    """A volume that is made once."""

    size: Size = Field(default="10Gi", description="What a new volume has.")
    storageClass: Name = Field(default="", description="Its class; empty for the cluster's default.")


class Volume(NewVolume):
    """The volume of a part, made once."""

    existingClaim: Name = Field(default="", description="Claim that is there already; then none is made.")


class OfPod(Part):
    """What our pods have in common."""

    resources: Resources = Field(
        default=Resources(requests={"cpu": "100m", "memory": "512Mi"}, limits={"memory": "2Gi"}),
        description="What the pod is given.",
    )
    nodeSelector: dict[Key, Word] = Field(default={}, description="Labels that its node must have.")
    tolerations: list[Toleration] = Field(default=[], description="Taints that it puts up with.")
    priorityClass: Name = Field(default="", description="Its PriorityClass; empty for the cluster's default.")
    labels: dict[Key, Word] = Field(default={}, description="More labels of the pod.")
    annotations: dict[Key, str] = Field(default={}, description="More annotations of the pod.")
    env: dict[Variable, str] = Field(
        default={}, description="More variables, such as HTTPS_PROXY; no secrets."
    )
    volume: Volume = Field(default=Volume(), description="Where its database and files are.")


class Account(Part):
    """Whose processes our pods are; the hub's are in `jupyterhub.hub`."""

    user: int | None = Field(
        default=1000, ge=1, le=2**31 - 1, description="User id; null where the cluster hands one out."
    )
    group: int | None = Field(
        default=1000, ge=1, le=2**31 - 1, description="Group id; null where the cluster hands one out."
    )
    filesGroup: int | None = Field(
        default=1000,
        ge=1,
        le=2**31 - 1,
        description="Group of volumes; null where the cluster hands one out.",
    )


class Catalogue(Part):
    """The catalogue of images and hardware profiles."""

    configMap: Name = Field(
        default="",
        description="ConfigMap with `catalogue.yaml` and the locks that it names, for one of your own; "
        "empty for the one that `settings.catalogue` names, or that ships.",
    )


class Secrets(Part):
    """The keys with which the parts know each other, and the first admin's password."""

    create: bool = Field(
        default=True,
        description="Make the Secret `notebench` at the first installation, and keep it as it is at every "
        "upgrade. False: it is there already, with the keys that docs/kubernetes.md lists. Say so where "
        "manifests are made without a look at the cluster (`helm template`, Argo CD): that would make new "
        "keys each time.",
    )


class Databases(Part):
    """Passwords of the databases that `settings.databases` names."""

    secret: Name = Field(
        default="notebench-databases",
        description="Secret with the passwords of the PostgreSQL databases that `settings.databases` names; "
        "empty where they need none. The hub takes its own by `jupyterhub.hub.extraEnv`, with the key `hub`.",
    )
    serviceKey: Word = Field(default="service", description="Its key with the service's password.")
    mlflowKey: Word = Field(default="mlflow", description="Its key with MLflow's password.")


class PostgreSql(Part):
    """A PostgreSQL server of the chart's own."""

    enabled: bool = Field(
        default=False,
        description="Make a PostgreSQL server of one pod with one volume, and a database on it for hub, "
        "service and MLflow. Nobody copies it anywhere: back it up.",
    )
    image: Image = Field(
        default=Image(name="docker.io/library/postgres", tag="17"),
        description="The official image, or one that starts in the same way.",
    )
    resources: Resources = Field(
        default=Resources(requests={"cpu": "100m", "memory": "512Mi"}, limits={"memory": "2Gi"}),
        description="What the pod is given.",
    )
    nodeSelector: dict[Key, Word] = Field(default={}, description="Labels that its node must have.")
    tolerations: list[Toleration] = Field(default=[], description="Taints that it puts up with.")
    priorityClass: Name = Field(default="", description="Its PriorityClass; empty for the cluster's default.")
    volume: NewVolume = Field(default=NewVolume(), description="Where its databases are.")


class ObjectStore(Part):
    """The key for the object store that `settings.artifacts` names."""

    secret: Name = Field(
        default="",
        description="Secret with the access key for the object store that `settings.artifacts` names, whose "
        "id is `settings.artifacts.key_id`.",
    )
    key: Word = Field(default="secret-access-key", description="Its key with the access key.")


class Rbac(Part):
    """Rights in the cluster. All are namespaced, unless `settings.kubernetes.see_nodes` asks for nodes."""

    create: bool = Field(
        default=True, description="Make the Roles of hub and service; false if you bind them yourself."
    )


class Network(Part):
    """Who may talk to whom. It holds where the cluster's network enforces NetworkPolicies."""

    enabled: bool = Field(default=True, description="Make the NetworkPolicies.")
    dnsNamespace: Name = Field(
        default="kube-system", description="Namespace of the pods that answer for names."
    )
    dnsAddresses: list[Cidr] = Field(
        default=[], description="Addresses that answer for names and are no pods, such as NodeLocal DNSCache."
    )
    internet: bool = Field(
        default=True, description="Sessions and notebook runs reach the internet; false without one."
    )
    notInternet: list[Cidr] = Field(
        default=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"],
        description="What is not the internet: private networks, with nodes, pods and the API server, "
        "and the cloud's metadata. Add the public address of your API server if it has one.",
    )
    notInternet6: list[Cidr] = Field(
        default=["fc00::/7", "fe80::/10"],
        description="The same for IPv6; the cloud's metadata is in there too.",
    )
    alsoReach: list[Anything] = Field(
        default=[],
        description="More that sessions and notebook runs reach, as egress rules of a NetworkPolicy: a "
        "mirror for pip, a database.",
    )


class Pool(Part):
    """Nodes that get images before people ask for them."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")] = Field(
        description="Word for the pool."
    )
    nodeSelector: dict[Key, Word] = Field(default={}, description="Labels that its nodes have.")
    tolerations: list[Toleration] = Field(default=[], description="Taints that its nodes have.")
    images: list[Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9._/:@-]*$")]] = Field(
        default=[], description="Images, each with its digest; those with CUDA only for nodes with GPUs."
    )


class PrePuller(Part):
    """A DaemonSet for each pool of nodes, whose pods do nothing but have the images."""

    pools: list[Pool] = Field(default=[], description="The pools; none for no pre-pulling.")
    pause: Image = Field(
        default=Image(name="registry.k8s.io/pause", tag="3.10.2"),
        description="What runs afterwards: nothing.",
    )


class PriorityClasses(Part):
    """Who goes first when a node is full."""

    create: bool = Field(
        default=False,
        description="Make the classes `notebench-session`, `notebench-model-server` and `notebench-run`, and "
        "use them. They are objects of the whole cluster: who installs needs that right, Notebench itself "
        "does not. Without them all workloads are equal.",
    )
    session: int = Field(default=300, ge=-1_000_000, le=1_000_000, description="Sessions.")
    modelServer: int = Field(default=200, ge=-1_000_000, le=1_000_000, description="Model servers.")
    run: int = Field(default=100, ge=-1_000_000, le=1_000_000, description="Notebook runs; they wait first.")


class Watched(Part):
    """An object for the Prometheus operator or for Grafana."""

    enabled: bool = Field(default=False, description="Make it.")
    labels: dict[Key, Word] = Field(default={}, description="Labels by which it is found.")


class Monitoring(Part):
    """What an operator looks at."""

    serviceMonitor: Watched = Field(
        default=Watched(),
        description="ServiceMonitor that asks the hub for its metrics, with a token of its own.",
    )
    rules: Watched = Field(default=Watched(), description="PrometheusRule with alerts.")
    dashboards: Watched = Field(
        default=Watched(labels={"grafana_dashboard": "1"}), description="ConfigMap with Grafana's dashboard."
    )


class Route(Part):
    """OpenShift's way in, instead of an Ingress."""

    enabled: bool = Field(default=False, description="Make a Route to the proxy.")
    host: Name = Field(default="", description="Its host name; empty for one that the cluster makes up.")
    timeoutSeconds: int = Field(
        default=3600, ge=1, description="How long a silent websocket is kept open; kernels use them."
    )


class Values(Part):
    """All of it."""

    image: Image = Field(
        default=Image(name="notebench/service"), description="Image of the service and of MLflow's server."
    )
    pullSecrets: list[Name] = Field(default=[], description="Secrets with which our images are pulled.")
    account: Account = Field(default=Account(), description="Whose processes our pods are.")
    catalogue: Catalogue = Field(default=Catalogue(), description="Images and hardware profiles.")
    secrets: Secrets = Field(default=Secrets(), description="Keys and the first password.")
    databases: Databases = Field(default=Databases(), description="Passwords of PostgreSQL databases.")
    postgresql: PostgreSql = Field(
        default=PostgreSql(), description="A PostgreSQL server of the chart's own."
    )
    objectStore: ObjectStore = Field(
        default=ObjectStore(), description="Key for an object store with MLflow's artifacts."
    )
    service: OfPod = Field(default=OfPod(), description="The Notebench service, with the gateway.")
    mlflow: OfPod = Field(
        default=OfPod(volume=Volume(size="50Gi")), description="MLflow's server; only the gateway reaches it."
    )
    keepData: bool = Field(
        default=True,
        description="`helm uninstall` leaves the volumes and the keys. Homes are made by the hub, not by the "
        "chart: they stay in any case.",
    )
    workloadNamespaces: list[Space] = Field(
        default=[],
        description="More namespaces of workloads, where `settings.kubernetes.pods.namespaces` gives people "
        "or projects their own: rights and network policies are made there. The namespaces must be there.",
    )
    rbac: Rbac = Field(default=Rbac(), description="Rights in the cluster.")
    serviceAccountAnnotations: dict[Key, str] = Field(
        default={}, description="Annotations of the service's ServiceAccount, such as a cloud's role."
    )
    networkPolicy: Network = Field(default=Network(), description="Who may talk to whom.")
    prePuller: PrePuller = Field(default=PrePuller(), description="Images that nodes have beforehand.")
    priorityClasses: PriorityClasses = Field(default=PriorityClasses(), description="Who goes first.")
    monitoring: Monitoring = Field(default=Monitoring(), description="Metrics, alerts, dashboard.")
    route: Route = Field(default=Route(), description="OpenShift's way in.")


OF_THE_CHART = ("mode",)
"""Settings that the chart decides."""

OnCluster = create_model(
    "OnCluster",
    __base__=Part,
    **{
        name: (field.annotation, field)
        for name, field in Settings.model_fields.items()
        if name not in OF_THE_CHART
    },  # type: ignore[call-overload]
)
