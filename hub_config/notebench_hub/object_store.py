"""The object store for MLflow's artifacts, as MLflow reads it from its environment."""

import os
from collections.abc import Mapping
from importlib.util import find_spec

from notebench.contract.errors import Refused

from notebench_hub.place import Place
from notebench_hub.secret_files import named_secret
from notebench_hub.settings import Settings


def object_store(settings: Settings, place: Place, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables of the destination and of who may write there; none for a folder. Raises Refused."""
    found = settings.artifacts
    if not found.url:
        return {}
    if find_spec("boto3") is None:
        raise Refused(
            "The setting `artifacts.url` names an object store, and what speaks with it is not installed.",
            "Install it with `pip install 'notebench-hub[kubernetes]'`.",
            code="no-object-store-driver",
        )
    told = {
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": found.url,
        "MLFLOW_S3_ENDPOINT_URL": found.endpoint,
        "AWS_DEFAULT_REGION": found.region,
    }
    if found.endpoint:
        # Stores that are not Amazon's do not know its newest checksums.
        told |= dict.fromkeys(
            ("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"), "when_required"
        )
    if found.key_id:
        told["AWS_ACCESS_KEY_ID"] = found.key_id
        told["AWS_SECRET_ACCESS_KEY"] = named_secret(
            place,
            "artifacts.secret",
            found.secret_file,
            found.secret_variable,
            code="object-store-secret",
            environ=environ,
        )
    return {name: value for name, value in told.items() if value}
