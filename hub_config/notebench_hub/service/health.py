"""The health of the service and of what it needs, for the supervisor and for people who ask why."""

import asyncio

from fastapi import APIRouter, Request

from notebench_hub.service.controllers import Controllers
from notebench_hub.service.feature import Feature, Health, Parts
from notebench_hub.service.store import health as store_health

_PATIENCE = 3.0


def router(parts: Parts, features: list[Feature]) -> APIRouter:
    """`GET /health`: 200 as long as the service itself answers; `parts` says what is not well, and why."""

    async def store() -> str:
        return await parts.store.read(store_health.check)

    async def hub() -> str:
        return "" if await parts.hub.answers() else "The hub does not answer."

    checks: dict[str, Health] = {"store": store, "hub": hub}
    checks |= {feature.name: feature.health for feature in features if feature.health}
    routes = APIRouter(include_in_schema=False)

    @routes.get("/health")
    async def health(request: Request) -> dict[str, object]:
        reasons = dict(zip(checks, await asyncio.gather(*map(_ask, checks.values())), strict=True))
        controllers: Controllers = request.app.state.controllers
        for name, trouble in controllers.troubles.items():
            reasons[name] = reasons.get(name) or trouble
        if "x-forwarded-for" in request.headers:  # through the proxy comes everybody: no reasons, no paths
            reasons = {name: reason and "…" for name, reason in reasons.items()}
        report = {name: {"healthy": not reason, "reason": reason} for name, reason in reasons.items()}
        return {"healthy": not any(reasons.values()), "parts": report}

    return routes


async def _ask(check: Health) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check()
    except TimeoutError:
        return f"No answer within {_PATIENCE:g} seconds."
    except Exception as error:
        return f"{type(error).__name__}: {error}"
