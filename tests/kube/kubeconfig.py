"""Kubeconfig files: the cluster that one names, as an HTTP client; and one for a cluster of our own."""

import base64
import ssl
import tempfile
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML


def client(file: Path, instead: str = "") -> httpx.Client:
    """The current context's cluster, as its user: by token, client certificate, or another token instead."""
    config = YAML(typ="safe").load(file)
    context = _named(config["contexts"], config["current-context"])["context"]
    cluster = _named(config["clusters"], context["cluster"])["cluster"]
    user = _named(config["users"], context["user"])["user"]
    if instead:
        user = {"token": instead}
    token = user.get("token") or _text(file, user, "tokenFile")
    if not token and not ({"client-certificate", "client-certificate-data"} & set(user)):
        raise ValueError(
            f"{file} has neither a token nor a client certificate for its user {context['user']!r}."
        )
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    verify = _trust(file, cluster, user) if cluster["server"].startswith("https") else False
    return httpx.Client(
        base_url=cluster["server"], verify=verify, headers=headers, timeout=60, trust_env=False
    )


def write(file: Path, url: str, token: str, namespace: str) -> Path:
    """A file that leads to one cluster with one token."""
    one = "tests"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": one, "cluster": {"server": url}}],
        "users": [{"name": one, "user": {"token": token}}],
        "contexts": [{"name": one, "context": {"cluster": one, "user": one, "namespace": namespace}}],
        "current-context": one,
    }
    file.touch(0o600)
    YAML(typ="safe").dump(config, file)
    return file


def _named(things: list[Any], name: str) -> Any:
    return next(one for one in things if one["name"] == name)


def _text(file: Path, user: Any, key: str) -> str:
    return (file.parent / user[key]).read_text().strip() if key in user else ""


def _trust(file: Path, cluster: Any, user: Any) -> ssl.SSLContext:
    trust = ssl.create_default_context()
    if cluster.get("insecure-skip-tls-verify"):
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    elif data := _data(file, cluster, "certificate-authority"):
        trust.load_verify_locations(cadata=data.decode())
    certificate, key = _data(file, user, "client-certificate"), _data(file, user, "client-key")
    if certificate and key:
        with tempfile.NamedTemporaryFile() as both:
            both.write(certificate + b"\n" + key)
            both.flush()
            trust.load_cert_chain(both.name)
    return trust


def _data(file: Path, part: Any, key: str) -> bytes:
    if f"{key}-data" in part:
        return base64.b64decode(part[f"{key}-data"])
    return (file.parent / part[key]).read_bytes() if key in part else b""
