"""What the start page shows: the reader's catalogue, their last choice, and the state of the service."""

from dataclasses import dataclass, field
from typing import Any

from notebench.contract.catalogue import Catalogue, Choice
from notebench.contract.errors import NotebenchError, Problem
from notebench.contract.people import PERSONAL
from notebench_spawner.sessions.choice import OPTIONS
from notebench_spawner.sessions.endings import last_ending
from notebench_spawner.sessions.service import DeniedError, SessionsDoor
from tornado.httputil import url_concat

from notebench_hub.hub.servers import Server, running_servers
from notebench_hub.i18n import translator
from notebench_hub.reasons import in_words


@dataclass(frozen=True)
class StartPage:
    """All that the template shows."""

    server: str
    """The named server's name; empty for the first one."""
    again: str
    """Address of this page."""
    action: str
    """Where the form goes: this page, with where the reader wants to be after the start."""
    named: bool
    """Whether people may have more than one server."""
    running: list[Server]
    catalogue: Catalogue | None = None
    problem: Problem | None = None
    """Why nothing can be started now."""
    choice: Choice | None = None
    """What is preselected."""
    ended: str = ""
    """How this server ended, when nobody had asked it to."""
    enforced: list[str] = field(default_factory=list)


_last_good: dict[str, Catalogue] = {}
"""By language and user: what is shown, without a way to start, while the service is away."""

_KEPT = 500


async def start_page(handler: Any, for_user: Any, language: str) -> StartPage:
    """The page for one reader. Never raises for a service that is away: the page says it."""
    server = _server_name(handler)
    spawner = for_user.get_or_create_spawner(server, "") if server else for_user.spawner
    catalogue, problem = await _catalogue(spawner.door, for_user.name, language)
    return StartPage(
        server=server,
        again=handler.request.path,
        action=_action(handler),
        named=handler.allow_named_servers,
        running=running_servers(handler, for_user),
        catalogue=catalogue,
        problem=problem,
        choice=_choice(catalogue, spawner.user_options or {}) if catalogue else None,
        ended=in_words(last_ending(for_user.name, server), translator(language)),
        enforced=_enforced(catalogue) if catalogue else [],
    )


def _action(handler: Any) -> str:
    wanted = handler.get_query_argument("next", "")
    return str(url_concat(handler.request.path, {"next": wanted} if wanted else {}))


def _server_name(handler: Any) -> str:
    """From the page's address: `/spawn/{user}/{server}`."""
    named = handler.path_kwargs.get("server_name") or (handler.path_args[1:] or [""])[0]
    return str(named or "")


async def _catalogue(door: SessionsDoor, user: str, language: str) -> tuple[Catalogue | None, Problem | None]:
    """What the service says, or what it said last with the reason why it says nothing now."""
    key = f"{language} {user}"
    try:
        catalogue = await door.catalogue(user, language)
    except DeniedError as error:
        return _last_good.get(key), error.problem
    except NotebenchError as error:
        return _last_good.get(key), error.problem(translator(language))
    if len(_last_good) > _KEPT:
        _last_good.clear()
    _last_good[key] = catalogue
    return catalogue, None


def _choice(catalogue: Catalogue, last: dict[str, Any]) -> Choice:
    """The last choice where it can be had, else the catalogue's default."""
    images = {card.id: card for card in catalogue.images if card.available}
    default = catalogue.default
    wanted = str(last.get("image", "")) or default.image
    image = images.get(wanted) or images.get(default.image) or next(iter(images.values()), None)
    here = {card.id for card in catalogue.profiles if card.available}
    profiles = [one for one in (image.profiles if image else []) if one in here]
    profile = next((one for one in (last.get("profile"), default.profile) if one in profiles), None)
    acting_for = str(last.get("acting_for", "")) or default.acting_for
    return Choice(
        image=image.id if image else "",
        profile=profile or (profiles[0] if profiles else ""),
        acting_for=acting_for if acting_for in catalogue.projects else PERSONAL,
    )


def _enforced(catalogue: Catalogue) -> list[str]:
    """How figures are enforced: each sentence once."""
    return list(dict.fromkeys(card.enforced for card in catalogue.profiles if card.enforced))


def options_from_form(form: dict[str, list[str]]) -> dict[str, str]:
    """The form's fields as the options that the REST API takes too."""
    return {name: form[name][0] for name in OPTIONS if form.get(name)}
