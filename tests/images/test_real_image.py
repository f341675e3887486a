"""One small image, really built and looked into with buildah; with images of yours too, where they are named.

`NOTEBENCH_TEST_IMAGES` names built images, with spaces between; `NOTEBENCH_TEST_IMAGES_OPTIONS` words for the
program that runs them, such as `--runtime=runc`.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from notebench_hub.cli import commands
from notebench_hub.containers import building
from notebench_hub.containers.looking import opened
from typer.testing import CliRunner

from tests.images.conftest import IMAGES
from tests.images.machine import tree

NAMED = os.environ.get("NOTEBENCH_TEST_IMAGES", "").split()
OPTIONS = os.environ.get("NOTEBENCH_TEST_IMAGES_OPTIONS", "").split()
RUNTIME = ["--runtime=runc"] if shutil.which("runc") else []
FIXED = "localhost/notebench-test/tiny:1"

CONTAINERFILE = """\
ARG BASE
FROM ${BASE} AS environment
COPY notebench-*.whl sbom.py /tmp/build/
RUN python3 -m venv --without-pip /opt/notebench \\
    && python3 -m zipfile -e /tmp/build/notebench-*.whl /opt/notebench/lib/python3.*/site-packages
ARG VERSION=""
RUN python3 /tmp/build/sbom.py notebench/tiny "${VERSION}" /opt/notebench \\
    && /opt/notebench/bin/python -c 'import notebench' \\
    && COMPILE
FROM ${BASE}
RUN mkdir -m 2775 /home /home/notebench && chown 1000:0 /home/notebench
COPY --from=environment /opt/notebench /opt/notebench
"""
"""As our own do it, without what takes minutes: nothing is downloaded, and JupyterLab is missing."""


@pytest.fixture(scope="module")
def storage() -> Iterator[Path]:
    """A place of its own for images, so that nothing of the machine's is touched."""
    if not shutil.which("buildah"):
        pytest.skip("buildah is not here; `apt-get install buildah` would let this run.")
    if os.geteuid() != 0:
        pytest.skip("Another place for images needs root.")
    with TemporaryDirectory(prefix="notebench-images-") as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "storage.conf"
        places = f'graphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
        file.write_text(f'[storage]\ndriver = "overlay"\n{places}')
        patch.setenv("CONTAINERS_STORAGE_CONF", str(file))
        patch.delenv("PIP_CONFIG_FILE", raising=False)
        yield Path(folder)
        subprocess.run(["buildah", "rm", "--all"], check=False, capture_output=True)
        subprocess.run(["buildah", "rmi", "--all", "--force"], check=False, capture_output=True)


@pytest.fixture(scope="module")
def base(storage: Path) -> str:
    root = tree(storage / "root")
    name = "localhost/notebench-test/base:1"
    container = said("buildah", "from", "scratch")
    said("buildah", "copy", "--quiet", container, str(root), "/")
    shutil.rmtree(root)
    said("buildah", "commit", "--quiet", "--timestamp=0", container, name)
    return name


@pytest.fixture(scope="module")
def tiny(storage: Path, base: str) -> Iterator[str]:
    """Built through the door that `notebench images build` goes through; with the labels of `minimal`."""
    folder = storage / "images"
    (folder / "tiny").mkdir(parents=True)
    minimal = (IMAGES / "minimal" / "Containerfile").read_text()
    end = minimal[minimal.rindex('ARG VERSION=""') :].replace("notebench/minimal", "notebench/tiny")
    [compiled] = re.findall(r"python3 -m compileall .* /opt/notebench/lib", minimal)
    (folder / "tiny" / "Containerfile").write_text(CONTAINERFILE.replace("COMPILE", compiled) + end)
    for name in ("sbom.py", "sbom.lock", "overrides.json"):
        shutil.copy(IMAGES / name, folder)
    (folder / "tiny" / "requirements.lock").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "images_folder", lambda: folder)
        (storage / "first").write_text(build(FIXED, base))
        yield FIXED


def build(tag: str, base: str) -> str:
    options = ("--timestamp=0", "--network=none", *RUNTIME)
    wanted = building.Wanted("tiny", tag, base, "0" * 40, "https://example.org/notebench", options)
    lines: list[str] = []
    return building.build(wanted, lines.append)


def said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def check(reference: str, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    more = [f"--option={word}" for word in options]
    done = CliRunner().invoke(commands, ["images", "check", reference, "--json", *more])
    assert done.stdout, done.output
    return done.exit_code, {one["check"]: one for one in json.loads(done.stdout)["findings"]}


def test_what_is_built_holds_what_it_says_it_holds(tiny: str) -> None:
    with opened(tiny, RUNTIME) as image:
        labels = image.described.labels
        listed = image.run(
            "12345:0", ["/usr/bin/python3", "-c", f"print(open({labels['org.notebench.sbom']!r}).read())"]
        )
    assert labels["org.opencontainers.image.version"] == building.version()
    assert labels["org.opencontainers.image.revision"] == "0" * 40
    found = json.loads(listed.stdout)
    assert {one["name"] for one in found["components"]} == {"notebench", "python", "base"}
    assert found["metadata"]["component"]["version"] == building.version()


def test_a_check_finds_what_is_there_and_what_is_missing(tiny: str) -> None:
    code, found = check(tiny, *RUNTIME)
    assert code == 4
    good = {name for name, one in found.items() if one["verdict"] == "ok"}
    assert good == {"labels", "contract", "user", "anybody", "python", "home", "credentials", "sbom"}
    assert "jupyterhub<7,>=6.1" in found["ours"]["what"]
    assert "jupyter_client" in found["kernel"]["what"]
    assert {one["verdict"] for name, one in found.items() if name not in good} == {"fault"}


def test_a_check_finds_credentials_and_root(tiny: str, base: str) -> None:
    container = said("buildah", "from", tiny)
    spoilt = "localhost/notebench-test/spoilt:1"
    said("buildah", "run", "--network=none", *RUNTIME, "--user=0:0", container, "--", *SPOIL)
    said("buildah", "config", "--user=root", "--env=API_TOKEN=abc", container)
    said("buildah", "commit", "--quiet", "--rm", container, spoilt)
    code, found = check(spoilt, *RUNTIME)
    assert code == 4
    assert "/home/notebench/.netrc" in found["credentials"]["what"]
    assert "$API_TOKEN" in found["credentials"]["what"]
    assert "abc" not in json.dumps(found)
    assert "USER 1000:0" in found["user"]["next_step"]


SPOIL = (
    "/usr/bin/python3",
    "-c",
    "open('/home/notebench/.netrc', 'w').write('machine example.org login ada password very-hidden')",
)


def test_the_same_is_built_twice(tiny: str, base: str, storage: Path) -> None:
    """Down to the last byte: the id is a digest of the configuration, and that holds those of all layers."""
    assert build("localhost/notebench-test/again:1", base) == (storage / "first").read_text()


def test_an_image_that_is_not_there_is_a_sentence(storage: Path) -> None:
    done = CliRunner().invoke(commands, ["images", "check", "No:Such:Name"])
    assert done.exit_code == 4
    assert "No:Such:Name cannot be looked into" in done.output


@pytest.mark.parametrize("reference", NAMED or [None])
def test_named_images_are_ours(reference: str | None) -> None:
    if reference is None:
        pytest.skip("NOTEBENCH_TEST_IMAGES names no built images.")
    code, found = check(reference, *OPTIONS)
    assert code == 0, [one for one in found.values() if one["verdict"] == "fault"]
