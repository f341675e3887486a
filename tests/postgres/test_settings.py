"""What may be said of a server in the settings, and that a password is never repeated."""

from pathlib import Path

import pytest
from notebench.contract.errors import Refused
from notebench_hub.databases import server_of
from notebench_hub.object_store import object_store
from notebench_hub.place import Place
from notebench_hub.service.store import store_of
from notebench_hub.settings import load

TYPED = "a-password-where-it-does-not-belong"
SECRET = "a-password-in-its-own-file"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.create()
    return made


def written(place: Place, **urls: str) -> Place:
    lines = [f"  {part}:\n    url: '{url}'\n" for part, url in urls.items()]
    place.settings_file.write_text("databases:\n" + "".join(lines))
    return place


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql://nb:{TYPED}@db/notebench", "a password is in it"),
        (f"postgresql://nb@db/notebench?password={TYPED}", "a password is in it"),
        (f"postgresql://nb:{TYPED}/x@db/notebench", "port is no number"),
        (f"postgresql://nb:{TYPED}@[db/notebench", "must be written as %NN"),
        (f"mysql://nb:{TYPED}@db/notebench", "must begin with postgresql://"),
        ("postgresql://nb@db", "name of the database is missing"),
        ("postgresql:///notebench", "name of the server is missing"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_without_the_address(
    place: Place, url: str, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refusal:
        load(written(place, service=url))
    assert "line 3" in str(refusal.value)
    assert "`databases.service.url`" in str(refusal.value)
    assert TYPED not in repr(refusal.value)
    assert TYPED not in str(refusal.value.values)


def test_two_parts_cannot_share_a_database(place: Place) -> None:
    urls = {"hub": "postgresql://a@db/notebench", "mlflow": "postgres://b@db:5432/notebench?sslmode=require"}
    with pytest.raises(Refused, match="database of the part hub too"):
        load(written(place, **urls))
    load(written(place, hub="postgresql://a@db/one", mlflow="postgresql:///two?host=/run/postgresql"))


def test_without_a_word_it_is_a_file(place: Place) -> None:
    settings = load(place)
    assert [server_of(settings, place, part) for part in ("hub", "service", "mlflow")] == [None] * 3  # type: ignore[arg-type]
    assert store_of(place, settings).file == place.service / "notebench.db"


def test_the_password_comes_from_a_file_or_a_variable(place: Place) -> None:
    place.settings_file.write_text(
        "databases:\n"
        "  service: {url: 'postgresql://nb@db/service', password_file: secrets/db}\n"
        "  hub: {url: 'postgresql://nb@db/hub', password_variable: NOTEBENCH_HUB_DB}\n"
        "  mlflow: {url: 'postgresql://nb@db/mlflow?connect_timeout=3'}\n"
    )
    settings = load(place)
    secret = place.root / "secrets" / "db"
    secret.write_text(SECRET)
    secret.chmod(0o644)
    with pytest.raises(Refused, match="can be read by other accounts"):
        server_of(settings, place, "service")
    secret.chmod(0o600)
    service = server_of(settings, place, "service")
    hub = server_of(settings, place, "hub", {"NOTEBENCH_HUB_DB": SECRET})
    mlflow = server_of(settings, place, "mlflow")
    assert service
    assert hub
    assert mlflow
    assert (service.password, hub.password, mlflow.password) == (SECRET, SECRET, "")
    assert service.environment() == {"PGPASSWORD": SECRET}
    assert service.connecting()["password"] == SECRET
    assert "connect_timeout" not in mlflow.connecting()
    assert SECRET not in repr((service, hub, service.url, settings))
    with pytest.raises(Refused, match=r"databases\.hub\.password_variable.* is empty or not there"):
        server_of(settings, place, "hub", {})


def test_an_object_store_is_named_with_its_key_in_a_file(place: Place) -> None:
    assert object_store(load(place), place) == {}
    place.settings_file.write_text(
        "artifacts: {url: 's3://bench/a', endpoint: 'http://127.0.0.1:1', "
        "key_id: me, secret_file: secrets/s3}\n"
    )
    settings = load(place)
    with pytest.raises(Refused, match=r"artifacts\.secret_file.* cannot be read"):
        object_store(settings, place)
    secret = place.root / "secrets" / "s3"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    found = object_store(settings, place)
    assert found["AWS_SECRET_ACCESS_KEY"] == SECRET
    assert found["_MLFLOW_SERVER_ARTIFACT_DESTINATION"] == "s3://bench/a"
    assert found["MLFLOW_S3_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert SECRET not in repr(settings)


def test_without_a_key_the_machine_says_who_it_is(place: Place) -> None:
    place.settings_file.write_text("artifacts: {url: 's3://bench', region: eu-central-1}\n")
    said = {"_MLFLOW_SERVER_ARTIFACT_DESTINATION": "s3://bench", "AWS_DEFAULT_REGION": "eu-central-1"}
    assert object_store(load(place), place) == said


@pytest.mark.parametrize("url", ["bench", "https://bench/a", "s3://", "s3://bench/a?b", "s3://Bench"])
def test_what_is_no_bucket_is_refused(place: Place, url: str) -> None:
    place.settings_file.write_text(f"artifacts: {{url: '{url}'}}\n")
    with pytest.raises(Refused, match=r"`artifacts\.url`"):
        load(place)
