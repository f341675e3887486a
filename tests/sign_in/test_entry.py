"""What a provider's groups mean here, and which id tokens are believed: no input has a power of its own."""

import hmac
import time
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from notebench.contract.people import Role
from notebench_hub.hub.sign_in import entry
from notebench_hub.hub.sign_in.oidc import check_token
from notebench_hub.role_groups import role_group, roles_of
from notebench_hub.sign_in_settings import GroupRule, SignIn

RULES = SignIn(
    allowed_groups=["in"],
    admin_groups=["chiefs"],
    groups=[
        GroupRule(claim="a", project="vintage", role=Role.viewer),
        GroupRule(claim="b", project="vintage", role=Role.owner),
        GroupRule(claim="a", entitlement="gpu"),
    ],
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["in", "admin", "vintage"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
)


@given(anything)
def test_any_claim_gives_only_what_a_rule_says(claim: Any) -> None:
    groups = entry.values(claim)
    assert entry.given(RULES, groups) <= {"vintage", "vintage:viewer", "vintage:owner", "gpu"}
    assert entry.is_admin(RULES, groups) == ("chiefs" in groups)
    assert entry.may_enter(RULES, "x", groups) == bool({"in", "chiefs"} & groups)
    assert not entry.may_enter(SignIn(), "x", groups)


def test_the_highest_role_counts_and_is_one_group() -> None:
    assert entry.given(RULES, {"a", "b"}) == {"gpu", "vintage", "vintage:owner"}
    assert roles_of(["vintage", "vintage:viewer", "vintage:owner", "x:king", ":owner"]) == {
        "vintage": Role.owner,
        "": Role.owner,
    }
    assert role_group("vintage", Role.viewer) == "vintage:viewer"


@pytest.mark.parametrize(
    ("now", "before", "claims", "after"),
    [
        ([], [], {"a"}, ["gpu", "vintage", "vintage:viewer"]),
        (["team"], [], {"a"}, ["gpu", "team", "vintage", "vintage:viewer"]),
        (["gpu", "team", "vintage", "vintage:viewer"], ["gpu", "vintage", "vintage:viewer"], {"x"}, ["team"]),
        (
            ["gpu", "team", "vintage:editor"],
            [],
            set(),
            ["team"],
        ),  # by hand, where the provider has the last word
        (["old", "team"], ["old"], set(), ["team"]),  # given by a rule that is gone
    ],
)
def test_what_was_given_by_hand_stays(
    now: list[str], before: list[str], claims: set[str], after: list[str]
) -> None:
    assert entry.after(RULES, now, before, claims) == after


def test_a_claim_may_lie_deeper() -> None:
    facts = {"realm_access": {"roles": ["r"]}, "https://example.org/groups": ["g"], "a": "text"}
    assert entry.nested(facts, "realm_access.roles") == ["r"]
    assert entry.nested(facts, "https://example.org/groups") == ["g"]
    assert entry.nested(facts, "a.b.c") is None
    assert entry.values("one") == {"one"}


KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
KEYS = {"keys": [{**jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "k"}]}
PUBLIC = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def made(key: Any = KEY, algorithm: str = "RS256", kid: str = "k", **changes: Any) -> str:
    now = int(time.time())
    facts = {"iss": "https://id", "aud": "us", "sub": "s", "iat": now, "exp": now + 300, **changes}
    return jwt.encode(
        {name: value for name, value in facts.items() if value is not None},
        key,
        algorithm,
        headers={"kid": kid},
    )


def forged() -> str:
    """Signed with the provider's public key as if that were a shared secret."""
    _head, body, _signature = made().split(".")
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"k"}').rstrip(b"=").decode()
    signature = hmac.digest(PUBLIC, f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_an_id_token_of_the_provider_is_believed() -> None:
    check_token(made(), KEYS, issuer="https://id", client="us")


@pytest.mark.parametrize(
    "token",
    [
        made(OTHER),
        made(kid="unknown"),
        forged(),
        made(None, "none"),
        made(iss="https://other"),
        made(aud="another"),
        made(exp=int(time.time()) - 3600),
        made(sub=None),
        made(exp=None),
        made()[:-8] + "AAAAAAAA",
        "x.y.z",
        "",
    ],
)
def test_any_other_id_token_is_not(token: str) -> None:
    with pytest.raises(ValueError, match="id token"):
        check_token(token, KEYS, issuer="https://id", client="us")
