"""The kernel of a run: IPython's own, without the debugger, to which nobody could attach.

Run by path, as `ipykernel_launcher` is by name: what lies beside the notebook is found by cells, but cannot
stand in for what the kernel itself needs. Cells that import `debugpy` get it.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

_DEBUGGER = "ipykernel.debugger"


def prepare() -> Any:
    """Import what a kernel needs. Returns the application's module."""
    stands_in: Any = ModuleType(_DEBUGGER)
    stands_in._is_debugpy_available = False
    stands_in.Debugger = type("Debugger", (), {})
    sys.modules.setdefault(_DEBUGGER, stands_in)
    return import_module("ipykernel.kernelapp")


def main() -> None:
    """Be the kernel that the command line describes."""
    prepare().launch_new_instance()


if __name__ == "__main__":
    if Path(sys.path[0]) == Path(__file__).parent:
        del sys.path[0]
    main()
