"""Names in a cluster: words of DNS, readable, never the name of two things."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st
from notebench_spawner.names import dns_label
from notebench_spawner.pods.names import (
    home_claim,
    home_folder,
    namespace,
    project_claim,
    project_mount,
    session_name,
)
from notebench_spawner.pods.settings import Homes, Namespaces, Projects

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
near = st.text("aA1-.é", max_size=5)
anything = near | st.text(max_size=90) | st.from_regex(r"[a-z0-9-]{1,70}", fullmatch=True)
people = anything.filter(bool)


@given(people, anything)
@example("a" * 40, "b" * 40)
@example("é" * 255, "é" * 255)
def test_names_are_words_of_dns(user: str, server: str) -> None:
    projects = Projects()
    for name in (session_name(user, server), home_claim(Homes(), user), project_claim(projects, user)):
        assert LABEL.fullmatch(name), name
    assert re.fullmatch(r"/home/ada/projects/[a-z0-9-]{1,63}", project_mount(projects, user, "/home/ada"))
    assert "/" not in home_folder(Homes(folder="{user}"), user)


TEMPLATES = Namespaces(people="of-{user}", projects="a-rather-long-name-{project}-of-ours")


@given(people, people)
@example("a" * 40, "b" * 40)
@example("é" * 255, "é" * 254 + "e")
def test_namespaces_are_words_of_dns_and_nobody_elses(one: str, other: str) -> None:
    for acting in ("personal", one):
        assert LABEL.fullmatch(namespace(TEMPLATES, "all", one, acting))
    mine, theirs = (namespace(TEMPLATES, "all", name, "personal") for name in (one, other))
    assert (mine == theirs) == (one == other)
    ours, another = (namespace(TEMPLATES, "all", "ada", name) for name in (f"p{one}", f"p{other}"))
    assert (ours == another) == (one == other)


def test_whose_namespace() -> None:
    assert namespace(Namespaces(), "all", "ada", "kelp") == "all"
    assert namespace(Namespaces(people="of-{user}"), "all", "ada", "kelp") == "of-ada"
    assert namespace(Namespaces(projects="p-{project}"), "all", "ada", "kelp") == "p-kelp"
    assert namespace(Namespaces(projects="p-{project}"), "all", "ada", "personal") == "all"


@settings(max_examples=200)
@given(people, anything, people, anything)
@example("a", "b", "a--b", "")
@example("a-", "b", "a", "-b")
@example("ab", "c", "a", "bc")
@example("a" * 60, "b", "a" * 60, "c")
@example("a" * 60, "a" * 60, "a" * 61, "a" * 59)
@example("A", "", "a", "")
def test_two_servers_never_meet(user: str, server: str, other: str, its: str) -> None:
    assert (user, server) == (other, its) or session_name(user, server) != session_name(other, its)


@given(people, people)
def test_two_homes_never_meet(user: str, other: str) -> None:
    assert user == other or home_claim(Homes(), user) != home_claim(Homes(), other)
    assert user == other or dns_label(user) != dns_label(other)


@given(people, anything)
def test_nobody_can_be_called_like_somebody_elses_name(user: str, server: str) -> None:
    """A name is made of names; who takes the made one for their own gets another."""
    for made in (dns_label(user), session_name(user, server).removeprefix("session--")):
        assert made == user or dns_label(made) != dns_label(user)
        assert (made, "") == (user, server) or session_name(made, "") != session_name(user, server)


def test_they_are_readable() -> None:
    assert session_name("ada", "") == "session--ada"
    assert session_name("ada", "two") == "session--ada--two"
    assert session_name("Ana María", "").startswith("session--ana-mar-a-")
    long = session_name("maximilian-von-wittelsbach", "hyperparameters-of-the-forest")
    assert long.startswith("session--maximilian-von-wit--hyperparameters-of---")
    assert home_claim(Homes(), "ada") == "claim-ada"
    assert home_claim(Homes(claims={"Ana": "claim-ana-2e"}), "Ana") == "claim-ana-2e"
