"""Reasons in a reader's language, for the service's features; the hub says them too."""

from notebench_hub.reasons import TEMPLATES, in_words

__all__ = ["TEMPLATES", "in_words"]
