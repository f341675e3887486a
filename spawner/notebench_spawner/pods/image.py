"""Which image a pod runs: always the bytes that were approved."""

import re

from notebench.contract.errors import Refused

from notebench_spawner.workload import ImageVersion

_BY_DIGEST = re.compile(r"[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}")


def by_digest(image: ImageVersion) -> str:
    """The image's reference. Raises Refused where it would not be one by digest."""
    if not _BY_DIGEST.fullmatch(image.digest):
        raise Refused(
            "Version {version} of image '{image}' has no container image at a digest ('{reference}').",
            "Choose another image, or ask an admin to give its `kubernetes.digest` in the catalogue.",
            code="image-without-digest",
            field="image",
            image=image.image,
            version=image.version,
            reference=image.digest[:300],
        )
    return image.digest
