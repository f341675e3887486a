"""`python -m notebench.lab.session`: JupyterHub's single-user server, started without what it never uses.

It is `jupyterhub.singleuser` with JupyterLab: the same classes, and the same words on the command line. Left
out are only costs of the start: the hub's database layer, which a formatting function of JupyterHub's draws
in; a Node process that asks for the registry from which JupyterLab would build; libraries that only an
extension manager needs; and the search for language servers begins after the first page instead of before it.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from notebench.lab.home.safe import keep_out_of_a_full_home, restart_is_wanted
from notebench.pod import IN_POD

LANGUAGE_SERVERS_AFTER = 3.0
"""Seconds from the start until language servers are looked for: that starts a Node process too."""

Members = Mapping[str, Mapping[str, Any]]

# What the single-user server's modules import and this process never calls: parts of the hub itself.
_OF_THE_HUB: Members = {
    "jupyterhub.handlers": {},
    "jupyterhub.handlers.pages": {"HealthCheckHandler": type("HealthCheckHandler", (), {})},
    "jupyterhub.metrics": {"prometheus_log_method": lambda handler: None},
    "jupyterhub.orm": {},
    "jupyterhub.roles": {},
    "jupyterhub.singleuser.mixins": {"HubAuthenticatedHandler": None, "make_singleuser_app": None},
    "sqlalchemy": {},
    "sqlalchemy.exc": {"SQLAlchemyError": type("SQLAlchemyError", (Exception,), {})},
}


def _package_index(*words: Any, **more: Any) -> Any:
    """JupyterLab's manager that installs extensions, for an administrator who asks for it."""
    return import_module("jupyterlab.extensions.pypi").PyPIExtensionManager(*words, **more)


_OF_AN_EXTENSION_MANAGER: Members = {
    "jupyterlab.extensions.pypi": {"PyPIExtensionManager": _package_index},
}


def single_user() -> Any:
    """JupyterHub's own extension class, with JupyterLab loaded beside it."""
    server = _without(_OF_THE_HUB, "jupyterhub.singleuser.extension").JupyterHubSingleUser
    _without(_OF_AN_EXTENSION_MANAGER, "jupyterlab.labapp")
    return server


def _without(members: Members, name: str) -> ModuleType:
    """Import a module while light stand-ins take the place of what it never uses.

    Afterwards the real ones can be imported by who needs them. Where a release of the module needs more of
    them than these members, it is imported as everybody does.
    """
    package = name.partition(".")[0]
    if package in sys.modules:
        return import_module(name)
    try:
        with _standing_in(members):
            return import_module(name)
    except (ImportError, AttributeError, TypeError):
        for loaded in [one for one in sys.modules if one == package or one.startswith(f"{package}.")]:
            del sys.modules[loaded]
    return import_module(name)


@contextmanager
def _standing_in(members: Members) -> Iterator[None]:
    made = {name: ModuleType(name) for name in members if name not in sys.modules}
    for name, module in made.items():
        module.__dict__.update(members[name], __path__=[])
    sys.modules.update(made)
    try:
        yield
    finally:
        for name in made:
            del sys.modules[name]


def lighten() -> None:
    """Take out of the way of a start what the first page does not need."""
    # An empty answer is what JupyterLab gets where there is no Node; the registry is for building extensions.
    commands: Any = import_module("jupyterlab.commands")
    commands._yarn_config = lambda logger: {"yarn config": {}, "npm config": {}}
    # The classic notebook's path of extensions: asked for at every start, and IPython is loaded to tell it.
    import_module("notebook_shim.traits").NotebookAppTraits.nbextensions_path = property(_nbextensions_path)
    languages: Any = import_module("jupyter_lsp.serverextension")
    languages.initialize = _later(languages.initialize)


def _nbextensions_path(app: Any) -> list[str]:
    jupyter_path = import_module("jupyter_core.paths").jupyter_path
    return [*app.extra_nbextensions_path, *jupyter_path("nbextensions")]


def _later(begin: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def later(*words: Any) -> None:
        await asyncio.sleep(LANGUAGE_SERVERS_AFTER)
        await begin(*words)

    return later


def main() -> None:
    """Serve until told to stop."""
    given = dict(os.environ)
    if os.environ.get(IN_POD):
        make_ready()
    keep_out_of_a_full_home(os.environ)  # before Jupyter is loaded, which looks for its places
    gc.disable()  # modules and classes are here to stay: looking through them again and again finds nothing
    server = single_user()
    lighten()
    serve(server, given)


def make_ready() -> None:
    """Make in the home what nobody has made from outside of the pod."""
    from notebench.pod.layer import prepare_layer  # only pods need it
    from notebench.pod.tour import seed_tour, tour_folder

    prepare_layer(os.environ, Path(sys.prefix))
    seed_tour(Path.home(), tour_folder())


def serve(server: Any, given: Mapping[str, str]) -> None:
    """Serve, with the words of the command line, until told to stop; `given` was the environment."""
    gc.disable()
    prepared = server.initialize_server(argv=sys.argv[1:])
    gc.enable()
    gc.freeze()
    prepared.start()
    if restart_is_wanted():  # the same process, for its shim and for the hub
        os.execve(sys.executable, sys.orig_argv, given)  # noqa: S606 - no shell


if __name__ == "__main__":
    main()
