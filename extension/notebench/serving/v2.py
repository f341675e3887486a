"""The Open Inference Protocol, version 2: tensors in and out, over the same model as `/invocations`."""

from typing import Any

import numpy as np
import pandas as pd

import notebench
from notebench.contract.errors import NotFound, Refused
from notebench.serving.answers import dump
from notebench.serving.model import Served, signature
from notebench.serving.predictor import Predictor, parse

_DTYPES: dict[str, Any] = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    "BYTES": np.object_,
}
_NAMES = {np.dtype(kind): word for word, kind in _DTYPES.items()}
_COLUMNS = {
    "double": "FP64",
    "float": "FP32",
    "long": "INT64",
    "integer": "INT32",
    "boolean": "BOOL",
}
_ANSWER = "predictions"


def server_metadata() -> dict[str, Any]:
    """`GET /v2`."""
    return {"name": "notebench", "version": notebench.__version__, "extensions": []}


def model_metadata(served: Served) -> dict[str, Any]:
    """`GET /v2/models/{name}`: tensors, and the signature as the panels know it."""
    return {
        "name": served.name,
        "versions": [served.version] if served.version else [],
        "platform": served.flavour.replace(".", "_"),
        "inputs": _tensors(served.inputs, "inputs"),
        "outputs": _tensors(served.outputs, _ANSWER),
        "signature": signature(served).model_dump(mode="json"),
    }


def check_model(served: Served, name: str, version: str = "") -> None:
    """Refuse another model's name or version."""
    if name != served.name or (version and version != served.version):
        raise NotFound(
            "This server has the model {ours}, not {theirs}.",
            "Check the address.",
            code="model-unknown",
            ours=_title(served.name, served.version),
            theirs=_title(name, version),
        )


def infer(predictor: Predictor, body: bytes) -> bytes:
    """`POST /v2/models/{name}/infer`."""
    request = parse(body)
    tensors = request.get("inputs")
    if not isinstance(tensors, list) or not tensors:
        raise Refused(
            "The body has no inputs.",
            "Send inputs as a list of tensors.",
            code="v2-inputs",
            field="inputs",
        )
    read = dict(_tensor(tensor) for tensor in tensors)
    if len(read) != len(tensors):
        raise Refused(
            "Two inputs have the same name.", "Name each tensor once.", code="v2-inputs", field="inputs"
        )
    _, predictions = predictor.predict(_invocation(predictor.served, read))
    outputs = _wanted(_outputs(predictions), request.get("outputs"))
    answer: dict[str, Any] = {"model_name": predictor.served.name, "outputs": outputs}
    if predictor.served.version:
        answer["model_version"] = predictor.served.version
    if isinstance(request.get("id"), str):
        answer["id"] = request["id"]
    return dump(answer)


def _tensor(tensor: Any) -> tuple[str, Any]:
    name = tensor.get("name") if isinstance(tensor, dict) else None
    if not isinstance(name, str) or not name:
        raise Refused(
            "An input has no name.",
            "Each needs name, shape, datatype and data.",
            code="v2-inputs",
            field="inputs",
        )
    dtype, shape = _DTYPES.get(str(tensor.get("datatype"))), tensor.get("shape")
    if dtype is None:
        raise Refused(
            "The datatype of the input {field_name} is unknown.",
            "Use one of {known}.",
            code="v2-datatype",
            field=name,
            field_name=name,
            known=", ".join(_DTYPES),
        )
    if not isinstance(shape, list) or not all(type(part) is int and part >= 0 for part in shape):
        raise Refused(
            "The shape of the input {field_name} is not a list of whole numbers.",
            "Send for example [2, 4].",
            code="v2-shape",
            field=name,
            field_name=name,
        )
    try:
        return name, np.array(tensor.get("data"), dtype=dtype).reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused(
            "The data of the input {field_name} does not fit its datatype and shape.",
            "Check that there are as many values as the shape says.",
            code="v2-data",
            field=name,
            field_name=name,
        ) from error


def _invocation(served: Served, tensors: dict[str, Any]) -> dict[str, Any]:
    """The same values in one of MLflow's formats."""
    schema = served.inputs
    if schema is not None and schema.is_tensor_spec():
        return {"inputs": tensors if schema.has_input_names() else next(iter(tensors.values()))}
    names = schema.input_names() if schema is not None and schema.has_input_names() else []
    only = next(iter(tensors.values()))
    if len(tensors) == 1 and only.ndim == 2 and (not names or not tensors.keys() <= set(names)):
        columns = names if len(names) == only.shape[1] else list(range(only.shape[1]))
        return {"dataframe_split": {"columns": columns, "data": only.tolist()}}
    if len({tensor.size for tensor in tensors.values()}) != 1:
        raise Refused(
            "The inputs are not of one length.",
            "Each column needs as many values as the others.",
            code="v2-shape",
            field="inputs",
        )
    return {"inputs": {name: tensor.reshape(-1).tolist() for name, tensor in tensors.items()}}


def _outputs(predictions: Any) -> list[dict[str, Any]]:
    if isinstance(predictions, pd.Series):
        predictions = predictions.to_frame()
    if isinstance(predictions, pd.DataFrame):
        return [_output(str(name), predictions[name].to_numpy()) for name in predictions.columns]
    if isinstance(predictions, dict):
        return [_output(str(name), np.asarray(value)) for name, value in predictions.items()]
    return [_output(_ANSWER, np.asarray(predictions))]


def _output(name: str, array: Any) -> dict[str, Any]:
    word = _NAMES.get(array.dtype, "BYTES")
    values = array.reshape(-1)
    data = [str(value) for value in values.tolist()] if word == "BYTES" else values.tolist()
    return {"name": name, "shape": list(array.shape), "datatype": word, "data": data}


def _wanted(outputs: list[dict[str, Any]], asked: Any) -> list[dict[str, Any]]:
    names = [item.get("name") for item in asked if isinstance(item, dict)] if isinstance(asked, list) else []
    known = {output["name"]: output for output in outputs}
    for name in names:
        if name not in known:
            raise Refused(
                "There is no output {field_name}.",
                "The model answers with: {known}.",
                code="v2-output",
                field="outputs",
                field_name=name,
                known=", ".join(known),
            )
    return [known[name] for name in names] or outputs


def _tensors(schema: Any, fallback: str) -> list[dict[str, Any]]:
    if schema is None:
        return []
    found = []
    for spec in schema.inputs:
        kind = getattr(spec.type, "name", None)
        word = _COLUMNS.get(str(kind)) if not schema.is_tensor_spec() else _NAMES.get(np.dtype(spec.type))
        shape = list(spec.shape) if schema.is_tensor_spec() else [-1]
        found.append({"name": str(spec.name or fallback), "datatype": word or "BYTES", "shape": shape})
    return found


def _title(name: str, version: str) -> str:
    return f"{name}/{version}" if version else name
