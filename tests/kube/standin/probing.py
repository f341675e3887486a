"""Probes of a running container, over and over. Transcript: readiness."""

import asyncio
from typing import TYPE_CHECKING

from tests.kube.standin import probes
from tests.kube.standin.kinds import Object

if TYPE_CHECKING:
    from tests.kube.standin.container import Container


def begin(container: "Container") -> list[asyncio.Task[None]]:
    """Start the probes that the manifest asks for; the startup probe holds the others back."""
    return [asyncio.get_running_loop().create_task(_all(container))] if _has_any(container) else []


def _has_any(container: "Container") -> bool:
    return any(container.spec.get(f"{word}Probe") for word in ("startup", "readiness", "liveness"))


async def _all(container: "Container") -> None:
    if startup := container.spec.get("startupProbe"):
        if not await _until(container, startup, "Startup"):
            container.kill()
            return
        if not container.spec.get("readinessProbe"):
            _set(container, True)
    tasks = [_readiness(container)] if container.spec.get("readinessProbe") else []
    tasks += [_liveness(container)] if container.spec.get("livenessProbe") else []
    await asyncio.gather(*tasks)


async def _readiness(container: "Container") -> None:
    probe = container.spec["readinessProbe"]
    good = bad = 0
    await asyncio.sleep(probe.get("initialDelaySeconds", 0) * container.life.kubelet.pace)
    while True:
        fine = await _once(container, probe, "Readiness")
        good, bad = (good + 1, 0) if fine else (0, bad + 1)
        if good >= probe.get("successThreshold", 1):
            _set(container, True)
        elif bad >= probe.get("failureThreshold", 3):
            _set(container, False)
        await _period(container, probe)


async def _liveness(container: "Container") -> None:
    probe = container.spec["livenessProbe"]
    while await _until_bad(container, probe):
        await _period(container, probe)
    said = f"Container {container.name} failed liveness probe, will be restarted"
    container.life.tell("Killing", said, container=container.name)
    container.kill()


async def _until(container: "Container", probe: Object, name: str) -> bool:
    """Whether it succeeded before it failed too often."""
    await asyncio.sleep(probe.get("initialDelaySeconds", 0) * container.life.kubelet.pace)
    for _ in range(probe.get("failureThreshold", 3)):
        if await _once(container, probe, name):
            return True
        await _period(container, probe)
    return False


async def _until_bad(container: "Container", probe: Object) -> bool:
    for _ in range(probe.get("failureThreshold", 3)):
        if await _once(container, probe, "Liveness"):
            return True
        await _period(container, probe)
    return False


async def _once(container: "Container", probe: Object, name: str) -> bool:
    failed = await probes.once(probe, container.spec, container.life.address)
    if failed:
        container.life.tell(
            "Unhealthy", f"{name} probe failed: {failed}", warning=True, container=container.name
        )
    return not failed


async def _period(container: "Container", probe: Object) -> None:
    await asyncio.sleep(max(probe.get("periodSeconds", 10) * container.life.kubelet.pace, 0.02))


def _set(container: "Container", ready: bool) -> None:
    if container.ready != ready and container.process:
        container.ready = ready
        container.life.report()
