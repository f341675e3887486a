"""The servers of a user as the hub's pages list them."""

from dataclasses import dataclass
from typing import Any

from jupyterhub.utils import url_escape_path, url_path_join
from notebench.contract.people import PERSONAL


@dataclass(frozen=True)
class Server:
    """One server."""

    name: str
    """Empty for the first one."""
    state: str
    """`ready`, `pending`, `stopping` or `stopped`."""
    url: str
    api: str
    spawn_url: str
    pending_url: str
    image: str = ""
    profile: str = ""
    acting_for: str = PERSONAL


def servers_of(handler: Any, user: Any) -> list[Server]:
    """A user's servers, the first one first."""
    return [_server(handler, user, spawner) for spawner in user.all_spawners(include_default=True)]


def running_servers(handler: Any, user: Any) -> list[Server]:
    """Those that can be opened now."""
    return [server for server in servers_of(handler, user) if server.state == "ready"]


def _server(handler: Any, user: Any, spawner: Any) -> Server:
    base, name = handler.hub.base_url, url_escape_path(spawner.name)
    # A named server that was stopped is a row of the database without a spawner.
    live = user.spawners.get(spawner.name)
    options = getattr(spawner, "user_options", None) or {}
    tail = ("servers", name) if name else ("server",)
    return Server(
        name=spawner.name,
        state=_state(live),
        url=user.server_url(spawner.name),
        api=url_path_join(base, "api/users", user.escaped_name, *tail),
        spawn_url=url_path_join(base, "spawn", user.escaped_name, name),
        pending_url=url_path_join(base, "spawn-pending", user.escaped_name, name),
        image=str(options.get("image", "")),
        profile=str(options.get("profile", "")),
        acting_for=str(options.get("acting_for", PERSONAL)),
    )


def _state(spawner: Any) -> str:
    if spawner is None or not spawner.active:
        return "stopped"
    if spawner.ready:
        return "ready"
    return "stopping" if spawner.pending == "stop" else "pending"
