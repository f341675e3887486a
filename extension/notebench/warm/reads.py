"""Which environment variables imports have looked at: where one has another value later, they went wrong."""

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

_Environ: Any = type(os.environ)

FOLLOWED = frozenset(
    {
        # `traces` finds what was made of these, and puts it right.
        "HOME", "USER", "LOGNAME",
        # Looked up again each time they matter.
        "PATH", "VIRTUAL_ENV", "JUPYTER_PATH", "SHELL", "NOTEBENCH_WORKLOAD",
        # Only defaults in JupyterHub's help; the server asks again when it starts.
        "JUPYTERHUB_API_URL", "JUPYTERHUB_SERVICE_PREFIX",
    }
)  # fmt: skip


class Reads:
    """Notes names while it is entered."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.before: dict[str, str] = {}

    def __enter__(self) -> Self:
        names = self.names

        class Watched(_Environ):  # type: ignore[misc]
            def __getitem__(self, key: str) -> Any:
                names.add(key)
                return super().__getitem__(key)

        self.before = dict(os.environ)
        environ: Any = os.environ
        environ.__class__ = Watched
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        environ: Any = os.environ
        environ.__class__ = _Environ

    def mistaken(self, env: Mapping[str, str]) -> list[str]:
        """Names that were looked at and are something else now."""
        return sorted(n for n in self.names - FOLLOWED if env.get(n) != self.before.get(n))
