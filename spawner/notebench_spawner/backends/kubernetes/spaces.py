"""One backend for each namespace, where people or projects have namespaces of their own."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence

from notebench_spawner.backends.base import Backend, Handle, Observation, Stray
from notebench_spawner.workload import Workload

_SPACE = "namespace"


class Spaces:
    """Behind the seam: each workload in the namespace that is its, and a handle knows in which.

    Strays are looked for where something was started or looked at since the service began, and in the usual
    one: all namespaces of a cluster are nobody's to list.
    """

    def __init__(
        self, usual: str, space_of: Callable[[Workload], str], make: Callable[[str], Backend]
    ) -> None:
        """`usual` is the namespace of handles from before there were others."""
        self._usual = usual
        self._space_of = space_of
        self._make = make
        self._backends: dict[str, Backend] = {}

    async def start(self, workload: Workload) -> Handle:
        """Start it where it belongs."""
        space = self._space_of(workload)
        handle = await self._in(space).start(workload)
        return handle.model_copy(update={"state": {**handle.state, _SPACE: space}})

    async def observe(self, handles: Sequence[Handle]) -> list[Observation]:
        """Namespace by namespace, and in the given order all the same."""
        by_space: dict[str, list[Handle]] = {}
        for handle in handles:
            by_space.setdefault(self._space(handle), []).append(handle)
        seen: dict[str, Observation] = {}
        for space, some in by_space.items():
            for one in await self._in(space).observe(some):
                seen[one.handle.workload] = one
        return [seen[handle.workload] for handle in handles]

    async def stop(self, handle: Handle) -> None:
        """End it there."""
        await self._in(self._space(handle)).stop(handle)

    def logs(self, handle: Handle, *, follow: bool = False) -> AsyncIterator[str]:
        """Its output, from there."""
        return self._in(self._space(handle)).logs(handle, follow=follow)

    async def strays(self, known: Collection[str]) -> list[Stray]:
        """Of all namespaces that it has had to do with."""
        self._in(self._usual)
        found: list[Stray] = []
        for space in sorted(self._backends):
            strays = await self._in(space).strays(known)
            found += [Stray(one.workload, f"{space}: {one.where}") for one in strays]
        return found

    def _space(self, handle: Handle) -> str:
        return str(handle.state.get(_SPACE, self._usual))

    def _in(self, space: str) -> Backend:
        if space not in self._backends:
            self._backends[space] = self._make(space)
        return self._backends[space]
