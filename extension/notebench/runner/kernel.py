"""The kernel of a run: this interpreter's own, on sockets in a private directory (never TCP ports)."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from notebench.runner import plain_kernel


class OwnKernel(KernelSpecManager):  # type: ignore[misc]
    """Knows one kernel: this interpreter. Kernels that people registered elsewhere are not looked at."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, plain_kernel.__file__, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
        )


class AttentiveManager(AsyncKernelManager):  # type: ignore[misc]
    """Looks ten times as often whether its kernel has ended."""

    async def _async_wait(self, pollinterval: float = 0.01) -> None:
        await super()._async_wait(pollinterval=0.01)


_LONGEST = 90  # bytes: a Unix socket's address holds 107


def _private(wanted: Path) -> Path:
    """An empty directory for this account only, tidied with the run unless its path would be too long."""
    if len(str(wanted).encode()) > _LONGEST:
        return Path(tempfile.mkdtemp(prefix="nb-run-"))
    shutil.rmtree(wanted, ignore_errors=True)
    wanted.mkdir(mode=0o700)
    return wanted


class RunKernel:
    """A started kernel and the private directory of its sockets."""

    def __init__(self, state: Path) -> None:
        self.folder = _private(state / "kernel")
        self.manager: Any = AttentiveManager(
            kernel_name="python3",
            kernel_spec_manager=OwnKernel(),
            transport="ipc",
            connection_file=str(self.folder / "kernel.json"),
            ip=str(self.folder / "k"),
        )

    async def start(self, cwd: Path, env: dict[str, str]) -> None:
        """Launch it; it becomes ready while the caller does other things."""
        arguments = ["--HistoryManager.enabled=False", "--HistoryManager.hist_file=:memory:"]
        await self.manager.start_kernel(cwd=str(cwd), env={**os.environ, **env}, extra_arguments=arguments)

    async def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the running cell."""
        if self.manager.has_kernel:
            await self.manager.interrupt_kernel()

    async def exit_code(self) -> int | None:
        """How it ended (negative: by that signal), None while it runs or where nobody knows."""
        provisioner = self.manager.provisioner
        code = await provisioner.poll() if provisioner else None
        return code if isinstance(code, int) else None

    async def stop(self, *, now: bool = False) -> None:
        """Shut it down, quickly if told so, and remove its directory."""
        try:
            if self.manager.has_kernel:
                await self.manager.shutdown_kernel(now=now)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
