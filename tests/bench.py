"""A small service for tests of runs, schedules and deployments: the real app, store and backend on a socket.

Only the hub is another: users and their groups come from a file. `python tests/bench.py STATE` serves, so
that tests can kill the service at any moment and start it again.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
RESOURCES = {"gpu": {"nvidia.com/gpu": 1}, "two-gpus": {"nvidia.com/gpu": 2}}
USERS = {"ada": ["wine"], "bob": ["wine"], "eve": []}


class Bench:
    """The service as a process of its own, with a state directory."""

    def __init__(self, root: Path, features: str = "runs") -> None:
        self.root = root
        self.features = features
        self.options: dict[str, Any] = {"features": features}
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        root.mkdir(parents=True, exist_ok=True)
        self.users(USERS)

    def users(self, groups: dict[str, list[str]]) -> None:
        """Who is known to the hub now."""
        (self.root / "users.json").write_text(json.dumps(groups))

    def up(self, **options: Any) -> "Bench":
        """Start it and wait until it answers."""
        self.options.update(options)
        (self.root / "options.json").write_text(json.dumps({**self.options, "port": self.port}))
        with (self.root / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(self.root)], stdout=log, stderr=log, start_new_session=True
            )
        self.until(self.answers, seconds=60)
        return self

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.root / "service.log").read_text()[-4000:]
        try:
            return httpx.get(f"{self.base}/health", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """As if somebody pulled its plug."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def down(self) -> None:
        from notebench_spawner import processes

        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        processes.end_all(self.root / "workloads", grace=2)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/notebench"

    def client(self, user: str = "ada", acting_for: str = "personal", **headers: str) -> httpx.Client:
        """Speaks as a user's program."""
        return httpx.Client(
            base_url=f"{self.base}/api/v1/",
            headers={
                "Authorization": f"Bearer token-{user}",
                "Notebench-Acting-For": acting_for,
                **headers,
            },
            timeout=30,
        )

    def home(self, user: str = "ada") -> Path:
        home = self.root / "homes" / user
        home.mkdir(parents=True, exist_ok=True)
        return home

    @staticmethod
    def until(wanted: Callable[[], T], seconds: float = 30) -> T:
        """Ask again and again until the answer is true."""
        end = time.monotonic() + seconds
        while not (found := wanted()):
            assert time.monotonic() < end, f"not within {seconds} s: {found!r}"
            time.sleep(0.05)
        return found


def serve(root: Path) -> None:
    """The service, composed of the real features with stand-ins for hub, catalogue and models."""
    import uvicorn
    from notebench.contract.people import Member, Role
    from notebench_hub.place import Instance, Place
    from notebench_hub.service.app import build_parts, create_app
    from notebench_hub.service.doors import Doors
    from notebench_hub.service.doors.hub import HubClient, HubUser
    from notebench_hub.service.doors.login import Login
    from notebench_hub.service.doors.seal import Seal
    from notebench_hub.service.feature import Feature
    from notebench_hub.service.ports import Resolved
    from notebench_hub.service.store import projects
    from notebench_hub.settings import Runs, Settings
    from notebench_spawner.backends.process import ProcessBackend
    from notebench_spawner.workload import Hardware, ImageVersion, Workload

    options = json.loads((root / "options.json").read_text())
    place = Place(root)
    place.create()
    instance = Instance(
        version="0",
        state_format=1,
        ip="127.0.0.1",
        port=options["port"],
        proxy_api_port=1,
        hub_port=1,
        service_port=options["port"],
    )

    class FileHub(HubClient):
        """Users from a file; a token is `token-<user>`. Away for the service while a file says so."""

        async def user(self, name: str) -> HubUser | None:
            from notebench.contract.errors import Unavailable

            if (root / "hub-away").exists():
                raise Unavailable("The hub does not answer.", "Try again in a minute.")
            return await self.known(name)

        async def known(self, name: str) -> HubUser | None:
            groups = json.loads((root / "users.json").read_text())
            return HubUser(name, False, frozenset(groups[name])) if name in groups else None

        async def holder(
            self, token: str, session: str = "", whence: Callable[[], str] = str
        ) -> HubUser | None:
            return await self.known(token.removeprefix("token-"))

        async def answers(self) -> bool:
            return True

    class OneImage:
        """A catalogue with one image, whose environment is this one."""

        async def resolve(self, user: str, image: str = "", profile: str = "") -> Resolved:
            from notebench.contract.errors import Refused

            allowed = (root / "refuse").read_text().split() if (root / "refuse").exists() else []
            if (profile or "small") in allowed:
                raise Refused("Profile '{profile}' is not open to you.", "Choose another.", profile=profile)
            return Resolved(
                ImageVersion(image=image or "minimal", version="2026.11", identity="image-1", python="3.11"),
                "Minimal",
                Hardware(
                    profile=profile or "small",
                    cpu=1,
                    memory_mib=options.get("memory_mib", 1024),
                    resources=RESOURCES.get(profile, {}),
                ),
            )

    async def prepare(workload: Workload) -> None:
        if workload.layer and not workload.layer.exists():
            workload.layer.parent.mkdir(parents=True, exist_ok=True)
            workload.layer.symlink_to(sys.prefix)

    images = root / "environments"
    images.mkdir(exist_ok=True)
    if not (images / "image-1").exists():
        (images / "image-1").symlink_to(sys.prefix)
    settings = Settings(runs=Runs(concurrency=options.get("concurrency", 2)))
    backend = ProcessBackend(place.workloads, images, grace=options.get("grace", 10), prepare=prepare)
    hub = FileHub(instance.hub_api_url, "none")
    parts = build_parts(place, instance, settings, backend, backend.hands)
    login = Login(hub, Seal("0" * 64), secret="none")
    doors = Doors(parts.store, hub, parts.tokens, login)
    parts = replace(parts, hub=hub, doors=doors, resolver=OneImage())
    parts.store.open()
    members = [
        Member(user="ada", role=Role.owner),
        Member(user="bob", role=Role(options.get("bob", "viewer"))),
    ]
    parts.store.write_now(projects.put, "wine", members)
    features = []
    names = options["features"].split()
    if "all" in names:
        from notebench_hub.service.app import compose

        features.extend(compose(parts))
    if "sessions" in names:
        from notebench_hub.service import sessions

        features.append(sessions.feature(parts))
    if "runs" in names:
        from notebench_hub.service import runs

        command = tuple(options["command"]) if "command" in options else runs.COMMAND
        features.append(runs.feature(parts, command=command, every=0.1))
    if "schedules" in names:
        from notebench_hub.service import schedules

        def clock() -> datetime:
            file = root / "now"
            return datetime.fromisoformat(file.read_text()) if file.exists() else datetime.now(UTC)

        features.append(schedules.feature(parts, now=clock, every=0.1))
    if "deployments" in names:
        from fastapi import APIRouter
        from notebench.contract.errors import NotFound
        from notebench.contract.tracking import Column, ModelVersion, Signature
        from notebench_hub.service import deployments

        class FileModels:
            """A registry in a file: versions of the model `wine`, and what `@champion` means."""

            async def version(self, owner: Any, model: str, version: str) -> ModelVersion:
                aliases = json.loads((root / "models.json").read_text())
                number = aliases.get(version) if version.startswith("@") else version or aliases[""]
                if model != "wine" or not number:
                    raise NotFound("There is no model {model}.", model=model)
                return ModelVersion(model=model, version=number, status="READY")

            async def signature(self, owner: Any, model: str, version: str) -> Signature:
                return Signature(inputs=[Column(name="alcohol", type="double")])

        directory = deployments.Directory(parts.store)
        door = APIRouter()

        @door.get("/where/{deployment}")
        async def where(deployment: str) -> dict[str, str]:
            endpoint = await directory.endpoint(deployment)
            return {"address": endpoint.address, "reason": endpoint.reason}

        served = tuple(options["serving"]) if "serving" in options else deployments.COMMAND
        features.append(deployments.feature(parts, FileModels(), directory, command=served, every=0.1))
        features.append(Feature(name="where", outside=[door]))
    if "all" not in names:
        features.append(Feature(name="devices", controllers=[parts.devices]))
    uvicorn.run(create_app(parts, features), host="127.0.0.1", port=options["port"], access_log=False)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
