"""A small real HTTP service that answers the hub's `/internal` questions as the Notebench service does."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse
from notebench.contract.catalogue import Catalogue, Choice, ImageCard, Package, ProfileCard
from notebench.contract.errors import NotAllowed, NotebenchError, Refused
from notebench.contract.sessions import SessionRequest, SessionUpdate
from notebench_hub.i18n import negotiate, translator
from notebench_spawner.names import folder_name
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

IDENTITY = "py311-standin"
ENFORCED = "Each workload is bound to its number of cores, and its memory is measured every second."


def catalogue() -> Catalogue:
    """What the tests choose from."""
    packages = [("scikit-learn", "1.9.1"), ("pandas", "3.1.0"), ("numpy", "2.4.1"), ("matplotlib", "3.11.0")]
    images = [
        ImageCard(
            id="scientific",
            title="Scientific Python",
            description="Tables, charts and classical machine learning.",
            version="2026.11",
            identity=IDENTITY,
            state="approved",
            python="3.11",
            packages=[Package(name=name, version=version) for name, version in packages],
            profiles=["small", "medium", "large"],
        ),
        ImageCard(
            id="minimal",
            title="Minimal",
            description="JupyterLab and what Notebench needs, for people who install the rest themselves.",
            version="2026.11",
            identity=IDENTITY,
            state="deprecated",
            python="3.11",
            packages=[Package(name="numpy", version="2.4.1")],
            profiles=["small"],
        ),
        ImageCard(
            id="deep-learning",
            title="Deep learning",
            description="Neural networks with PyTorch and CUDA.",
            version="2026.11",
            identity=IDENTITY,
            state="approved",
            python="3.11",
            packages=[Package(name="torch", version="2.12.0")],
            profiles=["gpu"],
            available=False,
            reason="No hardware profile of this image is available here.",
        ),
    ]
    profiles = [
        ("small", "Small", "For reading, trying things out and small tables.", 1, 2048, {}, ""),
        ("medium", "Medium", "For everyday analysis and training.", 2, 4096, {}, ""),
        ("large", "Large", "For large tables and long training.", 8, 32768, {}, "This machine has 2 cores."),
        (
            "gpu",
            "One GPU",
            "For neural networks.",
            4,
            16384,
            {"nvidia.com/gpu": 1},
            "This machine has no GPU.",
        ),
    ]
    return Catalogue(
        revision="1",
        images=images,
        profiles=[
            ProfileCard(
                id=word,
                title=title,
                description=text,
                cpu=cpu,
                memory_mib=memory,
                resources=resources,
                available=not reason,
                reason=reason,
                enforced=ENFORCED,
            )
            for word, title, text, cpu, memory, resources, reason in profiles
        ],
        projects=["churn", "weather"],
        default=Choice(image="scientific", profile="small", acting_for="personal"),
        notice="For one person, or people who trust each other: all sessions share one system account.",
    )


class StandIn:
    """The service's `/internal`, on a real socket in a thread; `off()` and `on()` as one likes."""

    def __init__(self, port: int, key: str, homes: Path) -> None:
        self.port, self.key, self.homes = port, key, homes
        self.asked: list[SessionRequest] = []
        self.told: list[tuple[str, SessionUpdate]] = []
        self.catalogue = catalogue()
        self.broken = False
        """Grants what cannot run."""
        self.nonsense = False
        """Answers what no service would."""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def on(self) -> None:
        config = uvicorn.Config(self._app(), host="127.0.0.1", port=self.port, log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def off(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(10)
            self._server = None

    def states(self, session: str) -> list[str]:
        return [update.state.value for name, update in self.told if name == session]

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.exception_handler(NotebenchError)
        async def problem(request: Request, error: NotebenchError) -> JSONResponse:
            say = translator(negotiate(request.headers.get("Accept-Language")))
            return JSONResponse(error.problem(say).model_dump(), status_code=int(error.status))

        @app.get("/services/notebench/internal/catalogue")
        async def get_catalogue(user: str, authorization: str = Header()) -> Any:
            self._check(authorization)
            return self.catalogue

        @app.post("/services/notebench/internal/sessions")
        async def post_session(body: SessionRequest, authorization: str = Header()) -> Any:
            self._check(authorization)
            self.asked.append(body)
            workload = self._grant(body)
            if self.nonsense:
                return {"id": "nonsense", "workload": {"id": "nonsense"}}
            return {"id": workload.id.removeprefix("session-"), "workload": workload.model_dump(mode="json")}

        @app.put("/services/notebench/internal/sessions/{session}")
        async def put_session(session: str, body: SessionUpdate, authorization: str = Header()) -> None:
            self._check(authorization)
            self.told.append((session, body))

        @app.get("/services/notebench/{path:path}")
        async def page(path: str) -> str:
            return path

        return app

    def _check(self, authorization: str) -> None:
        if authorization != f"Bearer {self.key}":
            raise NotAllowed("This is for the hub only.")

    def _grant(self, body: SessionRequest) -> Workload:
        known = {card.id for card in self.catalogue.images if card.available}
        image = body.image or "scientific"
        if image not in known:
            raise Refused("No image '{image}'.", "Choose another image.", code="image-unknown", image=image)
        number = len(self.asked)
        return Workload(
            id=f"session-{number:04d}-{datetime.now(UTC):%H%M%S}",
            kind=Kind.session,
            user=body.user,
            acting_for=body.acting_for,
            image=ImageVersion(image=image, version="2026.11", identity=IDENTITY, python="3.11"),
            hardware=Hardware(profile=body.profile or "small", cpu=1, memory_mib=2048),
            home=self.homes / folder_name(body.user),
            command=["python"],
            env={
                "NOTEBENCH_USER": body.user,
                **({"JUPYTERHUB_SINGLEUSER_APP": "no.such"} if self.broken else {}),
            },
            secret_env={"NOTEBENCH_TOKEN": "nbt_session_test"},
        )
