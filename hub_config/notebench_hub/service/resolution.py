"""A resolved choice as JSON: what was approved is written down with the record, and is what runs later."""

from typing import Any

from notebench_spawner.workload import Hardware, ImageVersion

from notebench_hub.service.ports import Resolved


def dump(resolved: Resolved) -> dict[str, Any]:
    """The choice as it is kept."""
    return {
        "image": resolved.image.model_dump(mode="json"),
        "image_title": resolved.image_title,
        "hardware": resolved.hardware.model_dump(mode="json"),
    }


def load(kept: dict[str, Any]) -> Resolved:
    """The choice from what was kept."""
    return Resolved(
        image=ImageVersion.model_validate(kept["image"]),
        image_title=kept["image_title"],
        hardware=Hardware.model_validate(kept["hardware"]),
    )


def words(resolved: Resolved) -> dict[str, str]:
    """The choice in the words of a record."""
    image = resolved.image
    return {
        "image": image.image,
        "version": image.version,
        "identity": image.identity,
        "profile": resolved.hardware.profile,
    }
