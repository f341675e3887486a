"""What runs inside a user's image: the verbs of the panels, for notebooks and programs.

    import notebench
    notebench.register("wine")                    # the model that the last MLflow run logged
    notebench.deploy("wine", name="wine-api")     # waits until it answers
    notebench.predict("wine-api", frame)
    notebench.run("train.ipynb", {"depth": 5})    # beside this notebook, with its own kernel
    notebench.schedule("train.ipynb", "0 6 * * 1-5", timezone="Europe/Berlin")

Importing it costs next to nothing: each verb loads what it needs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notebench.verbs import (
        deploy,
        deployments,
        here,
        models,
        predict,
        register,
        run,
        runs,
        schedule,
        schedules,
    )

__version__ = "0.1.0"

__all__ = [
    "deploy",
    "deployments",
    "here",
    "models",
    "predict",
    "register",
    "run",
    "runs",
    "schedule",
    "schedules",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("notebench.verbs"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
