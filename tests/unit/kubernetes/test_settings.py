"""The settings of a cluster: where its parts are, and what is refused."""

from pathlib import Path

import pytest
from notebench.contract.errors import Refused
from notebench_hub.instance import instance_of, mlflow_address
from notebench_hub.place import Place
from notebench_hub.settings import Settings, read

WRITTEN = """\
mode: kubernetes
kubernetes:
  addresses:
    public: https://notebench.example/
    hub: http://hub:8081
    proxy_api: http://proxy-api
    service: http://notebench.default.svc:8080
  pods:
    homes: {claim: "home-{user}"}
"""


def settings(folder: Path, text: str = WRITTEN) -> Settings:
    file = folder / "settings.yaml"
    file.write_text(text)
    return read(file)


def test_parts_are_where_the_settings_say(tmp_path: Path) -> None:
    found = instance_of(Place(tmp_path), settings(tmp_path))
    assert found.public_url == "https://notebench.example/"
    assert found.service_url == "http://notebench.default.svc:8080"
    assert found.hub_api_url == "http://hub:8081/hub/api"
    assert found.hub_beside_url == "http://127.0.0.1:8081/hub/api"
    assert found.hub_bind_url == "http://0.0.0.0:8081"
    assert found.proxy_api_url == "http://proxy-api"
    assert (found.port, found.proxy_api_port, found.service_port) == (443, 80, 8080)
    assert mlflow_address(Place(tmp_path), settings(tmp_path)) == "http://notebench-mlflow:5000"


def test_on_one_machine_mlflow_has_a_private_socket(tmp_path: Path) -> None:
    assert mlflow_address(Place(tmp_path), Settings()) == f"unix:{tmp_path}/run/mlflow.sock"
    with pytest.raises(FileNotFoundError):
        instance_of(Place(tmp_path), Settings())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("claim:", "clame:"), r"line 9: there is no setting `kubernetes.pods.homes.clame`"),
        (("http://hub:8081", "hub:8081"), r"line 5: `kubernetes.addresses.hub` cannot be 'hub:8081'"),
        (("home-{user}", "homes"), r"`kubernetes.pods.homes`.*\{user\} must be in `claim` or in `folder`"),
        (('homes: {claim: "home-{user}"}', "namespaces: {people: all}"), r"\{user\} must be in it"),
        (
            (
                'homes: {claim: "home-{user}"}',
                'namespaces: {people: "of-{user}"}\n    projects: {volumes: made}',
            ),
            r"a project's volume is in one namespace",
        ),
        (("mode: kubernetes", "mode: cubernetes"), r"line 1: `mode` cannot be 'cubernetes'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        settings(tmp_path, WRITTEN.replace(*change))
