"""One container of a pod: pull, start, watch, restart. Transcript: pod-life."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kube.standin import environment, identity, mounts, names, probing, pulling
from tests.kube.standin.images import Image
from tests.kube.standin.kinds import Object
from tests.kube.standin.processes import Process

if TYPE_CHECKING:
    from tests.kube.standin.podlife import PodLife

_LONGEST_WAIT = 300


class Container:
    """What a container of the manifest does, and did."""

    def __init__(self, life: "PodLife", spec: Object) -> None:
        self.life, self.spec, self.name = life, spec, spec["name"]
        self.process: Process | None = None
        self.restarts = 0
        self.code = 0
        self.began = self.finished = self.ready = False
        self.state: Object = {"waiting": {"reason": "ContainerCreating"}}
        self.last: Object = {}
        self.image: Image | None = None
        self._probes: list[asyncio.Task[None]] = []

    async def live(self) -> None:
        """Until it ends for good."""
        while not self.life.ending:
            if not await pulling.pull(self) or not await self._start():
                return
            await self._watch()
            if self.life.ending or not self._again():
                break
            self.restarts += 1
            await self._back_off()
        self.finished = self.began
        self.life.report()

    def _again(self) -> bool:
        policy = self.life.pod["spec"].get("restartPolicy", "Always")
        if self in self.life.first:
            return self.code != 0 and policy != "Never"
        return policy == "Always" or (policy == "OnFailure" and self.code != 0)

    async def _start(self) -> bool:
        """Transcript: config-missing. Transcript: environment."""
        life, image = self.life, self.image or Image()
        while not life.ending:
            try:
                places = mounts.make(
                    life.kubelet.store, life.kubelet.state, life.pod, self.spec, image, life.address
                )
                given = environment.variables(life.kubelet.store, life.pod, self.spec, life.address)
            except environment.NotThere as missing:
                self.waits("CreateContainerConfigError", str(missing))
                life.tell("Failed", f"Error: {missing}", warning=True, container=self.name)
                await self.pause(2)
                continue
            words = [places.here(environment.expand(word, given)) for word in self._words(image)]
            env = (
                image.variables()
                | {"HOSTNAME": life.name}
                | {key: places.here(value) for key, value in given.items()}
            )
            folder = self._folder(places, image)
            await self._launch(words, env, folder, self._account(places, folder))
            return True
        return False

    def _account(self, places: mounts.Mounts, folder: Path) -> Object:
        who = identity.of(self.life.pod, self.spec) if self.life.kubelet.as_users else None
        if who is None:
            return {}
        identity.prepare(who, places, self.life.kubelet.state / "pods" / self.life.uid / "containers", folder)
        return who.arguments()

    def _words(self, image: Image) -> list[str]:
        if self.spec.get("command"):
            return [*self.spec["command"], *(self.spec.get("args") or [])]
        return [*image.entrypoint, *(self.spec.get("args") or image.command)]

    def _folder(self, places: mounts.Mounts, image: Image) -> Path:
        inside = self.spec.get("workingDir") or image.workdir
        own = self.life.kubelet.state / "pods" / self.life.uid / "containers" / str(self.name)
        folder = Path(places.here(inside)) if inside and places.here(inside) != inside else own
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def log(self, restart: int) -> Path:
        return Path(self.life.kubelet.state / "logs" / self.life.uid / str(self.name) / f"{restart}.log")

    async def _launch(self, words: list[str], env: dict[str, str], folder: Path, account: Object) -> None:
        began = names.now()
        try:
            if not words:
                raise FileNotFoundError(2, "no command specified")
            self.process = await Process.start(words, env, folder, self.log(self.restarts), **account)
        except OSError as error:
            self.log(self.restarts).parent.mkdir(parents=True, exist_ok=True)
            self.log(self.restarts).touch()
            self._ended(128, "StartError", began, f"exec: {words[:1]}: {error.strerror}")
            return
        self.began = True
        self.state = {"running": {"startedAt": began}}
        self.ready = not any(self.spec.get(f"{word}Probe") for word in ("readiness", "startup"))
        self.life.tell("Started", f"Started container {self.name}", container=self.name)
        self.life.report()
        self._probes = probing.begin(self)

    async def _watch(self) -> None:
        if not self.process:
            return
        began = self.state["running"]["startedAt"]
        code = await self.process.ended()
        reason = "OOMKilled" if self.process.oom else ("Error" if code else "Completed")
        self._ended(code, reason, began)

    def _ended(self, code: int, reason: str, began: str, message: str = "") -> None:
        """Transcript: exit-codes."""
        for task in self._probes:
            task.cancel()
        self.process, self.began, self.ready, self.code = None, True, False, code
        said: Object = {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": names.now()}
        self.state = {"terminated": said | ({"message": message} if message else {})}
        self.life.report()

    async def _back_off(self) -> None:
        """Transcript: crash-loop."""
        self.last = self.state
        seconds = min(pulling.FIRST_WAIT * 2 ** (self.restarts - 1), _LONGEST_WAIT)
        whom = f"{self.life.name}_{self.life.space}({self.life.uid})"
        if self.restarts > 1:
            said = f"Back-off restarting failed container {self.name} in pod {whom}"
            self.life.tell("BackOff", said, warning=True, container=self.name)
            self.waits(
                "CrashLoopBackOff", f"back-off {seconds}s restarting failed container={self.name} pod={whom}"
            )
            await self.pause(seconds)

    def waits(self, reason: str, message: str) -> None:
        self.state = {"waiting": {"reason": reason, "message": message}}
        self.life.report()

    async def pause(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds * self.life.kubelet.pace
        while not self.life.ending and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)

    def stop(self) -> None:
        for task in self._probes:
            task.cancel()
        if self.process:
            self.life.tell("Killing", f"Stopping container {self.name}", container=self.name)
            self.process.stop()

    def kill(self, *, oom: bool = False) -> None:
        if self.process:
            self.process.kill(oom=oom)

    async def reaped(self) -> None:
        for task in self._probes:
            task.cancel()
        if self.process:
            self.process.kill()
            await self._watch()

    def status(self) -> Object:
        """As the pod's status shows it."""
        waiting = (
            self.name in [one.name for one in self.life.main] and self.life.first and "waiting" in self.state
        )
        reason = {"waiting": {"reason": "PodInitializing"}} if waiting and not self.began else self.state
        said: Object = {
            "name": self.name,
            "image": self.spec["image"],
            "imageID": self.spec["image"] if self.began else "",
            "ready": self.ready or (self in self.life.first and self.finished and self.code == 0),
            "started": "running" in self.state and (self.ready or not self.spec.get("startupProbe")),
            "restartCount": self.restarts,
            "state": reason,
            "lastState": self.last,
        }
        return said | (
            {"containerID": f"standin://{self.life.uid}/{self.name}/{self.restarts}"} if self.began else {}
        )
