"""Getting a container's image, or waiting for it.

Transcript: image-unknown.
"""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kube.standin.container import Container

FIRST_WAIT = 10


async def pull(container: "Container") -> bool:
    """Whether it is there; False once the pod ends before that."""
    reference, images, life = container.spec["image"], container.life.kubelet.images, container.life
    while not life.ending:
        container.image = images.find(reference)
        if container.image:
            if not container.began:
                await asyncio.sleep(images.pull_seconds)
                said = f'Container image "{reference}" already present on machine'
                life.tell("Pulled", said, container=container.name)
            return True
        await _failed(container, reference)
    return False


async def _failed(container: "Container", reference: str) -> None:
    tell = container.life.tell
    said = f'failed to resolve reference "{reference}": {reference}: not found'
    said = f'failed to pull and unpack image "{reference}": {said}'
    tell("Pulling", f'Pulling image "{reference}"', container=container.name)
    tell("Failed", f'Failed to pull image "{reference}": {said}', warning=True, container=container.name)
    container.waits("ErrImagePull", said)
    await container.pause(FIRST_WAIT)
    backing_off = f'Back-off pulling image "{reference}"'
    tell("BackOff", backing_off, container=container.name)
    container.waits("ImagePullBackOff", f"{backing_off}: ErrImagePull: {said}")
    await container.pause(FIRST_WAIT)
