"""Routes of the catalogue: `/catalogue` for people, `/internal/catalogue` for the hub's start page."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from notebench.contract.catalogue import Catalogue

from notebench_hub.service.catalogue.shown import Shown
from notebench_hub.service.doors import Person
from notebench_hub.service.doors.hub_only import hub_only
from notebench_hub.service.feature import Parts

Language = Annotated[str | None, Header(alias="accept-language", include_in_schema=False)]


def router(shown: Shown) -> APIRouter:
    """The people's route."""
    routes = APIRouter()

    @routes.get("/catalogue")
    async def catalogue(asker: Person, accept_language: Language = None) -> Catalogue:
        return await shown.to(asker.name, accept_language)

    return routes


def internal(parts: Parts, shown: Shown) -> APIRouter:
    """The hub's route."""
    routes = APIRouter(prefix="/internal", dependencies=[hub_only(parts.place)])

    @routes.get("/catalogue")
    async def for_user(
        user: Annotated[str, Query(min_length=1, max_length=255)], accept_language: Language = None
    ) -> Catalogue:
        return await shown.to(user, accept_language)

    return routes
