"""The committed OpenAPI document is what the service answers."""

from notebench_hub.service.openapi import DEFAULT_TARGET, document, text


def test_committed_document_is_fresh() -> None:
    assert DEFAULT_TARGET.read_text() == text(), "run: python -m notebench_hub.service.openapi"


def test_every_answer_has_a_type() -> None:
    """A route whose JSON answer has no schema gives the panels `unknown`."""
    for path, routes in document()["paths"].items():
        for method, route in routes.items():
            for status, answer in route["responses"].items():
                for media, content in answer.get("content", {}).items():
                    if media.endswith("json"):
                        assert content["schema"], f"{method} {path} {status}"
