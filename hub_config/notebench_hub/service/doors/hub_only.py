"""The door for the hub itself: it proves who it is with a key that only it and the service can read."""

import secrets

from fastapi import Depends, Request, params

from notebench_hub.place import Place
from notebench_hub.service.doors.doors import bearer, not_signed_in, remember


def hub_only(place: Place) -> params.Depends:
    """A dependency for routers below `/internal`: refuses everybody but the hub."""
    key = place.secret("hub-service-key").encode()

    async def check(request: Request) -> None:
        if not secrets.compare_digest(bearer(request).encode(), key):
            raise not_signed_in()
        remember(request, "hub", "")

    depends: params.Depends = Depends(check)
    return depends
