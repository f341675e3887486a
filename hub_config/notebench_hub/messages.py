"""Collects the messages of the hub side into its catalogues: `python -m notebench_hub.i18n extract`.

A message is the literal first argument of `_()` or `N_()`, the literal first and second arguments of an
error of `notebench.contract.errors`, a `{{ _("…") }}` in a template, or a title, description or reason in
the catalogue of images.
"""

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import notebench_spawner
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract
from notebench.contract import errors
from notebench_spawner.marks import N_

from notebench_hub.i18n import LANGUAGES, catalogue_file
from notebench_hub.shipped import images_folder

HUB = Path(__file__).parent
SPAWNER = Path(notebench_spawner.__file__).parent

MARKS = {"_": 1, N_.__name__: 1, "say": 1}
"""Functions whose first argument is a message."""
ERRORS = {
    name: 2
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.NotebenchError)
}

Found = Iterator[tuple[str, str]]
"""Messages with the place they are from."""


def of_source(text: str, place: str) -> Found:
    """Messages in Python source; subclasses of our errors defined there count as errors too."""
    tree = ast.parse(text)
    functions = {**MARKS, **ERRORS}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_name(base) in ERRORS for base in node.bases):
            functions[node.name] = 2
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for argument in node.args[: functions.get(_name(node.func), 0)]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
                    yield argument.value, place


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def of_template(text: str, place: str) -> Found:
    """Messages in a Jinja template."""
    for _line, _function, message, _comments in babel_extract(BytesIO(text.encode()), ("_",), (), {}):
        # With values for its places a call counts as one of several strings.
        first = message if isinstance(message, str) else next(iter(message or ()), None)
        if first:
            yield first, place


def of_catalogue(text: str, place: str) -> Found:
    """Titles, descriptions and reasons in the catalogue of images (plain or quoted, on one line)."""
    for found in re.finditer(r"^[\s-]*(?:title|description|reason|notice): *(.+)$", text, re.MULTILINE):
        value = found.group(1).strip()
        if value[:1] not in "|>":
            yield value.strip("\"'"), place


def everything() -> Found:
    """All messages of the hub side."""
    for root in (HUB, SPAWNER):
        for file in sorted(root.rglob("*.py")):
            yield from of_source(file.read_text(), file.relative_to(root.parent).as_posix())
        for file in sorted(root.rglob("*.html")):
            yield from of_template(file.read_text(), file.relative_to(root.parent).as_posix())
    catalogue = images_folder() / "catalogue.yaml"
    if catalogue.exists():
        yield from of_catalogue(catalogue.read_text(), "images/catalogue.yaml")


def template() -> Catalog:
    """The messages, each with the files it is in."""
    catalogue = Catalog(project="notebench-hub", charset="utf-8")
    for message, place in everything():
        catalogue.add(message, locations=[(place, None)])  # type: ignore[list-item]  # a line number would churn
    return catalogue


def extract() -> int:
    """Bring the catalogues up to date; answers how many messages wait for a translation."""
    found, waiting = template(), 0
    for language in filter(LANGUAGES.get, LANGUAGES):
        file = catalogue_file(language)
        catalogue = Catalog(locale=LANGUAGES[language], project="notebench-hub", charset="utf-8")
        if file.exists():
            with file.open("rb") as opened:
                catalogue = read_po(opened, locale=LANGUAGES[language])
        created, revised = catalogue.creation_date, catalogue.revision_date
        catalogue.update(found, no_fuzzy_matching=True)
        catalogue.creation_date, catalogue.revision_date = created, revised
        catalogue.header_comment = f"# Notebench, hub side: {LANGUAGES[language]}"
        catalogue.fuzzy = False
        catalogue.obsolete.clear()
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            write_po(opened, catalogue, sort_output=True, width=110, include_lineno=False)
        missing = [message for message in catalogue if message.id and not message.string]
        waiting += len(missing)
        sys.stdout.write(f"{LANGUAGES[language]}: {len(catalogue)} messages, {len(missing)} to translate\n")
    return waiting


def main(arguments: list[str]) -> int:
    """`extract` writes the catalogues; `check` only says what is missing. 1 where something is."""
    if arguments == ["extract"]:
        return 1 if extract() else 0
    sys.stderr.write("usage: python -m notebench_hub.i18n extract\n")
    return 2
