"""Marks text of the launching side for the translators; whoever shows it to people translates it."""


def N_(english: str) -> str:  # noqa: N802 - the name that gettext's tools give this mark
    """The same text; the extraction of messages finds it by this call."""
    return english
