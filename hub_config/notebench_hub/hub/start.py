"""What the start page shows: the reader's catalogue, their last choice, and the state of the service."""

from dataclasses import dataclass, field
from typing import Any

from notebench.contract.catalogue import Catalogue, Choice
from notebench.contract.errors import NotebenchError, Problem
from notebench.contract.people import PERSONAL
from notebench_spawner.sessions.local import CatalogueLocalSpawner
from notebench_spawner.sessions.service import DeniedError

from notebench_hub.i18n import translator

FIELDS = ("image", "profile", "acting_for")


@dataclass(frozen=True)
class StartPage:
    """All that the template shows."""

    catalogue: Catalogue | None
    problem: Problem | None = None
    """Why nothing can be started now."""
    choice: Choice | None = None
    """What is preselected."""
    enforced: list[str] = field(default_factory=list)


_last_good: dict[str, Catalogue] = {}
"""By user and language: what is shown, without a way to start, while the service is away."""

_KEPT = 500


async def start_page(for_user: Any, spawner: CatalogueLocalSpawner, language: str) -> StartPage:
    """The page for one reader. Never raises: what fails is said on the page."""
    key = f"{language} {for_user.name}"
    try:
        catalogue = await spawner.door.catalogue(for_user.name, language)
    except DeniedError as error:
        return StartPage(_last_good.get(key), error.problem)
    except NotebenchError as error:
        return StartPage(_last_good.get(key), error.problem(translator(language)))
    if len(_last_good) > _KEPT:
        _last_good.clear()
    _last_good[key] = catalogue
    return StartPage(catalogue, None, _choice(catalogue, spawner.user_options), _enforced(catalogue))


def _choice(catalogue: Catalogue, last: dict[str, Any]) -> Choice:
    """The last choice where it can be had, else the catalogue's default."""
    images = {card.id: card for card in catalogue.images if card.available}
    default = catalogue.default
    wanted = str(last.get("image", "")) or default.image
    image = images.get(wanted) or images.get(default.image) or next(iter(images.values()), None)
    profiles = [
        card.id for card in catalogue.profiles if card.available and image and card.id in image.profiles
    ]
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
    return {name: form[name][0] for name in FIELDS if form.get(name)}
