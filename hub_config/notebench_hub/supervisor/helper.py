"""A program that runs once beside the parts: its end is no failure, and it does not outlive them."""

import asyncio
from collections.abc import Sequence

from notebench_hub.place import Place
from notebench_hub.supervisor import logfiles, records
from notebench_hub.supervisor.identity import Identity


class Helper:
    """Runs one command to its end or to ours; its output is `<name>.log`."""

    def __init__(self, name: str, command: Sequence[str], place: Place, env: dict[str, str]) -> None:
        self._name, self._command, self._place = name, command, place
        self._env = records.marked(env, place, name)

    async def run(self) -> None:
        """Return when it has ended; cancelled, end it."""
        file = self._place.logs / f"{self._name}.log"
        logfiles.rotate(file)
        with logfiles.open_for_part(file) as output:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._env,
                start_new_session=True,
            )
        identity = Identity.of(process.pid)
        records.write(self._place, self._name, identity)
        try:
            await process.wait()
        finally:
            await asyncio.shield(asyncio.to_thread(identity.end, records.PATIENCE))
            records.forget(self._place, self._name)
