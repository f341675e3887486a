"""Languages: which one a reader gets, and that German and Spanish are complete."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench_hub.i18n import LANGUAGES, _messages, negotiate, process_language, translator
from notebench_hub.messages import everything, of_catalogue, of_source, of_template

SAME_IN_ENGLISH: dict[str, set[str]] = {
    "de": {
        "{seconds} s",
        "Claims",
        "Hardware",
        "Image",
        "Image {image}: {doing} {item}",
        "Images",
        "Ingress",
        "Kernel",
        "Kubernetes",
        "Labels",
        "Minimal",
        "Namespace",
        "Notebench",
        "Notebench: {address}",
        "Python",
        "Version",
        "Version {version}",
        "Version {version}.",
        "Websockets",
    },
    "es": {
        "{seconds} s",
        "Claims",
        "Hardware",
        "Ingress",
        "Kernel",
        "Kubernetes",
        "Namespace",
        "Notebench",
        "Notebench: {address}",
        "Python",
        "Websockets",
        "personal",
    },
}
"""Messages that rightly equal the English ones."""


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-FR, es-MX;q=0.7, de;q=0.3", "es"),
        ("fr, pt;q=0.9", "en"),
        ("en;q=0.2, de;q=0.1", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("x" * 100_000, "en"),
        ("de;q=2,;;;,es;q=abc", "en"),
    ],
)
def test_negotiation(header: str | None, language: str) -> None:
    assert negotiate(header) == language


@given(st.text(max_size=200))
def test_any_header_gives_one_of_ours(header: str) -> None:
    assert negotiate(header) in LANGUAGES


def test_the_language_of_a_process() -> None:
    assert process_language({"LANG": "de_DE.UTF-8"}) == "de"
    assert process_language({"LANG": "de_DE.UTF-8", "LC_ALL": "es_ES"}) == "es"
    assert process_language({"LANG": "C"}) == "en"
    assert process_language({}) == "en"


def test_unknown_languages_and_messages_stay_english() -> None:
    assert translator("fr")("Sign in") == "Sign in"
    assert translator("de")("never written anywhere") == "never written anywhere"


def test_extraction() -> None:
    source = (
        'class Odd(Refused): ...\nraise Odd("one" " two", "three", code="x")\n_("four {a}", a=1)\nN_("five")'
    )
    assert [message for message, _place in of_source(source, "")] == ["one two", "three", "four {a}", "five"]
    assert list(of_template('{% if x %}{{ _("six {n}", n=1) | ticks }}{% endif %}', "t")) == [
        ("six {n}", "t")
    ]
    assert list(of_catalogue("- id: a\n  title: Seven\n  description: 'eight'\n", "c")) == [
        ("Seven", "c"),
        ("eight", "c"),
    ]


def places(text: str) -> set[str]:
    return {name for _text, name, _format, _conversion in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", [name for name, folder in LANGUAGES.items() if folder])
def test_complete(language: str) -> None:
    translated = _messages(language)
    found = {message for message, _place in everything()}
    missing = sorted(message for message in found if message not in translated)
    assert not missing, (
        f"{len(missing)} messages without {language}: run `python -m notebench_hub.i18n extract`"
    )
    same = {message for message in found if translated[message] == message}
    assert same <= SAME_IN_ENGLISH[language]
    for message in found:
        assert places(translated[message]) == places(message), message
    stale = set(translated) - found
    assert not stale, f"messages that nothing says any more: {sorted(stale)[:5]}"
