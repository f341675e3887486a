"""The page that lists the open routes lists exactly them."""

from pathlib import Path

from notebench_hub.service.gateway.routes import OPEN

PAGE = Path(__file__).parents[2] / "docs" / "mlflow-routes.md"


def test_the_page_lists_the_open_routes() -> None:
    words = {"READ": "read", "MANAGE": "write"}
    rows = [f"| {one.method} | `/{one.pattern}` | {words[one.access]} |" for one in OPEN]
    said = [line for line in PAGE.read_text().splitlines() if line.startswith("|") and "`/" in line]
    assert said == rows
