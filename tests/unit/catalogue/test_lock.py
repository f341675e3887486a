"""Reading a lock: pinned, hashed, for this Python and platform."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notebench.contract.errors import Refused
from notebench_spawner.catalogue.lock import read_lock

from tests.unit.catalogue.shelf import LOCK

HASH = f"--hash=sha256:{'e' * 64}"


def lock(folder: Path, text: str) -> Path:
    file = folder / "requirements.lock"
    file.write_text(text)
    return file


def test_what_applies_here(tmp_path: Path) -> None:
    found = read_lock(lock(tmp_path, f"{LOCK}colorama==0.4.6 ; sys_platform == 'win32' {HASH}\n"))
    assert [one.name for one in found.locked] == ["numpy", "scikit-learn"]
    assert found.versions["scikit-learn"] == "1.8.0"
    assert found.locked[1].text.count("--hash=sha256:") == 2
    assert [package.name for package in found.packages(["Scikit_Learn", "nothing"])] == ["Scikit_Learn"]


def test_digest_is_of_what_the_lock_says(tmp_path: Path) -> None:
    before = read_lock(lock(tmp_path, LOCK)).digest
    words = LOCK.replace("    # via the image", "    # via another").replace("    --hash", "  --hash")
    assert read_lock(lock(tmp_path, words)).digest == before
    assert read_lock(lock(tmp_path, LOCK.replace("d" * 64, "f" * 64))).digest != before


@pytest.mark.parametrize(
    "line",
    [
        f"numpy>=2 {HASH}",
        "numpy==2.4.6",
        f"numpy==2.4.6,==2.4.7 {HASH}",
        f"-e . {HASH}",
        f"-r other.txt {HASH}",
        f"numpy @ file:///tmp/numpy.whl {HASH}",
        "--index-url x",
    ],
)
def test_what_is_not_pinned_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(Refused, match="cannot be used") as caught:
        read_lock(lock(tmp_path, f"{LOCK}{line}\n"))
    assert caught.value.kind == "lock-invalid"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="numpy=<>;.'12 \\\n#-extra[]@", max_size=60))
def test_noise_is_refused_or_read(tmp_path: Path, noise: str) -> None:
    with suppress(Refused):
        read_lock(lock(tmp_path, f"{LOCK}six==1.17.0{noise} {HASH}\n"))
