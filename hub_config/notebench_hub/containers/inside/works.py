"""Starts in an image what a session starts, as any user id, and prints as JSON what came of it."""

import importlib.metadata
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds until a session must answer; a busy machine with a cold disk needs some of them."""
_USER = "/user/check/"

_KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(startup_timeout=90, kernel_name="python3")
said = []
hear = lambda message: said.append(message["content"].get("text"))
client.execute_interactive("print(6 * 7)", timeout=60, output_hook=hear)
manager.shutdown_kernel(now=True)
assert "".join(text or "" for text in said).strip() == "42", said
"""


_OF_A_PART = {
    "hub": "import jupyterhub.app, notebench_hub.hub, notebench_spawner.sessions.kube, pycurl",
    "service": "import notebench_hub.service.__main__, notebench_hub.service.gateway.mlflow_server, mlflow",
}
"""What a part's process imports before it asks for its settings, which are not here."""


def works(part: str) -> dict[str, Any]:
    """What this user id can do here, and whether a session would start, or the part that the image is of."""
    home = Path(os.environ.get("HOME", "/"))
    found: dict[str, Any] = {
        "uid": os.getuid(),
        "gid": os.getgid(),
        "python": "{}.{}.{}".format(*sys.version_info),
        "home": str(home),
        "home_writable": _writable(home),
        "environment_writable": list(_open_places(Path(sys.prefix)))[:5],
        "pip_apart": (Path(sys.prefix) / "share/notebench/pip/pip").is_dir(),
        **ours(),
    }
    with tempfile.TemporaryDirectory() as folder:
        if part:
            return found | {"part": _said(_OF_A_PART[part], folder)}
        found["kernel"] = _said(_KERNEL, folder)
        found |= session(folder)
    return found


def ours() -> dict[str, Any]:
    """Which version of our distribution is here, what it speaks, and which of its packages are missing."""
    try:
        version = importlib.metadata.version("notebench")
    except importlib.metadata.PackageNotFoundError:
        return {"notebench": "", "contract": None, "missing": []}
    try:
        spoken = import_module("notebench.contract").CONTRACT_VERSION
    except Exception:  # what it stands on is missing, or of another version
        spoken = None
    return {"notebench": version, "contract": spoken, "missing": sorted(set(_missing("notebench")))}


def _missing(distribution: str) -> Iterator[str]:
    for line in importlib.metadata.requires(distribution) or ():
        name, _, marker = line.partition(";")
        if marker and not re.search(r"extra\s*==\s*['\"](lab|runner|serving)['\"]", marker):
            continue
        bare = re.match(r"[A-Za-z0-9._-]+", name)
        try:
            importlib.metadata.version(bare[0] if bare else name)
        except importlib.metadata.PackageNotFoundError:
            yield name.strip()


def _writable(folder: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _open_places(environment: Path) -> Iterator[str]:
    for place in (environment, *environment.glob("*"), *environment.glob("lib/python3.*/site-packages")):
        if place.is_dir() and not place.is_symlink() and os.access(place, os.W_OK):
            yield str(place)


def _said(source: str, folder: str) -> str:
    """Empty where the program ended well, else the last line that it said."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", source],
            env={**os.environ, "JUPYTER_RUNTIME_DIR": folder, "IPYTHONDIR": folder},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {PATIENCE:.0f} s"
    return "" if done.returncode == 0 else _last(done.stderr)


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no output"


class _Hub(BaseHTTPRequestHandler):
    """As much of a hub as a session asks for when it starts."""

    def do_GET(self) -> None:
        user = {"kind": "user", "name": "check", "admin": False, "groups": [], "servers": {}}
        user |= {"scopes": ["access:servers!user=check"], "session_id": None}
        known = importlib.metadata.version("jupyterhub")
        body = json.dumps(user if self.path.endswith("/user") else {"version": known}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *words: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def session(folder: str) -> dict[str, Any]:
    """Start what a session's pod starts, ask it for JupyterLab's page and for our extension, and end it."""
    hub = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    base, token = f"http://127.0.0.1:{hub.server_port}", secrets.token_hex(16)
    environ = os.environ | {
        "JUPYTERHUB_API_URL": f"{base}/hub/api",
        "JUPYTERHUB_API_TOKEN": token,
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-check",
        "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{_USER}oauth_callback",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!user=check"]',
        "JUPYTERHUB_SERVICE_PREFIX": _USER,
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{_USER}",
        "JUPYTERHUB_USER": "check",
        "JUPYTER_RUNTIME_DIR": folder,
    }
    log = Path(folder) / "session.log"
    with log.open("w") as opened:
        running = subprocess.Popen(
            [sys.executable, "-P", "-m", "notebench.lab.session"],
            env=environ,
            cwd=folder,
            stdout=opened,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        page = _asked(running, f"http://127.0.0.1:{port}{_USER}lab", token)
        here = _asked(running, f"http://127.0.0.1:{port}{_USER}notebench/here", token) if page else (0, "")
    finally:
        _end(running)
        hub.shutdown()
    if not page:
        return {"session": _last(log.read_text(errors="replace")), "panels": False, "extension": False}
    status, text = page
    return {
        "session": "" if status == 200 else f"/lab: {status}",
        "panels": bool(re.search(r'"federated_extensions".*"name": ?"notebench"', text, re.DOTALL)),
        # without a Notebench around it says so; without the extension there is no such page
        "extension": here is not None and here[0] not in (0, 404),
    }


def _end(running: subprocess.Popen[bytes]) -> None:
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGTERM)
    try:
        running.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _asked(running: subprocess.Popen[bytes], address: str, token: str) -> tuple[int, str] | None:
    """Status and text; None where the program ended, or did not answer in time."""
    until = time.monotonic() + PATIENCE
    request = urllib.request.Request(address, headers={"Authorization": f"token {token}"})  # noqa: S310
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode(errors="replace")
        except OSError:
            time.sleep(0.2)
    return None


if __name__ == "__main__":
    print(json.dumps(works(sys.argv[1])))
