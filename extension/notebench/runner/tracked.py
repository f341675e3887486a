"""Which MLflow runs a notebook run logged, found by the tag that the run-context provider gave them."""

import http.client
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from notebench.contract.tags import NOTEBOOK_RUN

MARK = "mlflow-used"
"""The run-context provider leaves this file in the run's state directory; without it nothing was logged."""


_TIMEOUT = 5.0  # seconds


def mlflow_runs(state: Path, run: str) -> list[str]:
    """Ids of the MLflow runs with this run's tag; none where MLflow was not used or does not answer."""
    base, token = os.environ.get("MLFLOW_TRACKING_URI", ""), os.environ.get("MLFLOW_TRACKING_TOKEN", "")
    if not (state / MARK).exists() or not base.startswith(("http://", "https://")):
        return []
    try:
        experiments = _ask(base, token, "experiments/search", {"max_results": 1000})
        ids = [item["experiment_id"] for item in experiments.get("experiments", [])]
        body = {"experiment_ids": ids, "filter": f"tags.`{NOTEBOOK_RUN}` = '{run}'", "max_results": 1000}
        found = _ask(base, token, "runs/search", body) if ids else {}
        return [item["info"]["run_id"] for item in found.get("runs", [])]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return []  # the records are in MLflow with their tag all the same


def _ask(base: str, token: str, route: str, body: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(base)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=_TIMEOUT)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        path = f"{url.path.rstrip('/')}/api/2.0/mlflow/{route}"
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        if answer.status >= 300:
            raise ValueError(answer.status)
        found = json.loads(answer.read())
        return found if isinstance(found, dict) else {}
    finally:
        connection.close()
