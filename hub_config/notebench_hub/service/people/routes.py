"""Routes of people: `/hello`, `/me`, `/projects`."""

from importlib.metadata import version

from fastapi import APIRouter
from notebench.contract import CONTRACT_VERSION, SUPPORTED_VERSIONS
from notebench.contract.people import Hello, Me, Project, ProjectRequest

from notebench_hub.service.doors import AskerKind, Person
from notebench_hub.service.people.projects import Projects


def router(projects: Projects) -> APIRouter:
    """The routes, over the given projects."""
    routes = APIRouter()

    @routes.get("/hello")
    async def hello() -> Hello:
        return Hello(
            version=version("notebench-hub"), contract=CONTRACT_VERSION, supported=list(SUPPORTED_VERSIONS)
        )

    @routes.get("/me")
    async def me(asker: Person) -> Me:
        return Me(
            name=asker.name,
            admin=asker.admin,
            acting_for=asker.acting_for,
            bound=bool(asker.bound),
            role=asker.role,
            projects=list(asker.projects),
            session=asker.bound if asker.kind is AskerKind.session else "",
        )

    @routes.get("/projects")
    async def list_projects(asker: Person) -> list[Project]:
        return await projects.visible(asker)

    @routes.put("/projects/{name}")
    async def put_project(name: str, request: ProjectRequest, asker: Person) -> Project:
        return await projects.put(asker, name, request.members)

    return routes
