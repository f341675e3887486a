"""Loads catalogue.yaml and refuses what it does not know, with file, line, key and the nearest valid name."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path, PurePosixPath

from notebench.contract.errors import Refused
from packaging.utils import canonicalize_name
from pydantic import BaseModel, ValidationError

from notebench_spawner.catalogue import model
from notebench_spawner.catalogue.identity import our_content
from notebench_spawner.catalogue.lock import Lock, read_lock
from notebench_spawner.catalogue.yamlfile import Path_, Source, read
from notebench_spawner.placement import Placement, Toleration

_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): model.Document,
    ("default",): model.Default,
    ("profiles",): model.Profile,
    ("profiles", "audience"): model.Audience,
    ("profiles", "kubernetes"): Placement,
    ("profiles", "kubernetes", "tolerations"): Toleration,
    ("images",): model.Image,
    ("images", "audience"): model.Audience,
    ("images", "versions"): model.Version,
    ("images", "versions", "kubernetes"): model.KubernetesImage,
    ("images", "versions", "embedded"): model.Embedded,
}
"""Which model is where, list indexes left out: the keys that could have been meant."""


OVERRIDES = "overrides.json"


@dataclass(frozen=True)
class CatalogueFile:
    """A catalogue that was read and found whole, with the locks it names."""

    file: Path
    document: model.Document
    locks: dict[str, Lock]
    """By the path that the catalogue uses."""
    content: str
    """Hash of what every image has and no lock names: our own distribution and JupyterLab's settings."""

    @property
    def overrides(self) -> Path:
        """JupyterLab's default settings in every image."""
        return self.file.parent / OVERRIDES

    @property
    def revision(self) -> str:
        """Changes when anything does that a start depends on."""
        parts = [
            self.document.model_dump_json(),
            self.content,
            *(lock.digest for lock in self.locks.values()),
        ]
        return sha256("\n".join(parts).encode()).hexdigest()[:12]

    def image(self, name: str) -> model.Image | None:
        """The image of exactly this id."""
        return next((image for image in self.document.images if image.id == name), None)

    def profile(self, name: str) -> model.Profile | None:
        """The profile of exactly this id."""
        return next((profile for profile in self.document.profiles if profile.id == name), None)


def load(file: Path) -> CatalogueFile:
    """Read a catalogue. Raises Refused with the line of the first mistake; never anything else."""
    source = read(file)
    try:
        document = model.Document.model_validate(source.data)
    except ValidationError as problem:
        raise _explain(source, problem) from None
    checker = _References(source, document)
    checker.check()
    return CatalogueFile(file, document, checker.locks, current_content(file))


def current_content(file: Path) -> str:
    """What `CatalogueFile.content` would be if the catalogue were loaded now."""
    overrides = file.parent / OVERRIDES
    settings = overrides.read_bytes() if overrides.is_file() else b""
    return sha256(our_content().encode() + settings).hexdigest()


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like `word`, or an empty one."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.5)), "")


def _explain(source: Source, problem: ValidationError) -> Refused:
    """The first mistake in the file's order; a misspelt key before the key that is missing because of it."""
    first = min(
        problem.errors(), key=lambda error: (error["type"] != "extra_forbidden", source.line(error["loc"]))
    )
    path: Path_ = first["loc"]
    if first["type"] == "extra_forbidden":
        place = tuple(part for part in path[:-1] if isinstance(part, str))
        fields = _MODELS[place].model_fields if place in _MODELS else model.Words.model_fields
        known = [field.alias or name for name, field in fields.items()]
        return _unknown_key(source, path, str(path[-1]), known)
    written = path
    while written and written not in source.lines:  # pydantic adds the names of alternatives to the path
        written = written[:-1]
    key = ".".join(str(part) for part in written) or "the file"
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        what = f"the key '{path[-1]}' is missing"
    return source.refuse(source.line(path), f"{key}: {what}")


def _unknown_key(source: Source, path: Path_, key: str, known: list[str]) -> Refused:
    line, near = source.line(path), nearest(key, known)
    if near:
        return Refused(
            "{file}, line {line}: unknown key '{key}'.",
            "Did you mean '{nearest}'?",
            code="catalogue-invalid",
            file=source.file,
            line=line,
            key=key,
            nearest=near,
        )
    return Refused(
        "{file}, line {line}: unknown key '{key}'.",
        "Keys that are known here: {known}.",
        code="catalogue-invalid",
        file=source.file,
        line=line,
        key=key,
        known=", ".join(known),
    )


class _References:
    """Checks that every name in the file leads somewhere, and only to one thing."""

    def __init__(self, source: Source, document: model.Document) -> None:
        self.source = source
        self.document = document
        self.locks: dict[str, Lock] = {}

    def check(self) -> None:
        document = self.document
        self.unique("profiles", [profile.id for profile in document.profiles])
        self.unique("images", [image.id for image in document.images])
        profiles = [profile.id for profile in document.profiles]
        for index, image in enumerate(document.images):
            for place, profile in enumerate(image.profiles):
                self.known(("images", index, "profiles", place), profile, profiles)
            self.versions(("images", index, "versions"), image)
        self.known(("default", "image"), document.default.image, [image.id for image in document.images])
        default = next(image for image in document.images if image.id == document.default.image)
        self.known(("default", "profile"), document.default.profile, default.profiles)

    def versions(self, path: Path_, image: model.Image) -> None:
        names: list[str] = []
        for index, version in enumerate(image.versions):
            here = (*path, index)
            if version.name in names:
                raise self.source.refuse(
                    self.source.line((*here, "name")), f"'{version.name}' is there twice"
                )
            names.append(version.name)
            lock = self.lock((*here, "lock"), version.lock)
            for place, package in enumerate(version.packages):
                if canonicalize_name(package) not in lock.versions:
                    self.known((*here, "packages", place), package, list(lock.versions))

    def lock(self, path: Path_, name: str) -> Lock:
        folder = self.source.file.parent
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\0" in name:
            raise self.source.refuse(self.source.line(path), f"'{name}' leads out of the catalogue's folder")
        if name not in self.locks:
            if not (folder / name).is_file():
                self.known(path, name, [str(found.relative_to(folder)) for found in folder.glob("*/*.lock")])
            self.locks[name] = read_lock(folder / name)
        return self.locks[name]

    def unique(self, key: str, names: list[str]) -> None:
        for index, name in enumerate(names):
            if name in names[:index]:
                raise self.source.refuse(self.source.line((key, index, "id")), f"'{name}' is there twice")

    def known(self, path: Path_, name: str, names: list[str]) -> None:
        """Raise Refused with the nearest of `names` where `name` is none of them."""
        if name in names:
            return
        values: dict[str, object] = {
            "file": self.source.file,
            "line": self.source.line(path),
            "key": ".".join(part for part in path if isinstance(part, str)),
            "name": name,
        }
        if near := nearest(name, names):
            raise Refused(
                "{file}, line {line}: '{name}' ({key}) does not exist.",
                "Did you mean '{nearest}'?",
                code="catalogue-invalid",
                **values | {"nearest": near},  # type: ignore[arg-type]
            )
        raise Refused(
            "{file}, line {line}: '{name}' ({key}) does not exist.",
            "Choose one of: {known}.",
            code="catalogue-invalid",
            **values | {"known": ", ".join(names[:20])},  # type: ignore[arg-type]
        )
