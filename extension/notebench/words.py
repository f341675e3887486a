"""Text of the command line and of `import notebench` in the reader's language; the code says English.

    from notebench.words import say

`say("No run {id}.", id="x")` looks the template up in `locale/<language>/LC_MESSAGES/notebench_cli.po`,
which is read as it is, so that nothing needs compiling.
"""

import ast
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

DOMAIN = "notebench_cli"
LOCALES = Path(__file__).parent / "locale"
LANGUAGES = {"de": "de_DE", "es": "es_ES"}


def language(environ: Mapping[str, str] = os.environ) -> str:
    """`en`, `de` or `es`, as POSIX says: LC_ALL, then LC_MESSAGES, then LANG."""
    named = next((environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(key)), "")
    short = named[:2].lower()
    return short if short in LANGUAGES else "en"


def N_(template: str) -> str:  # noqa: N802
    """Mark a template for translators where it is kept before it is said."""
    return template


def translator(accept_language: str) -> Callable[[str], str]:
    """A function from templates to the best of our languages for an `Accept-Language` header."""
    ranges = [part.strip().lower().split(";q=") for part in accept_language[:500].split(",")]
    ranges.sort(key=lambda found: _weight(found[1]) if len(found) > 1 else 1.0, reverse=True)
    short = next((found[0][:2] for found in ranges if found[0][:2] in {"en", *LANGUAGES}), "en")
    messages = _messages(short)
    return lambda template: messages.get(template, template)


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def translate(template: str) -> str:
    """The template in the reader's language, itself where there is no translation."""
    return _messages(language()).get(template, template)


def say(template: str, **values: object) -> str:
    """The sentence in the reader's language, with its values."""
    text = translate(template)
    return text.format_map(values) if values else text


@cache
def _messages(short: str) -> Mapping[str, str]:
    if short not in LANGUAGES:
        return {}
    return read_po(LOCALES / LANGUAGES[short] / "LC_MESSAGES" / f"{DOMAIN}.po")


def read_po(file: Path) -> dict[str, str]:
    """Translation by message of a catalogue without plural forms; nothing where there is no such file."""
    entries: dict[str, str] = {}
    parts = {"msgid": "", "msgstr": ""}
    key = ""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    for line in [*lines, ""]:
        word, _, rest = line.partition(" ")
        if word in parts:
            key = word
            parts[key] = ast.literal_eval(rest)
        elif line.startswith('"') and key:
            parts[key] += ast.literal_eval(line)
        elif not line.strip():
            if parts["msgid"] and parts["msgstr"]:
                entries[parts["msgid"]] = parts["msgstr"]
            parts, key = {"msgid": "", "msgstr": ""}, ""
    return entries
