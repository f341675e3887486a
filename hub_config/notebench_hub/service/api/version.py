"""The handshake's other half: a client that speaks a contract which we do not serve is refused."""

from typing import Annotated

from fastapi import Header, Request
from notebench.contract import SUPPORTED_VERSIONS, VERSION_HEADER
from notebench.contract.errors import Refused


async def contract_version(
    request: Request,
    spoken: Annotated[str, Header(alias=VERSION_HEADER, max_length=20)] = "",
) -> None:
    """Raises Refused for a version outside `SUPPORTED_VERSIONS`; a client that says none gets the newest.

    The handshake itself answers everybody.
    """
    served = [str(version) for version in SUPPORTED_VERSIONS]
    if spoken and spoken not in served and not request.url.path.endswith("/hello"):
        raise Refused(
            "This client speaks version {spoken} of the contract; this service speaks {served}.",
            "Use an image or a client that belongs to this installation.",
            code="contract-version",
            spoken=spoken,
            served=", ".join(served),
        )
