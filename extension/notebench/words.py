"""Text of the command line and of `import notebench` in the reader's language; the code says English.

    from notebench.words import say

`say("No run {id}.", id="x")` looks the template up in `locale/<language>/LC_MESSAGES/notebench_cli.po`,
which is read as it is, so that nothing needs compiling.
"""

import ast
import os
from collections.abc import Mapping
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
