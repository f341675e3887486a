"""What the API tells about itself, so that ordinary clients find their way."""

from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.kube.standin import kinds
from tests.kube.standin.kinds import Object

VERSION = {"major": "1", "minor": "34", "gitVersion": "v1.34.0+notebench-standin", "platform": "linux/amd64"}


def open_to_all(path: str) -> Response | None:
    """What needs no token. Transcript: no-token."""
    if path in ("/healthz", "/livez", "/readyz"):
        return PlainTextResponse("ok")
    return JSONResponse(VERSION) if path == "/version" else None


def about(path: str) -> Object | None:
    """Groups and kinds. Transcript: discovery."""
    groups = sorted({(kind.group, kind.version) for kind in kinds.KINDS if kind.group})
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(*one) for one in groups]}
    for group, version in [("", "v1"), *groups]:
        place = f"{group}/{version}" if group else version
        if path in (f"/api/{place}", f"/apis/{place}"):
            found = kinds.discovery(group, version)
            return {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": place,
                "resources": found,
            }
        if group and path == f"/apis/{group}":
            return {"kind": "APIGroup", "apiVersion": "v1"} | _group(group, version)
    return None


def _group(group: str, version: str) -> Object:
    one = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [one], "preferredVersion": one}
