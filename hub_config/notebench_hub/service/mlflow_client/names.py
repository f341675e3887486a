"""What things are called in MLflow, and what a client in a session, run or model server must be told."""

from typing import Final

HOST: Final = "mlflow.notebench.internal"
"""The only `Host` MLflow accepts. No name server knows it; requests come over the socket."""

ADMIN: Final = "notebench"
"""MLflow's own admin: the principal with which workspaces are made."""

DEFAULT_EXPERIMENT: Final = "Notebooks"
"""The experiment that takes what a notebook logs without naming one. There in every workspace."""

CLIENT_ENVIRONMENT: Final = {
    # MLflow's defaults keep a logging call waiting for 247 s while a server is away. Three attempts within
    # about 3 s reach the gateway again after its own restart; MLflow's is bridged by the gateway itself.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0.5",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    # The gateway keeps multipart and presigned routes closed: they name places outside a workspace.
    "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false",
    # MLflow would print an address in its own web pages, which nobody can open here.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}
"""Variables that make MLflow's Python client behave well here, whatever it runs in."""
