"""What catalogue.yaml may say, and how a mistake in it is shown."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notebench.contract.errors import Refused
from notebench_spawner.catalogue import model
from notebench_spawner.catalogue.load import load

from tests.unit.catalogue.shelf import CATALOGUE, stock, write

SHIPPED = Path(__file__).parents[3] / "images" / "catalogue.yaml"


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(CATALOGUE.splitlines(), 1) if text in line)


def refusal(folder: Path, old: str, new: str) -> str:
    assert old in CATALOGUE
    with pytest.raises(Refused) as caught:
        load(write(folder, CATALOGUE.replace(old, new, 1)))
    assert str(folder / "catalogue.yaml") in str(caught.value)
    return str(caught.value)


def test_the_shipped_catalogue_is_whole() -> None:
    document = load(SHIPPED).document
    assert {image.id for image in document.images} >= {"minimal", "scientific", "deep-learning"}
    assert len(document.profiles) >= 5
    resources = {name for profile in document.profiles for name in profile.resources}
    assert "nvidia.com/gpu" in resources
    assert any(name.startswith("nvidia.com/mig-") for name in resources)


def test_unknown_key_with_line_and_nearest_name(tmp_path: Path) -> None:
    said = refusal(tmp_path, "    title: Scientific\n", "    titel: Scientific\n")
    assert f"line {line_of('title: Scientific')}: unknown key 'titel'. Did you mean 'title'?" in said


def test_unknown_key_that_looks_like_nothing(tmp_path: Path) -> None:
    said = refusal(tmp_path, "schema: 1", "schema: 1\nxyzzy: 2")
    assert "unknown key 'xyzzy'. Keys that are known here: schema, default, profiles, images." in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("image: scientific", "image: scientifc", "'scientifc' (default.image) does not exist. Did you mean"),
        ("profile: small", "profile: gpux", "'gpux' (default.profile) does not exist. Did you mean 'gpu'?"),
        ("[small, large, gpu]", "[small, larg]", "'larg' (images.profiles) does not exist. Did you mean"),
        ("[numpy, scikit-learn]", "[numppy]", "'numppy' (images.versions.packages) does not exist."),
        ("scientific/requirements.lock", "scientific/requirement.lock", "'scientific/requirements.lock'?"),
        ("scientific/requirements.lock", "../requirements.lock", "leads out of the catalogue's folder"),
        ("scientific/requirements.lock", "/etc/passwd", "leads out of the catalogue's folder"),
        ("id: large", "id: small", "'small' is there twice"),
        ('name: "2026.12"', 'name: "2026.11"', "'2026.11' is there twice"),
        ('name: "2026.12"', "name: 2026.12", "images.0.versions.0.name: Input should be a valid string"),
        ("schema: 1", "schema: 2", "schema: Input should be 1"),
        ("memory: 2Gi", "memory: 2GB", "a size like 512Mi or 2Gi is needed"),
        ("memory: 2Gi", "memory: 2Gi\n    memory: 3Gi", "the key 'memory' is there twice"),
        ("    cpu: 1\n", "", "profiles.0: the key 'cpu' is missing"),
        ("cpu: 1", "cpu: 0", "profiles.0.cpu: Input should be greater than 0"),
        ("state: approved", "state: aproved", "images.0.versions.1.state: Input should be 'draft'"),
        ("nvidia.com/gpu: 1", "gpu: 1", "a name like nvidia.com/gpu is needed"),
        ("title: Small", "title: &a Small", "anchors and aliases"),
        ("title: Small", "title: !!python/name:os.system x", "tags (!) are not allowed"),
        ("title: Small", "title: [", "line "),
        ("id: scientific", "id: scientific\x01", "line 1"),
    ],
)
def test_mistakes_say_what_and_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(tmp_path, old, new)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read: No such file"):
        load(tmp_path / "catalogue.yaml")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"text", b"\xff\xfe\x00", b"a: " + b"[" * 5000, b"# " + b"x" * 2**20]
)
def test_files_that_are_no_catalogue(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_bytes(content)
    with pytest.raises(Refused):
        load(file)


def test_revision_follows_the_lock(tmp_path: Path) -> None:
    before = stock(tmp_path)
    lock = tmp_path / "scientific" / "requirements.lock"
    lock.write_text(lock.read_text().replace("    # via the image\n", "    # via something else\n"))
    assert load(before.file).revision == before.revision
    lock.write_text(lock.read_text().replace("1.8.0", "1.8.1"))
    assert load(before.file).revision != before.revision


LINES = CATALOGUE.splitlines()


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """The catalogue with some lines dropped, doubled, moved, indented or replaced by noise."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        index = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["drop", "double", "swap", "indent", "noise", "value", "key"]))
        if kind == "drop" and len(lines) > 1:
            del lines[index]
        elif kind == "double":
            lines.insert(index, lines[index])
        elif kind == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[index], lines[other] = lines[other], lines[index]
        elif kind == "indent":
            lines[index] = " " * draw(st.integers(0, 6)) + lines[index].lstrip()
        elif kind == "noise":
            lines[index] = draw(st.text(max_size=30))
        elif kind == "value":
            value = draw(
                st.one_of(st.text(max_size=12), st.sampled_from(["~", "0x", "1e999", "- -", "{", "? a"]))
            )
            lines[index] = lines[index].partition(":")[0] + ": " + value
        else:
            lines[index] = draw(st.text(max_size=12)) + ":" + lines[index].partition(":")[2]
    return "\n".join(lines)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(mangled(), st.text(max_size=200)))
def test_mangled_files_load_or_are_refused(tmp_path: Path, text: str) -> None:
    file = write(tmp_path)
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(Refused):  # anything else is a traceback for a typing mistake
        load(file)


def test_every_key_is_described_for_admins() -> None:
    page = (SHIPPED.parents[1] / "docs" / "admin.md").read_text()
    entries = [
        kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, model.Entry)
    ]
    keys = {field.alias or name for kind in entries for name, field in kind.model_fields.items()}
    assert [key for key in sorted(keys) if f"`{key}`" not in page and f"{key}:" not in page] == []
