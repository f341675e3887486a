"""An operator joins an account that was made here with a person of the provider."""

import subprocess
import sys

import pytest
from notebench.contract.errors import Conflict, NotFound
from notebench_hub.hub.accounts import put_account
from notebench_hub.hub.sign_in.links import link, unlink
from notebench_hub.settings import load

from tests.hub.workbench import Workbench, wait_for

from .openid import OpenIdProvider, Visitor


def test_a_linked_person_is_the_account_from_before(bench: Workbench, provider: OpenIdProvider) -> None:
    """And may come in without another rule; after the link has ended, nobody is that user."""
    put_account(bench.place, "olga")
    provider.put("s-olga", "olga", "marketing")
    assert Visitor(bench).sign_in("s-olga").status_code == 403
    sign_in = load(bench.place).sign_in
    link(bench.place, sign_in, "Olga", "s-olga")
    link(bench.place, sign_in, "olga", "s-olga")  # again: nothing changes
    olga = Visitor(bench)
    assert olga.sign_in("s-olga").is_success
    assert (olga.me() or {}).get("name") == "olga"
    put_account(bench.place, "other")
    with pytest.raises(Conflict):
        link(bench.place, sign_in, "other", "s-olga")
    with pytest.raises(Conflict):
        link(bench.place, sign_in, "olga", "s-somebody")
    with pytest.raises(NotFound):
        link(bench.place, sign_in, "nobody-here", "s-x")
    unlink(bench.place, "olga")
    wait_for(lambda: olga.me() is None, 20)
    assert Visitor(bench).sign_in("s-olga").status_code == 403
    with pytest.raises(NotFound):
        unlink(bench.place, "olga")


def test_no_account_is_made_where_people_come_from_a_provider(bench: Workbench) -> None:
    words = [sys.executable, "-m", "notebench_hub.cli", "user", "add", "zoe"]
    done = subprocess.run(
        [*words, "--state-dir", str(bench.place.root)], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "People sign in with Example Login here" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_admin_can_be_a_person_of_the_provider(bench: Workbench, provider: OpenIdProvider) -> None:
    provider.put("s-first", "first.admin", "marketing")
    link(bench.place, load(bench.place).sign_in, "admin", "s-first")
    admin = Visitor(bench)
    admin.sign_in("s-first")
    me = admin.me() or {}
    assert (me["name"], me["admin"]) == ("admin", True)
    unlink(bench.place, "admin")
