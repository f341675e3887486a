"""Readiness, startup and liveness probes. Transcript: readiness."""

import asyncio
import contextlib

import httpx

from tests.kube.standin.kinds import Object


async def once(probe: Object, container: Object, address: str) -> str:
    """Why it failed, in the kubelet's words, or nothing."""
    seconds = probe.get("timeoutSeconds", 1)
    if http := probe.get("httpGet"):
        return await _http(http, container, address, seconds)
    if tcp := probe.get("tcpSocket"):
        port = number(tcp["port"], container)
        try:
            async with asyncio.timeout(seconds):
                _, writer = await asyncio.open_connection(tcp.get("host") or address, port)
        except (OSError, TimeoutError) as error:
            return f"dial tcp {address}:{port}: {error}"
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return ""
    return "this kind of probe is not known here"


async def _http(http: Object, container: Object, address: str, seconds: float) -> str:
    scheme, port = http.get("scheme", "HTTP").lower(), number(http["port"], container)
    url = f"{scheme}://{http.get('host') or address}:{port}{http.get('path', '/')}"
    headers = {one["name"]: one["value"] for one in http.get("httpHeaders") or []}
    try:
        async with httpx.AsyncClient(verify=False, timeout=seconds, trust_env=False) as client:
            answer = await client.get(url, headers=headers)
    except httpx.HTTPError as error:
        return f'Get "{url}": {type(error).__name__}'
    if 200 <= answer.status_code < 400:
        return ""
    return f"HTTP probe failed with statuscode: {answer.status_code}"


def number(port: int | str, container: Object) -> int:
    """A port by number or by the name that the container gives it."""
    if isinstance(port, int) or port.isdigit():
        return int(port)
    return next(int(one["containerPort"]) for one in container.get("ports") or [] if one.get("name") == port)
