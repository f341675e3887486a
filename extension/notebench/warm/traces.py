"""What imports made of a home and a name that nobody has: found beforehand, put right at hand-over.

A warm process starts with a home and a user name that exist nowhere. A library that computes a default from
them at import leaves a trace of these words in a module, a class or a trait.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from types import ModuleType
from typing import Any

NAMES = ("HOME", "USER")

Put = Callable[[Any], None]


class Traces:
    """The places, and what is there."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """`words` are the values of `NAMES` that nobody has."""
        self.words = words
        self.places: list[tuple[Put, Any]] = []

    @classmethod
    def of_this_process(cls) -> "Traces":
        """All traces that there are in modules by now."""
        traces = cls({name: os.environ[name] for name in NAMES if os.environ.get(name)})
        traces.places = [
            (put, value)
            for module in list(sys.modules.values())
            if isinstance(module, ModuleType)
            for put, value in _inside(module)
            if traces.in_(value)
        ]
        return traces

    def in_(self, value: Any) -> bool:
        """Whether a value names the home or the user that nobody has."""
        text = os.fsdecode(value) if isinstance(value, bytes) else value
        text = str(text) if isinstance(text, PurePath) else text
        return isinstance(text, str) and any(word in text for word in self.words.values())

    def put_right(self, env: Mapping[str, str]) -> None:
        """Put the person's words where nobody's are."""
        for put, value in self.places:
            put(self._right(value, env))
        self.places = []

    def _right(self, value: Any, env: Mapping[str, str]) -> Any:
        if isinstance(value, bytes):
            return os.fsencode(self._right(os.fsdecode(value), env))
        if isinstance(value, PurePath):
            return type(value)(self._right(str(value), env))
        for name, word in self.words.items():
            value = value.replace(word, env.get(name, ""))
        return value


def _inside(module: ModuleType) -> Iterator[tuple[Put, Any]]:
    if module.__name__ in {"os", "posix", __name__, "notebench.warm.reads"}:
        return
    for name, value in list(vars(module).items()):
        yield from _at(module, name, value)
        if isinstance(value, type) and value.__module__ == module.__name__:
            for inner, found in list(vars(value).items()):
                yield from _at(value, inner, found)


def _at(owner: Any, name: str, value: Any) -> Iterator[tuple[Put, Any]]:
    if isinstance(value, str | bytes | PurePath):
        yield (lambda new: setattr(owner, name, new)), value
    elif type(value) is dict:
        yield from (
            (lambda new, key=key, held=value: held.__setitem__(key, new), one)
            for key, one in list(value.items())
        )
    elif type(value) is list:
        yield from (
            (lambda new, key=key, held=value: held.__setitem__(key, new), one)
            for key, one in enumerate(value)
        )
    elif _is_trait(value):
        yield (lambda new: setattr(value, "default_value", new)), value.default_value


def _is_trait(value: Any) -> bool:
    traitlets = sys.modules.get("traitlets")
    return traitlets is not None and isinstance(value, traitlets.TraitType)
