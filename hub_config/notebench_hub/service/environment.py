"""What every workload finds around it: its owner's home and environment layer, its variables and secrets."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from notebench.pod import IN_POD
from notebench_spawner.catalogue.layers import layer_path
from notebench_spawner.hands import Hands
from notebench_spawner.workload import Kind

from notebench_hub.place import Instance
from notebench_hub.service.asker import Owner
from notebench_hub.service.mlflow_client.names import CLIENT_ENVIRONMENT, DEFAULT_EXPERIMENT
from notebench_hub.service.names import workspace_name
from notebench_hub.service.ports import Resolved

_ID_VARIABLES: Final = {
    Kind.session: "NOTEBENCH_SESSION_ID",
    Kind.run: "NOTEBENCH_RUN_ID",
    Kind.model_server: "NOTEBENCH_DEPLOYMENT_ID",
}


@dataclass(frozen=True)
class Variables:
    """Environment variables of a workload; `secret` is given to the process and kept nowhere else."""

    env: dict[str, str]
    secret: dict[str, str] = field(repr=False)


class Environment:
    """Knows where the parts of this installation answer and where its people's files lie."""

    def __init__(
        self, instance: Instance, hands: Hands, *, home_size: int = 0, in_pods: bool = False
    ) -> None:
        """`home_size` is what a home may have, in bytes; 0 for no limit. Pods prepare homes themselves."""
        self._in_pods = in_pods
        self._hands = hands
        self._home_size = home_size
        self._inside = f"{instance.service_url}/services/notebench"
        self._outside = f"{instance.public_url}services/notebench/"

    def home(self, user: str) -> Path:
        """Where the user's files are, or will be."""
        return self._hands.home(user)

    def layer(self, owner: Owner, resolved: Resolved) -> Path:
        """Where what this owner adds to this image version is installed; it may not be there yet."""
        return layer_path(self.home(owner.user), owner.acting_for, resolved.image)

    def variables(
        self,
        kind: Kind,
        thing: str,
        owner: Owner,
        resolved: Resolved,
        token: str,
        *,
        layer: Path | None = None,
        attempt: int = 0,
        more: dict[str, str] | None = None,
    ) -> Variables:
        """The variables of the session, run or deployment `thing`; `more` is the caller's own."""
        env = {
            "MLFLOW_TRACKING_URI": f"{self._inside}/mlflow",
            "MLFLOW_WORKSPACE": workspace_name(owner.user, owner.acting_for),
            "MLFLOW_EXPERIMENT_NAME": DEFAULT_EXPERIMENT,
            **CLIENT_ENVIRONMENT,
            "NOTEBENCH_API_URL": f"{self._inside}/api/v1",
            "NOTEBENCH_PUBLIC_URL": self._outside,
            "NOTEBENCH_USER": owner.user,
            "NOTEBENCH_ACTING_FOR": owner.acting_for,
            "NOTEBENCH_IMAGE": resolved.image.image,
            "NOTEBENCH_IMAGE_TITLE": resolved.image_title,
            "NOTEBENCH_IMAGE_VERSION": resolved.image.version,
            "NOTEBENCH_IMAGE_IDENTITY": resolved.image.identity,
            "NOTEBENCH_PROFILE": resolved.hardware.profile,
            "NOTEBENCH_LAYER": str(layer or ""),
            _ID_VARIABLES[kind]: thing,
        }
        if self._in_pods:
            env[IN_POD] = "1"
        if self._home_size:
            env["NOTEBENCH_HOME_SIZE"] = str(self._home_size)
        if attempt:
            env["NOTEBENCH_ATTEMPT"] = str(attempt)
        secret = {"MLFLOW_TRACKING_TOKEN": token, "NOTEBENCH_TOKEN": token}
        return Variables(env | (more or {}), secret)
