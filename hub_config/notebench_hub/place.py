"""Where an installation on one machine keeps things: one directory, known to every part by one variable."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from notebench.contract.errors import Refused
from pydantic import BaseModel, ConfigDict

VARIABLE = "NOTEBENCH_STATE_DIR"
ENVIRONMENTS = "NOTEBENCH_ENVIRONMENTS_DIR"
SYSTEM_STATE = Path("/var/lib/notebench")
_SOCKET_PATH_LIMIT = 80  # sun_path holds 107 bytes; names below the directory need some of them


class Instance(BaseModel):
    """What `up` decided once and every part reads: ports on loopback and the version that wrote the state."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    state_format: int
    ip: str
    port: int
    """Where people reach the proxy."""
    proxy_api_port: int
    hub_port: int
    service_port: int
    settings_port: int = 0
    """What `doors.port` was then; 0 where an older version decided."""
    separate: bool = False
    """Whether each person had a system account: a restored backup has no list of them, and gets new ones."""

    @property
    def public_url(self) -> str:
        """Address that people open, with a slash at the end."""
        return f"http://{self.ip}:{self.port}/"

    @property
    def service_url(self) -> str:
        """Address of the service for programs on this machine, without the proxy between."""
        return f"http://127.0.0.1:{self.service_port}"

    @property
    def hub_api_url(self) -> str:
        """The hub's REST API, without the proxy between."""
        return f"http://127.0.0.1:{self.hub_port}/hub/api"

    @property
    def hub_beside_url(self) -> str:
        """The same for what runs beside the hub."""
        return self.hub_api_url

    @property
    def hub_bind_url(self) -> str:
        """Where the hub listens."""
        return f"http://127.0.0.1:{self.hub_port}"

    @property
    def proxy_api_url(self) -> str:
        """Where the hub tells the proxy its routes."""
        return f"http://127.0.0.1:{self.proxy_api_port}"


class Place:
    """The state directory and the paths below it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Place":
        """The place a part was started for; else the user's data directory, for root the system's.

        An installation that root has begun in its data directory stays there.
        """
        named = environ.get(VARIABLE)
        if named:
            return cls(Path(named))
        data = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        own = cls(Path(data) / "notebench")
        return own if os.geteuid() != 0 or own.instance_file.exists() else cls(SYSTEM_STATE)

    @property
    def registry(self) -> Path:
        """The system accounts that were made for this installation's people; see `separate`."""
        return self.root / "accounts.json"

    @property
    def separate(self) -> bool:
        """Whether each person has a system account of their own. Then root owns the directory itself."""
        return self.registry.exists()

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.yaml"

    @property
    def instance_file(self) -> Path:
        return self.root / "instance.json"

    @property
    def hub(self) -> Path:
        return self.root / "hub"

    @property
    def service(self) -> Path:
        return self.root / "service"

    @property
    def mlflow(self) -> Path:
        return self.root / "mlflow"

    @property
    def homes(self) -> Path:
        return self.root / "homes"

    @property
    def workloads(self) -> Path:
        """One folder per process that a backend or spawner started: handle, exit record, output."""
        return self.root / "workloads"

    @property
    def warm(self) -> Path:
        """What keepers of warm processes say about them, a file for each."""
        return self.root / "warm"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def environments(self) -> Path:
        """Image environments: content-addressed, so that installations of one account share them.

        With separate accounts they lie in the state directory, where the account that builds them may write.
        """
        named = os.environ.get(ENVIRONMENTS)
        if named:
            return Path(named)
        if self.separate:
            return self.root / "environments"
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        return Path(cache) / "notebench" / "environments"

    @property
    def sockets(self) -> Path:
        """Private directory for Unix sockets: in the state directory, or a short one where that is long."""
        inside = self.root / "run"
        if len(str(inside)) <= _SOCKET_PATH_LIMIT:
            return inside
        short = sha256(str(self.root.resolve()).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"notebench-{self.owner()}-{short}"

    def owner(self) -> int:
        """The account of hub, service, proxy and MLflow: ours, unless root gave them one of their own."""
        if self.separate:
            with contextlib.suppress(OSError):
                return self.hub.stat().st_uid
        return os.getuid()

    @property
    def launcher_sockets(self) -> Path:
        """With separate accounts: the launcher's socket, and the private directories of workloads."""
        return self.root / "rt"

    @property
    def launcher_socket(self) -> Path:
        return self.launcher_sockets / "launcher.sock"

    @property
    def mlflow_socket(self) -> Path:
        return self.sockets / "mlflow.sock"

    def create(self) -> None:
        """Make the directories, readable by their owner only. Safe to repeat."""
        for folder in (
            self.root,
            self.hub,
            self.service,
            self.mlflow,
            self.homes,
            self.workloads,
            self.logs,
            self.sockets,
            self.root / "secrets",
        ):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(self.sockets, self.owner())

    def instance(self) -> Instance:
        """What `up` decided. Raises FileNotFoundError before the first `up`."""
        return Instance.model_validate_json(self.instance_file.read_text())

    def secret(self, name: str) -> str:
        """A secret of this installation, made at first use, in a file of mode 0600."""
        file = self.root / "secrets" / name
        if not file.exists():
            descriptor, temporary = tempfile.mkstemp(dir=file.parent)  # mkstemp makes files of mode 0600
            with os.fdopen(descriptor, "w") as opened:
                opened.write(secrets.token_hex(32) + "\n")
                os.fchown(opened.fileno(), file.parent.stat().st_uid, -1)  # root may ask first
                opened.flush()
                os.fsync(opened.fileno())  # an empty one after a power cut would end every login, or open all
            # A link, not a rename: of two parts that start at once, the first one's secret counts.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, file)
            Path(temporary).unlink()
        return file.read_text().strip()


def _refuse_foreign(folder: Path, owner: int) -> None:
    """The short directory lies where everybody may write; somebody else's would hear what the parts say."""
    if folder.is_symlink() or folder.stat().st_uid != owner:
        raise Refused(
            "The directory {folder} for this installation's sockets belongs to somebody else.",
            "Remove it, or choose a shorter --state-dir, so that the sockets fit into it.",
            code="sockets-foreign",
            folder=folder,
        )
    folder.chmod(0o700)
