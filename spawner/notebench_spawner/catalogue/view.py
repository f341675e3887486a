"""The catalogue as one reader sees it: what they may choose, what is inside, and why something is not."""

from collections.abc import Callable, Collection

from notebench.contract.catalogue import ImageCard, ProfileCard

from notebench_spawner.catalogue.hardware import Machine, lacks
from notebench_spawner.catalogue.load import CatalogueFile
from notebench_spawner.catalogue.model import Image, Profile, Text, Version, Words
from notebench_spawner.catalogue.resolve import image_version, open_to
from notebench_spawner.marks import N_

Translate = Callable[[str], str]

_NOT_HERE = N_("This image cannot run on this machine.")
_NO_CONTAINER = N_("This image has no container image at a digest yet.")
_NO_PROFILE = N_("No hardware profile of this image is available here.")


def view(
    catalogue: CatalogueFile,
    *,
    groups: Collection[str],
    machine: Machine | None,
    language: str = "en",
    translate: Translate = str,
) -> tuple[list[ImageCard], list[ProfileCard]]:
    """Cards for a member of `groups`; what is not for them is left out, what cannot be given says why.

    `language` picks from texts that the catalogue itself translates, `translate` does the product's own.
    """
    reader = _Reader(language, translate)
    profiles = [
        _profile_card(profile, machine, reader)
        for profile in catalogue.document.profiles
        if open_to(profile.audience, groups)
    ]
    usable = {card.id: card.available for card in profiles}
    images = [
        _image_card(catalogue, image, version, machine=machine, usable=usable, reader=reader)
        for image in catalogue.document.images
        if open_to(image.audience, groups) and (version := image.current()) is not None
    ]
    return images, profiles


class _Reader:
    """Says texts in one reader's language."""

    def __init__(self, language: str, translate: Translate) -> None:
        self.language = language[:2].lower()
        self.translate = translate

    def say(self, text: Text) -> str:
        if isinstance(text, Words):
            return {"de": text.de, "es": text.es}.get(self.language) or text.en
        return self.translate(text)


def _profile_card(profile: Profile, machine: Machine | None, reader: _Reader) -> ProfileCard:
    problem = lacks(machine, profile) if machine else None
    return ProfileCard(
        id=profile.id,
        title=reader.say(profile.title),
        description=reader.say(profile.description),
        cpu=profile.cpu,
        memory_mib=profile.memory,
        resources=profile.resources,
        available=problem is None,
        reason=problem.problem(reader.translate).message if problem else "",
    )


def _image_card(
    catalogue: CatalogueFile,
    image: Image,
    version: Version,
    *,
    machine: Machine | None,
    usable: dict[str, bool],
    reader: _Reader,
) -> ImageCard:
    resolved = image_version(catalogue, image, version, embedded=machine is not None)
    profiles = [profile for profile in image.profiles if profile in usable]
    reason = ""
    if machine is not None and not version.embedded.available:
        reason = reader.say(version.embedded.reason or _NOT_HERE)
    elif machine is None and not resolved.digest:
        reason = reader.say(_NO_CONTAINER)
    elif not any(usable[profile] for profile in profiles):
        reason = reader.say(_NO_PROFILE)
    return ImageCard(
        id=image.id,
        title=reader.say(image.title),
        description=reader.say(image.description),
        version=version.name,
        identity=resolved.identity,
        state=version.state,
        python=resolved.python,
        packages=catalogue.locks[version.lock].packages(version.packages),
        profiles=profiles,
        available=not reason,
        reason=reason,
    )
