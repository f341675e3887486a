"""Routes of the pages: one shell for every record's address, and the files that the shell loads."""

from pathlib import Path

from fastapi import APIRouter, Request
from notebench.contract.errors import NotebenchError, NotFound, Unavailable
from starlette.responses import FileResponse, RedirectResponse, Response

from notebench_hub.i18n import negotiate
from notebench_hub.service.doors import AskerKind
from notebench_hub.service.feature import Parts
from notebench_hub.service.pages import shell

ROOMS = ("experiments", "mlflow-runs", "compare", "models", "deployments", "runs", "schedules", "audit")
_BROWSERS = frozenset({AskerKind.browser, AskerKind.hub_token})
_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


def router(parts: Parts) -> APIRouter:
    """The routes, over the given parts."""
    routes = APIRouter()
    hub_home = "/hub/home"

    async def page(request: Request) -> Response:
        language = negotiate(request.headers.get("accept-language"))
        try:
            asker = await parts.doors.admit(request, _BROWSERS)
            if not (shell.STATIC / "page.js").is_file():
                raise _not_built()
        except NotebenchError as error:
            if shell.needs_login(error):
                return parts.doors.login.begin(request)
            return shell.trouble(error, language)
        return shell.shell(parts.prefix, hub_home, asker, language)

    async def front() -> Response:
        return RedirectResponse(f"{parts.prefix}/experiments", 302)

    async def static(path: str, request: Request) -> Response:
        file, kind = _file(path)
        kept = _FOREVER if request.query_params.get("v") or "-" in file.stem else "no-cache"
        headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
        return FileResponse(file, media_type=kind, headers=headers)

    for room in ROOMS:
        routes.add_api_route(f"/{room}", page, methods=["GET"])
        routes.add_api_route(f"/{room}/{{record:path}}", page, methods=["GET"])
    routes.add_api_route("/", front, methods=["GET"])
    routes.add_api_route("/static/{path:path}", static, methods=["GET"])
    return routes


def _file(path: str) -> tuple[Path, str]:
    """A file of the panels' build and its type. Raises NotFound."""
    try:
        file = (shell.STATIC / path).resolve()
        kind = _TYPES.get(file.suffix)
        if kind and file.is_relative_to(shell.STATIC.resolve()) and file.is_file():
            return file, kind
    except (OSError, ValueError):
        pass  # a name that no file can have: too long, or with a NUL in it
    raise NotFound("There is nothing at this address.", "Check the address.", code="no-such-address")


def _not_built() -> Unavailable:
    return Unavailable(
        "The pages of this installation are not built.",
        "Ask an admin to run `notebench up` again.",
        code="pages-missing",
    )
