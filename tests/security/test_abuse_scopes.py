"""Abuses 8 and 9: nobody gives themselves more than they have, or opens what is not theirs."""

import httpx
import pytest

from tests.security.city import City


def test_abuse_08_nobody_gives_themselves_more(city: City) -> None:
    dan = city.raw("dan", **{"Content-Type": "application/json"})
    for scope in ("admin:users", "users", "admin:servers", "tokens!user=ana", "access:servers!user=ana"):
        answer = dan.post("hub/api/users/dan/tokens", json={"scopes": [scope]})
        assert answer.status_code in {400, 403}, (scope, answer.text)
    assert dan.post("hub/api/users/dan/tokens", json={"roles": ["admin"]}).status_code in {400, 403}
    for method, path, body in (
        ("PATCH", "users/dan", {"admin": True}),
        ("POST", "users/eve", {}),
        ("POST", "groups/alloys/users", {"users": ["dan"]}),
        ("POST", "users/ana/tokens", {}),
        ("DELETE", "users/ana/server", None),
        ("GET", "users", None),
        ("POST", "shutdown", {}),
    ):
        assert dan.request(method, f"hub/api/{path}", json=body).status_code in {403, 404}, path
    assert city.program("dan").get("me").json()["admin"] is False


@pytest.mark.parametrize("word", ["admin", "server", "notebench-service"])
def test_abuse_08_a_group_with_the_name_of_a_role_is_a_group(city: City, word: str) -> None:
    city.set_group(word, ["dan"])
    try:
        assert city.raw("dan").get("hub/api/users").status_code == 403
        assert city.program("dan").get("me").json()["admin"] is False
        assert city.program("dan").put("projects/x", json={"members": []}).status_code == 404
    finally:
        city.hub_api("DELETE", f"groups/{word}")


def test_abuse_08_nobody_shares_a_server(city: City) -> None:
    ana = city.raw("ana")
    for path, body in (("shares/ana/", {"user": "dan"}), ("share-codes/ana/", {})):
        assert ana.post(f"hub/api/{path}", json=body).status_code in {403, 404}, path
    assert city.raw("dan").get("user/ana/api/contents").status_code == 403


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def _handshake(client: httpx.Client, path: str) -> int:
    with client.stream("GET", path, headers=UPGRADE, follow_redirects=False) as answer:
        return answer.status_code


def test_abuse_09_no_websocket_opens_for_others(city: City) -> None:
    ana = city.raw("ana")
    kernel = ana.post("user/ana/api/kernels", json={}, timeout=90).raise_for_status().json()["id"]
    channels = f"user/ana/api/kernels/{kernel}/channels"
    try:
        assert _handshake(ana, channels) == 101, "hers opens"
        terminal, events = "user/ana/terminals/websocket/1", "user/ana/api/events/subscribe"
        for path in (channels, terminal, events, "user/ana/proxy/8888/", "user/ana/proxy/absolute/22/"):
            for who in ("anonymous", "other", "owner", "expired", "revoked", "run", "server"):
                status = _handshake(city.askers.clients[who], path)
                assert status in {302, 401, 403}, f"{who}: {path}: {status}"
    finally:
        ana.delete(f"user/ana/api/kernels/{kernel}")
