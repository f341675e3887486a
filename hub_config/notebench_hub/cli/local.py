"""The installation on this machine, for the product's verbs where NOTEBENCH_URL is not set."""

from notebench_hub.place import Place
from notebench_hub.scopes import PROGRAM
from notebench_hub.settings import load

_TOKEN_SECONDS = 12 * 60 * 60  # `run --wait` may wait long


def find() -> tuple[str, str] | None:
    """Address and a token of the first admin, who is the person that may read this state directory anyway.

    None where nothing was started. Found through the entry point group `notebench.local`.
    """
    place = Place.from_environment()
    if not place.instance_file.exists():
        return None
    from notebench_hub.hub.accounts import new_token  # the hub's code is heavy

    token = new_token(
        place,
        load(place).admin,
        note="notebench command line",
        expires_in=_TOKEN_SECONDS,
        scopes=PROGRAM,  # the verbs are a person's; an admin's own commands take a token of their own
    )
    return place.instance().public_url, token
