"""Settings of sign-in: what goes together, what does not, and that the documentation's examples are right."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from notebench.contract.errors import Refused
from notebench_hub.place import Place
from notebench_hub.settings import Settings, load, read
from notebench_hub.sign_in_secrets import provider_secret

ROOT = Path(__file__).parents[2]
OIDC = (
    "sign_in:\n  method: oidc\n  oidc: {issuer: 'https://id.example.org', client_id: n, client_secret_file: s"
)
LDAP = (
    "sign_in:\n  method: ldap\n  ldap: {server: example.org, bind_dn: x, bind_password_file: s, user_base: x"
)


def written(root: Path, text: str) -> Path:
    file = root / "settings.yaml"
    file.write_text(text)
    return file


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "sign-in.md").read_text(), re.DOTALL)


def test_the_documentation_has_an_example_of_each_method() -> None:
    assert [re.findall("method: (.*)", one)[0] for one in examples()] == ["local", "oidc", "ldap", "github"]


@pytest.mark.parametrize("text", examples())
def test_the_documentations_examples_are_right(tmp_path: Path, text: str) -> None:
    read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "line", "key", "code"),
    [
        ("sign_in:\n  oidc: {client_id: x}\n", 2, "sign_in.oidc", "sign-in-other-method"),
        ("sign_in:\n  allowed_groups: [x]\n", 2, "sign_in.allowed_groups", "sign-in-other-method"),
        ("sign_in:\n  method: oidc\n  ldap: {server: x}\n", 3, "sign_in.ldap", "sign-in-other-method"),
        ("sign_in:\n  method: oidc\n", 1, "sign_in.oidc.client_id", "sign-in-incomplete"),
        (OIDC + ", token_url: 'https://x'}\n", 3, "sign_in.oidc.authorize_url", "sign-in-incomplete"),
        (OIDC + ", scopes: [profile]}\n", 3, "sign_in.oidc.scopes", "sign-in-incomplete"),
        (OIDC + "}\n  public_url: 'http://x.org'\n", 4, "sign_in.public_url", "sign-in-clear-text"),
        (OIDC.replace("https", "http") + "}\n", 3, "sign_in.oidc.issuer", "sign-in-clear-text"),
        (OIDC + "}\n  groups: [{claim: x}]\n", 4, "sign_in.groups", "sign-in-group-rule"),
        (
            OIDC + "}\n  groups: [{claim: x, project: a, entitlement: b}]\n",
            4,
            "sign_in.groups",
            "sign-in-group-rule",
        ),
        (OIDC + "}\n  groups: [{claim: x, project: personal}]\n", 4, "sign_in.groups", "sign-in-group-rule"),
        (
            OIDC + "}\n  groups: [{claim: x, project: a}, {claim: y, entitlement: a}]\n",
            4,
            "sign_in.groups",
            "sign-in-group-twice",
        ),
        (
            OIDC + ", groups_claim: ''}\n  admin_groups: [x]\n",
            3,
            "sign_in.oidc.groups_claim",
            "sign-in-no-groups",
        ),
        (LDAP + ", tls: none}\n", 3, "sign_in.ldap.tls", "sign-in-clear-text"),
        (
            "sign_in:\n  method: github\n  github: {client_id: x}\n",
            3,
            "sign_in.github.client_secret_file",
            "",
        ),
        (OIDC + ", client_secret: x}\n", 3, "sign_in.oidc.client_secret", "settings-unknown-key"),
        (
            OIDC + "}\n  groups:\n    - {claim: x, project: a}\n    - {clam: y}\n",
            6,
            "sign_in.groups.1.claim",
            "",
        ),
        (OIDC + "}\n  groups: [{claim: x, entitlement: 'vintage:owner'}]\n", 4, "entitlement", ""),
    ],
)
def test_what_does_not_go_together_stops_the_start(
    tmp_path: Path, text: str, line: int, key: str, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        read(written(tmp_path, text))
    assert f"line {line}:" in str(caught.value)
    assert key in str(caught.value)
    assert not code or caught.value.kind == code
    assert caught.value.next_template


def test_the_secret_is_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    place = Place(tmp_path)
    settings = read(written(tmp_path, OIDC + "}\n"))
    file = tmp_path / "s"
    for prepare, code in (
        (lambda: None, "sign-in-secret"),
        (lambda: file.write_text("  \n"), "sign-in-secret-open"),
        (lambda: file.chmod(0o640), "sign-in-secret-open"),
        (lambda: file.chmod(0o600), "sign-in-secret"),
    ):
        prepare()
        if file.exists() and code == "sign-in-secret-open":
            file.chmod(file.stat().st_mode | 0o040)
        with pytest.raises(Refused) as caught:
            provider_secret(settings.sign_in, place)
        assert caught.value.kind == code
    file.write_text("the words\n")
    assert provider_secret(settings.sign_in, place) == "the words"


def test_the_secret_may_be_in_the_environment(tmp_path: Path) -> None:
    text = OIDC.replace("client_secret_file: s", "client_secret_variable: NOTEBENCH_OPENID")
    sign_in = read(written(tmp_path, text + "}\n")).sign_in
    assert provider_secret(sign_in, Place(tmp_path), {"NOTEBENCH_OPENID": "w"}) == "w"
    with pytest.raises(Refused):
        provider_secret(sign_in, Place(tmp_path), {})


def test_local_accounts_load_no_providers_library(tmp_path: Path) -> None:
    """The hub's start is as quick as before."""
    assert load(Place(tmp_path)) == Settings()
    program = (
        "import sys, notebench_hub.hub.configuration, notebench_hub.hub.accounts, notebench_hub.service.app\n"
        "print([name for name in ('oauthenticator', 'ldapauthenticator', 'ldap3', 'jwt.api_jwt')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
