"""The model that is served: loaded once with its signature, or a sentence about why it does not load."""

import importlib.metadata
import re
from dataclasses import dataclass
from typing import Any

from notebench.contract.errors import NotebenchError
from notebench.contract.tracking import Column, Signature


@dataclass(frozen=True)
class Served:
    """A loaded model and how people call it."""

    name: str
    version: str
    flavour: str
    """Module that loaded it, for example `mlflow.sklearn`."""
    pyfunc: Any

    @property
    def inputs(self) -> Any:
        """MLflow's input schema, or None."""
        return self.pyfunc.metadata.get_input_schema()

    @property
    def outputs(self) -> Any:
        """MLflow's output schema, or None."""
        return self.pyfunc.metadata.get_output_schema()


def load(uri: str) -> Served:
    """The model behind `models:/name/version`, `models:/name@alias`, `runs:/…` or a folder.

    Raises NotebenchError with the reason and what to do.
    """
    try:
        import mlflow.pyfunc

        pyfunc = mlflow.pyfunc.load_model(uri)
    except ModuleNotFoundError as error:
        missing = (error.name or str(error)).split(".")[0]
        raise NotebenchError(
            "The model needs the package {package}, which this image does not have.",
            "Deploy it with the image it was trained in, or add the package: %pip install {package}.",
            code="model-package",
            package=_distribution(missing),
        ) from error
    except Exception as error:  # whatever a model's own code raises while it loads
        raise NotebenchError(
            "The model does not load: {kind}: {problem}",
            "Check that it loads in a session of the same image: mlflow.pyfunc.load_model({uri})",
            code="model-load",
            kind=type(error).__name__,
            problem=_short(error),
            uri=repr(uri),
        ) from error
    name, version = _named(uri)
    return Served(name, version, str(pyfunc.loader_module), pyfunc)


def _named(uri: str) -> tuple[str, str]:
    found = re.fullmatch(r"models:/([^/@]+)[/@](.+)", uri)
    return (found[1], found[2]) if found else ("model", "")


def _distribution(module: str) -> str:
    """The package to install for a module; mostly the same word."""
    known = {"sklearn": "scikit-learn", "cv2": "opencv-python", "PIL": "pillow", "yaml": "pyyaml"}
    return known.get(module) or next(
        iter(importlib.metadata.packages_distributions().get(module, [])), module
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:600]


def signature(served: Served) -> Signature:
    """What the model takes, in the contract's words."""
    schema = served.inputs
    if schema is None:
        return Signature()
    if schema.is_tensor_spec() and not schema.has_input_names():
        return Signature(tensor=list(schema.inputs[0].shape))
    columns = [
        Column(name=str(spec.name or index), type=_word(spec), required=getattr(spec, "required", True))
        for index, spec in enumerate(schema.inputs)
    ]
    return Signature(inputs=columns)


def _word(spec: Any) -> str:
    kind = spec.type
    return str(getattr(kind, "name", None) or kind)
