"""Which kinds of objects there are, and what differs between them as data."""

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind, with its place in the API."""

    group: str
    version: str
    plural: str
    name: str
    namespaced: bool = True
    has_status: bool = False
    """Its status is written through a subresource of its own."""
    counts_generations: bool = False
    returns_deleted: bool = False
    """DELETE answers with the object and not with a Status. Transcript: delete-answers."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """As errors name it: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified(self) -> str:
        """As validation errors name it: `Pod`, `Deployment.apps`."""
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def prefix(self) -> str:
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"


PODS = Kind("", "v1", "pods", "Pod", has_status=True, counts_generations=True, returns_deleted=True)
SERVICES = Kind("", "v1", "services", "Service", has_status=True, returns_deleted=True)
CLAIMS = Kind(
    "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", has_status=True, returns_deleted=True
)
SECRETS = Kind("", "v1", "secrets", "Secret")
CONFIG_MAPS = Kind("", "v1", "configmaps", "ConfigMap")
EVENTS = Kind("", "v1", "events", "Event")
QUOTAS = Kind("", "v1", "resourcequotas", "ResourceQuota", has_status=True, returns_deleted=True)
ACCOUNTS = Kind("", "v1", "serviceaccounts", "ServiceAccount", returns_deleted=True)
NODES = Kind("", "v1", "nodes", "Node", namespaced=False, has_status=True)
NAMESPACES = Kind("", "v1", "namespaces", "Namespace", namespaced=False, has_status=True)
JOBS = Kind("batch", "v1", "jobs", "Job", has_status=True, counts_generations=True)
DEPLOYMENTS = Kind("apps", "v1", "deployments", "Deployment", has_status=True, counts_generations=True)
BUDGETS = Kind(
    "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", has_status=True, counts_generations=True
)
AUTOSCALERS = Kind(
    "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", has_status=True
)
STORAGE = Kind("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
_RBAC = "rbac.authorization.k8s.io"
ROLES = Kind(_RBAC, "v1", "roles", "Role")
ROLE_BINDINGS = Kind(_RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLES = Kind(_RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDINGS = Kind(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False)
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")
NETWORK_POLICIES = Kind(
    "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", counts_generations=True
)
INGRESS_CLASSES = Kind("networking.k8s.io", "v1", "ingressclasses", "IngressClass", namespaced=False)
_ADMISSION = "admissionregistration.k8s.io"
ADMISSION_POLICIES = Kind(
    _ADMISSION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", namespaced=False
)
VALIDATING_WEBHOOKS = Kind(
    _ADMISSION, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", namespaced=False
)
MUTATING_WEBHOOKS = Kind(
    _ADMISSION, "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", namespaced=False
)

KINDS = [
    PODS, SERVICES, CLAIMS, SECRETS, CONFIG_MAPS, EVENTS, QUOTAS, ACCOUNTS, NODES, NAMESPACES, JOBS,
    DEPLOYMENTS, BUDGETS, AUTOSCALERS, STORAGE, LEASES, NETWORK_POLICIES,
    INGRESS_CLASSES, ADMISSION_POLICIES, VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS,
    ROLES, ROLE_BINDINGS, CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS,
]  # fmt: skip
_BY_PLACE = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}


def at(group: str, version: str, plural: str) -> Kind | None:
    """The kind that the API serves at a place."""
    return _BY_PLACE.get((group, version, plural))


def discovery(group: str, version: str) -> list[Object]:
    """The kinds of one group as clients ask for them before they begin."""
    verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    return [
        {
            "name": kind.plural,
            "singularName": kind.name.lower(),
            "namespaced": kind.namespaced,
            "kind": kind.name,
            "verbs": verbs,
        }
        for kind in KINDS
        if (kind.group, kind.version) == (group, version)
    ]
