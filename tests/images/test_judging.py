"""What is said of an image: everything good of a good one; each defect with its subject and what to do."""

from dataclasses import replace
from typing import Any

import pytest
from notebench.contract import CONTRACT_VERSION
from notebench_hub.cli.words import subject
from notebench_hub.containers.facts import Facts
from notebench_hub.containers.judging import findings
from notebench_hub.containers.looking import Described
from notebench_hub.doctor.finding import Finding, Verdict

LABELS = {
    "org.opencontainers.image.title": "notebench/minimal",
    "org.opencontainers.image.version": "0.1.0",
    "org.opencontainers.image.revision": "0" * 40,
    "org.opencontainers.image.source": "https://example.org/notebench",
    "org.notebench.contract": str(CONTRACT_VERSION),
    "org.notebench.sbom": "/opt/notebench/share/notebench/sbom.cdx.json",
}
WORKS = {
    "uid": 12345,
    "python": "3.11.2",
    "home": "/home/notebench",
    "home_writable": True,
    "environment_writable": [],
    "pip_apart": True,
    "notebench": "0.1.0",
    "contract": CONTRACT_VERSION,
    "missing": [],
    "kernel": "",
    "session": "",
    "panels": True,
    "extension": True,
}
GOOD = Facts(Described(LABELS, "1000:0"), "/opt/notebench", WORKS, "", {"secrets": [], "sbom": 290}, "")


def image(**changed: Any) -> Facts:
    return replace(GOOD, described=replace(GOOD.described, **changed))


def label(name: str, value: str) -> Facts:
    return image(labels={**LABELS, f"org.{name}": value})


def works(**changed: Any) -> Facts:
    return replace(GOOD, works={**WORKS, **changed})


def bad(facts: Facts) -> list[Finding]:
    return [one for one in findings(facts) if one.verdict is not Verdict.ok]


def test_a_good_one_is_good_in_every_respect() -> None:
    assert bad(GOOD) == []
    assert len(findings(GOOD)) == 12


@pytest.mark.parametrize(
    ("facts", "check", "words"),
    [
        (label("notebench.contract", ""), "contract", 'org.notebench.contract="1"'),
        (label("notebench.contract", "99"), "contract", "serves 1"),
        (works(contract=2), "contract", "speaks 2"),
        (image(user=""), "user", "USER 1000:0"),
        (image(user="root:root"), "user", "as root"),
        (image(user="0:0"), "user", "as root"),
        (image(user="jovyan"), "user", "'jovyan'"),
        (works(python="3.9.1"), "python", "older than 3.11"),
        (works(home_writable=False), "home", "/home/notebench"),
        (works(environment_writable=["/opt/notebench"]), "environment", "not what was approved"),
        (works(pip_apart=False), "environment", "no pip"),
        (works(notebench="", missing=[]), "ours", "images adopt"),
        (works(missing=["papermill>=2.6"]), "ours", "papermill"),
        (works(kernel="No module named 'ipykernel'"), "kernel", "ipykernel"),
        (works(session="address in use"), "session", "address in use"),
        (works(panels=False), "session", "without the panels"),
        (works(extension=False), "session", "server's part"),
        (image(env={"AWS_SECRET_ACCESS_KEY": "x"}), "credentials", "$AWS_SECRET_ACCESS_KEY"),
        (replace(GOOD, holds={"secrets": ["/etc/a.key"], "sbom": 1}), "credentials", "/etc/a.key"),
    ],
)
def test_a_fault_is_named_with_what_to_do(facts: Facts, check: str, words: str) -> None:
    [found] = bad(facts)
    assert (found.check, found.verdict) == (check, Verdict.fault)
    assert words in f"{found.what} {found.next_step}"
    assert found.next_step
    assert subject(found.check)


@pytest.mark.parametrize(
    ("facts", "check"),
    [
        (label("opencontainers.image.revision", ""), "labels"),
        (label("notebench.sbom", ""), "sbom"),
        (replace(GOOD, holds={"secrets": [], "sbom": 0}), "sbom"),
    ],
)
def test_what_nobody_stumbles_over_is_a_warning(facts: Facts, check: str) -> None:
    assert [(one.check, one.verdict) for one in bad(facts)] == [(check, Verdict.warning)]


def test_what_could_not_be_looked_at_is_never_called_good() -> None:
    found = findings(
        replace(GOOD, works={}, why_not="there is no such file", holds={}, why_unknown="no python")
    )
    assert {one.check: one.verdict for one in found if one.verdict is not Verdict.ok} == {
        "anybody": Verdict.fault,
        "credentials": Verdict.unknown,
        "sbom": Verdict.unknown,
    }
    assert not {"kernel", "session", "home"} & {one.check for one in found}


@pytest.mark.parametrize(("reason", "verdict"), [("", Verdict.ok), ("no pycurl", Verdict.fault)])
def test_an_image_of_a_part_needs_no_jupyterlab(reason: str, verdict: Verdict) -> None:
    facts = replace(
        image(labels={**LABELS, "org.opencontainers.image.title": "notebench/hub"}),
        works={**{name: WORKS[name] for name in ("uid", "python", "contract")}, "part": reason},
    )
    found = {one.check: one.verdict for one in findings(facts)}
    assert found["part"] is verdict
    assert "session" not in found
