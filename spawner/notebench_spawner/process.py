"""A workload as a process of this machine: one pure function, the twin of the one that makes a pod."""

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from notebench_spawner import standby
from notebench_spawner.cgroups import CONTROLLERS
from notebench_spawner.marks import N_
from notebench_spawner.workload import Hardware, Kind, Workload

MARK = standby.MARK
"""Environment variable by which every process of a workload is known, also those that left its group."""

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"

# The only words that a workload learns from the environment of the part that starts it.
PASSED_ON = frozenset(
    {
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        # `%pip install` behind a company's mirror
        "PIP_INDEX_URL",
        "PIP_CERT",
        "PIP_CONFIG_FILE",
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
    }
)

THREAD_WORDS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "JULIA_NUM_THREADS",
    "PYTHON_CPU_COUNT",
)


class Limits(BaseModel):
    """What the shim holds a workload to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu: float
    """Cores."""
    memory_mib: int
    """Mebibytes, all processes of the workload together."""
    processes: int = 0
    """Processes and threads; 0 for no limit."""
    files: int = 0
    """Open files of one process; 0 for no limit."""
    timeout_seconds: int | None = None


class ProcessSpec(BaseModel):
    """All that is needed to start a workload here. `env` holds secrets: it is never written down."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    argv: list[str]
    env: dict[str, str] = Field(repr=False)
    """The whole environment; nothing else is inherited."""
    cwd: Path
    limits: Limits
    only_port: int | None = None
    """The one port of this machine that it reaches of all networks; None: it has the machine's network."""


def process_spec(
    workload: Workload, environments: Path, ambient: Mapping[str, str] | None = None
) -> ProcessSpec:
    """The process that a workload becomes, with image environments below `environments`.

    `ambient` is the starter's own environment, of which only the words in `PASSED_ON` go further.
    """
    image = environments / workload.image.identity
    return ProcessSpec(
        id=workload.id,
        argv=command(workload, image),
        env=_environment(workload, image, ambient or {}),
        cwd=workload.cwd or workload.home,
        only_port=workload.only_port,
        limits=Limits(
            cpu=workload.hardware.cpu,
            memory_mib=workload.hardware.memory_mib,
            processes=workload.hardware.processes,
            files=workload.hardware.files,
            timeout_seconds=workload.timeout_seconds,
        ),
    )


def command(workload: Workload, image: Path) -> list[str]:
    """The workload's command line, with the image's environment in `image`."""
    # A session's server runs on what was approved; only its kernels and terminals see added packages.
    interpreter = image if workload.kind is Kind.session else workload.layer or image
    first, *rest = workload.command
    if first == "python":
        # It starts in the home: a file `random.py` there must not stand in for Python's own. Kernels see it
        # as usual: they are started without this.
        first, rest = str(interpreter / "bin" / "python"), ["-P", *rest]
    return [first, *rest]


_BY_KERNEL = N_(
    "The system's kernel holds each workload to its cores, memory, processes and open files; "
    "where memory is used up, the largest process is ended."
)
_MEASURED = N_(
    "Each workload is bound to its number of cores. Its memory, processes and threads are measured every "
    "second: above the profile's figure what uses most is ended. The kernel limits only its open files."
)
_MIXED = N_(
    "The system's kernel holds each workload to these figures of its profile: {kernel}. "
    "The others are measured every second."
)


def enforcement(means: Collection[str]) -> tuple[str, dict[str, str]]:
    """How a profile's figures are enforced here: a sentence to translate, and what to put into it.

    `means` names what the kernel does, see `limits.means`.
    """
    if not means:
        return _MEASURED, {}
    if set(means) == set(CONTROLLERS):
        return _BY_KERNEL, {}
    return _MIXED, {"kernel": ", ".join(sorted(means))}


def threads(hardware: Hardware) -> dict[str, str]:
    """What numerical libraries read to size their thread pools."""
    return dict.fromkeys(THREAD_WORDS, str(math.ceil(hardware.cpu)))


def variables(workload: Workload, image: Path, ambient: Mapping[str, str]) -> dict[str, str]:
    """What the workload's environment says wherever it runs; devices and secrets are not in it."""
    layers = [workload.layer, image] if workload.layer else [image]
    return {
        "USER": workload.user,
        "LOGNAME": workload.user,
        **_of_image(layers, ambient),
        **threads(workload.hardware),
        **workload.env,
        **fixed(workload),
    }


def fixed(workload: Workload) -> dict[str, str]:
    """What nobody's variables change."""
    return {"HOME": str(workload.home), MARK: workload.id}


def _environment(workload: Workload, image: Path, ambient: Mapping[str, str]) -> dict[str, str]:
    return {
        **variables(workload, image, ambient),
        **workload.secret_env,
        **fixed(workload),
        # Without devices of its own a workload is shown none.
        "CUDA_VISIBLE_DEVICES": ",".join(
            device
            for resource, devices in sorted(workload.devices.items())
            if resource.startswith("nvidia.com/")
            for device in devices
        ),
    }


def of_nobody(image: Path, ambient: Mapping[str, str], word: str) -> dict[str, str]:
    """The environment of a process that will belong to somebody later: home and name are there for nobody.

    `word` is one that occurs nowhere else, so that what is made of it can be found.
    """
    return {
        **_of_image([image], ambient),
        "HOME": f"/nonexistent/{word}",
        "USER": word,
        "LOGNAME": word,
        MARK: standby.ROOM,
    }


def _of_image(layers: list[Path], ambient: Mapping[str, str]) -> dict[str, str]:
    return {
        "LANG": "C.UTF-8",
        "PATH": ":".join([*(f"{layer}/bin" for layer in layers), SYSTEM_PATH]),
        "VIRTUAL_ENV": str(layers[0]),
        "JUPYTER_PATH": ":".join(f"{layer}/share/jupyter" for layer in layers),
        "SHELL": "/bin/bash",
        **passed_on(ambient),
    }


def passed_on(ambient: Mapping[str, str]) -> dict[str, str]:
    """What workloads learn from the environment of the part that starts them."""
    return {k: v for k, v in ambient.items() if k in PASSED_ON and not _has_credentials(v)}


def _has_credentials(value: str) -> bool:
    """True for an address with a name or a password in it: that is the operator's, not the users'."""
    try:
        return "://" in value and urlsplit(value).username is not None
    except ValueError:
        return True
