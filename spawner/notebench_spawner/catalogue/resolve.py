"""Turns a choice into what was approved: the one function for sessions, notebook runs and model servers."""

from collections.abc import Collection

from notebench.contract.errors import NotAllowed, Refused

from notebench_spawner.catalogue.hardware import Machine, lacks
from notebench_spawner.catalogue.identity import identity, python_version
from notebench_spawner.catalogue.load import CatalogueFile, nearest
from notebench_spawner.catalogue.model import Audience, Image, Profile, Version, Words
from notebench_spawner.workload import Hardware, ImageVersion


def resolve(
    catalogue: CatalogueFile,
    image: str = "",
    profile: str = "",
    *,
    groups: Collection[str],
    machine: Machine | None,
) -> tuple[ImageVersion, Hardware]:
    """What a start of this choice runs. Names count only as a whole; empty ones mean the default.

    `machine` is where it would run, None for a cluster. Raises Refused or NotAllowed with the next step.
    """
    chosen = _image(catalogue, image or catalogue.document.default.image, groups)
    version = chosen.current()
    if version is None:
        raise Refused(
            "No version of image '{image}' is approved.",
            "Choose another image, or ask an admin.",
            code="image-not-approved",
            field="image",
            image=chosen.id,
        )
    if machine is not None and not version.embedded.available:
        raise Refused(
            "Image '{image}' cannot run on this machine.",
            "Choose another image.",
            code="image-unavailable",
            field="image",
            image=chosen.id,
        )
    hardware = _profile(catalogue, chosen, profile or _usual(catalogue, chosen), groups, machine)
    return image_version(catalogue, chosen, version, embedded=machine is not None), hardware


def open_to(audience: Audience | None, groups: Collection[str]) -> bool:
    """Whether something with this audience may be chosen by a member of `groups`."""
    return audience is None or audience.includes(groups)


def image_version(
    catalogue: CatalogueFile, image: Image, version: Version, *, embedded: bool
) -> ImageVersion:
    """The version as a workload carries it. On one machine its Python is the one that runs the hub."""
    return ImageVersion(
        image=image.id,
        version=version.name,
        identity=identity(catalogue.locks[version.lock], catalogue.content),
        python=python_version() if embedded else version.python,
        digest=version.kubernetes.reference if version.kubernetes else "",
    )


def title_of(catalogue: CatalogueFile, image: str) -> str:
    """The image's English title, or its id where the catalogue does not have it any more."""
    found = catalogue.image(image)
    if found is None:
        return image
    return found.title.en if isinstance(found.title, Words) else found.title


def _image(catalogue: CatalogueFile, name: str, groups: Collection[str]) -> Image:
    found = catalogue.image(name)
    if found is None:
        known = [image.id for image in catalogue.document.images if open_to(image.audience, groups)]
        if near := nearest(name, known):
            raise Refused(
                "No image '{image}'.",
                "Did you mean '{nearest}'?",
                code="image-unknown",
                field="image",
                image=name[:80],
                nearest=near,
            )
        raise Refused(
            "No image '{image}'.",
            "Choose one of: {known}.",
            code="image-unknown",
            field="image",
            image=name[:80],
            known=", ".join(known),
        )
    if not open_to(found.audience, groups):
        raise NotAllowed(
            "Image '{image}' is not open to you.",
            "Choose another image, or ask an admin.",
            code="image-not-allowed",
            field="image",
            image=name,
        )
    return found


def _usual(catalogue: CatalogueFile, image: Image) -> str:
    """The profile of people who name none: the catalogue's default where the image may use it."""
    default = catalogue.document.default.profile
    return default if default in image.profiles else image.profiles[0]


def _profile(
    catalogue: CatalogueFile, image: Image, name: str, groups: Collection[str], machine: Machine | None
) -> Hardware:
    found = catalogue.profile(name)
    if found is None:
        raise _unknown_profile(catalogue, name, groups)
    if not open_to(found.audience, groups):
        raise NotAllowed(
            "Profile '{profile}' is not open to you.",
            "Choose another profile, or ask an admin.",
            code="profile-not-allowed",
            field="profile",
            profile=name,
        )
    if name not in image.profiles:
        raise Refused(
            "Image '{image}' may not run on profile '{profile}'.",
            "Choose one of: {known}.",
            code="profile-not-for-image",
            field="profile",
            image=image.id,
            profile=name,
            known=", ".join(image.profiles),
        )
    if machine is not None and (problem := lacks(machine, found)) is not None:
        raise problem
    return hardware_of(found)


def hardware_of(found: Profile) -> Hardware:
    """The profile as a workload carries it."""
    return Hardware(
        profile=found.id,
        cpu=found.cpu,
        memory_mib=found.memory,
        processes=found.processes,
        files=found.files,
        resources=found.resources,
        placement=found.kubernetes,
    )


def _unknown_profile(catalogue: CatalogueFile, name: str, groups: Collection[str]) -> Refused:
    known = [profile.id for profile in catalogue.document.profiles if open_to(profile.audience, groups)]
    if near := nearest(name, known):
        return Refused(
            "No profile '{profile}'.",
            "Did you mean '{nearest}'?",
            code="profile-unknown",
            field="profile",
            profile=name[:80],
            nearest=near,
        )
    return Refused(
        "No profile '{profile}'.",
        "Choose one of: {known}.",
        code="profile-unknown",
        field="profile",
        profile=name[:80],
        known=", ".join(known),
    )
