"""One simulated person with a cookie jar of their own, who does what people do at a browser."""

import asyncio
import json
import random
import time
from contextlib import suppress
from typing import Any

import httpx

from benchmarks import notebook
from benchmarks.tally import Tally

PANELS = ("experiments", "runs", "models", "deployments", "sessions", "schedules")
PAGES = ("experiments", "models", "runs")
SECONDS = 60.0
START_SECONDS = 300.0


class Live:
    """How many sessions are there at once, and how many there may be."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.now = self.peak = self.starts = 0
        self._room = asyncio.Semaphore(most)

    async def enter(self) -> None:
        await self._room.acquire()
        self.now += 1
        self.starts += 1
        self.peak = max(self.peak, self.now)

    def leave(self) -> None:
        self.now -= 1
        self._room.release()


class Person:
    """Signs in, starts, works, looks around, stops."""

    def __init__(self, public: str, name: str, password: str, tally: Tally, think: float) -> None:
        self.public, self.name, self.tally = public, name, tally
        self._password = password
        self._think = think
        self._dice = random.Random(name)
        self._http = httpx.AsyncClient(
            base_url=public,
            timeout=SECONDS,
            follow_redirects=True,
            trust_env=False,
            transport=httpx.AsyncHTTPTransport(verify=False),
        )
        self._server = f"user/{name}/"

    async def close(self) -> None:
        await self._http.aclose()

    async def pause(self) -> None:
        """Think."""
        await asyncio.sleep(self._dice.uniform(0.5, 1.5) * self._think)

    # Before and after JupyterLab

    async def sign_in(self) -> None:
        await self._ask("sign-in page", "GET", "hub/login")
        form = {"username": self.name, "password": self._password, "_xsrf": self._xsrf("/hub/")}
        answer = await self._ask("sign in", "POST", "hub/login", data=form, follow_redirects=False)
        if answer.status_code != httpx.codes.FOUND:
            raise RuntimeError(f"{self.name} was not signed in: {answer.text[:300]}")

    async def start(self) -> None:
        """The start page's form, then the progress that the waiting page listens to, then JupyterLab."""
        await self._ask("start page", "GET", "hub/spawn")
        form = {"acting_for": "personal", "image": "scientific", "profile": "small"}
        with self.tally.timed("session start"):
            async with asyncio.timeout(START_SECONDS):
                await self._form(form)
                await self._progress()
        await self._ask("JupyterLab's page", "GET", self._server + "lab")
        await self._ask("JupyterLab's settings", "GET", self._server + "lab/api/settings")

    async def _form(self, form: dict[str, str]) -> None:
        """Send the form; where the hub says that many start now, come back when it says so, as people do."""
        while True:
            sent = form | {"_xsrf": self._xsrf("/hub/")}
            with self.tally.timed("start form"):
                answer = await self._http.post("hub/spawn", data=sent, follow_redirects=False)
                wait = answer.headers.get("retry-after", "")
                full = answer.status_code == httpx.codes.TOO_MANY_REQUESTS and wait.isdecimal()
                if not full and answer.status_code >= httpx.codes.BAD_REQUEST:
                    raise RuntimeError(f"{answer.status_code}: {answer.text[:300]}")
            if not full:
                return
            self.tally.told_to_wait += 1
            await asyncio.sleep(int(wait))

    async def _progress(self) -> None:
        address = f"hub/api/users/{self.name}/server/progress"
        async with self._http.stream("GET", address, headers=self._headers("/hub/")) as answer:
            if not answer.is_success:
                await answer.aread()
                raise RuntimeError(f"progress answers {answer.status_code} {answer.text[:300]}")
            async for line in answer.aiter_lines():
                said = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if said.get("failed"):
                    raise RuntimeError(said.get("message", "failed"))
                if said.get("ready"):
                    return
        raise RuntimeError("the progress ended without a session")

    async def stop(self) -> None:
        """Stop the session and wait until the hub says that it is gone."""
        with self.tally.timed("session stop"):
            address = f"hub/api/users/{self.name}/server"
            await self._ask("stop", "DELETE", address, headers=self._headers("/hub/"))
            await self._gone()

    async def give_up(self) -> None:
        """Leave nothing behind after a failure that is counted already."""
        with suppress(Exception):
            await self._http.delete(f"hub/api/users/{self.name}/server", headers=self._headers("/hub/"))
            await self._gone()

    async def _gone(self) -> None:
        async with asyncio.timeout(SECONDS):
            while True:
                answer = await self._http.get(f"hub/api/users/{self.name}", headers=self._headers("/hub/"))
                if not answer.raise_for_status().json()["servers"]:
                    return
                await asyncio.sleep(0.5)

    # In JupyterLab

    async def work(self, until: float) -> None:
        """A notebook, run again and again with looks at the panels between, until that monotonic time."""
        path = self._server + "api/contents/load.ipynb"
        await self._ask("save a notebook", "PUT", path, json=notebook.document(), headers=self._headers())
        asked = {
            "path": "load.ipynb",
            "name": "load.ipynb",
            "type": "notebook",
            "kernel": {"name": "python3"},
        }
        opened = await self._ask(
            "open a kernel", "POST", self._server + "api/sessions", json=asked, headers=self._headers()
        )
        session = opened.json()
        channels = f"{self._server}api/kernels/{session['kernel']['id']}/channels"
        request = self._http.build_request("GET", channels)
        address = str(request.url).replace("http", "ws", 1)
        with self.tally.timed("websocket"):
            kernel = await notebook.Kernel.open(
                address, request.headers.get("cookie", ""), self.public.rstrip("/")
            )
        try:
            await self._rounds(kernel, until)
        finally:
            kernel.close()
        await self._ask(
            "end a kernel", "DELETE", f"{self._server}api/sessions/{session['id']}", headers=self._headers()
        )

    async def _rounds(self, kernel: notebook.Kernel, until: float) -> None:
        first = True
        while first or time.monotonic() < until:
            kind = "first cell, with the kernel's start" if first else "cell"
            with self.tally.timed(kind):
                await kernel.run(notebook.COMPUTE)
            await self.pause()
            with self.tally.timed("cell that logs"):
                times = json.loads(await kernel.run(notebook.LOG))
            for path, seconds in times.items():
                self.tally.times[f"MLflow {path}"].extend(seconds)
            await self.pause()
            await self.look()
            await self.pause()
            first = False

    async def look(self) -> None:
        """What the panels ask when they open, and one page of the service in a tab of its own."""
        found: dict[str, Any] = {}
        for panel in PANELS:
            answer = await self._ask(f"panel {panel}", "GET", f"{self._server}notebench/api/{panel}")
            found[panel] = answer.json()
        newest = found["experiments"][0]["id"]
        await self._ask(
            "panel runs of an experiment", "GET", f"{self._server}notebench/api/experiments/{newest}/runs"
        )
        page = self._dice.choice(PAGES)
        await self._ask("page of the service", "GET", f"services/notebench/{page}?for=personal")

    # How all of it is asked

    async def _ask(self, kind: str, method: str, path: str, **rest: Any) -> httpx.Response:
        with self.tally.timed(kind):
            answer = await self._http.request(method, path, **rest)
            if answer.status_code >= httpx.codes.BAD_REQUEST:
                raise RuntimeError(f"{answer.status_code} from {answer.url.path}: {answer.text[:300]}")
        return answer

    def _xsrf(self, path: str) -> str:
        return str(self._http.cookies.get("_xsrf", path=path))

    def _headers(self, path: str = "") -> dict[str, str]:
        where = path or f"/{self._server}"
        return {"X-XSRFToken": self._xsrf(where), "Referer": self.public.rstrip("/") + where}
