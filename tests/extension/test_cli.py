"""The command line against an API on a real socket: output, JSON, exit codes, languages."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from notebench.cli.values import parameters, typed

from tests.extension.standin import Asked, StandIn
from tests.extension.test_client import HELLO, NOW, RUN

P = "/services/notebench/api/v1"
SCHEDULE = {
    "id": "s1",
    "user": "ann",
    "acting_for": "personal",
    "name": "nightly",
    "notebook": "a.ipynb",
    "cron": "0 6 * * *",
    "timezone": "UTC",
    "words": "At 06:00",
    "parameters": {"n": 1},
    "image": "minimal",
    "profile": "small",
    "timeout_seconds": 60,
    "paused": False,
    "next_fires": ["tomorrow at six"],
    "created": NOW,
}
DEPLOYMENT = {
    "id": "d-1",
    "name": "wine",
    "user": "ann",
    "acting_for": "personal",
    "model": "wine",
    "version": "3",
    "image": "minimal",
    "identity": "i",
    "profile": "small",
    "replicas": 1,
    "desired": "serving",
    "observed": "ready",
    "endpoint": "/services/notebench/endpoints/d-1/",
    "created": NOW,
    "updated": NOW,
}
MODEL = {
    "name": "wine",
    "aliases": {"champion": "3"},
    "versions": [{"model": "wine", "version": "3", "status": "READY"}],
}
FAILURE = {
    "index": 3,
    "source": "1/0",
    "error": "ZeroDivisionError",
    "message": "division by zero",
    "traceback": ["tb"],
}


class World(StandIn):
    """Routes by method and path."""

    def __init__(self) -> None:
        self.routes: dict[str, object] = {f"GET {P}/hello": HELLO}
        super().__init__(self.route)

    def route(self, asked: Asked):
        found = self.routes.get(f"{asked.method} {asked.path.split('?')[0]}")
        if found is None:
            return 404, {
                "code": "not-found",
                "message": f"There is no {asked.path}.",
                "next_step": "Look again.",
            }
        return found(asked) if callable(found) else (200, found)


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()


def cli(
    world: World | None, *words: str, language: str = "C", text: str = ""
) -> subprocess.CompletedProcess[str]:
    """The command line as people start it."""
    env = {
        key: value for key, value in os.environ.items() if not key.startswith(("NOTEBENCH_", "LC_", "LANG"))
    }
    env |= {
        "NOTEBENCH_URL": world.url if world else "http://127.0.0.1:9",
        "NOTEBENCH_TOKEN": "secret",
        "LANG": language,
    }
    command = [sys.executable, "-m", "notebench.cli", *words]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=60, check=False, input=text
    )


def test_run_waits_and_its_exit_code_says_how_it_went(world):
    states = iter(["queued", "running", "succeeded"])
    world.routes[f"POST {P}/runs"] = {**RUN, "state": "queued"}
    world.routes[f"GET {P}/runs/r1"] = lambda asked: (
        200,
        {**RUN, "state": next(states), "output": "runs/a.ipynb"},
    )
    done = cli(world, "run", "a.ipynb", "-p", "n=3", "-p", "word=x=y", "--wait", "--for", "wine")
    assert done.returncode == 0, done.stderr
    assert "runs/a.ipynb" in done.stdout
    asked = next(a for a in world.asked if a.method == "POST")
    assert asked.json["parameters"] == {"n": 3, "word": "x=y"}
    assert asked.headers["notebench-acting-for"] == "wine"


def test_a_failed_run_is_one(world):
    world.routes[f"POST {P}/runs"] = {
        **RUN,
        "state": "failed",
        "failure": FAILURE,
        "reason": "ZeroDivisionError in cell 4.",
    }
    done = cli(world, "run", "a.ipynb", "--wait")
    assert done.returncode == 1
    assert "1/0" in done.stderr
    done = cli(world, "run", "a.ipynb", "--wait", "--json")
    assert (done.returncode, json.loads(done.stdout)["failure"]["index"]) == (1, 3)


def test_lists_for_people_and_programs(world):
    world.routes[f"GET {P}/runs"] = {"runs": [RUN], "next": ""}
    world.routes[f"GET {P}/models"] = [MODEL]
    world.routes[f"GET {P}/deployments"] = [DEPLOYMENT]
    world.routes[f"GET {P}/schedules"] = [SCHEDULE]
    world.routes[f"GET {P}/sessions"] = []
    expected = {
        "runs": "a.ipynb",
        "models": "@champion → 3",
        "deployments": "wine/3",
        "schedules": "At 06:00",
        "sessions list": "There are no sessions yet.",
    }
    for words, text in expected.items():
        done = cli(world, *words.split())
        assert (done.returncode, text in done.stdout + done.stderr) == (0, True), done
        assert isinstance(json.loads(cli(world, *words.split(), "--json").stdout), list)


def test_schedules_are_made_paused_and_deleted(world):
    world.routes[f"POST {P}/schedules"] = SCHEDULE
    world.routes[f"GET {P}/schedules/s1"] = SCHEDULE
    world.routes[f"PUT {P}/schedules/s1"] = lambda asked: (200, {**SCHEDULE, "paused": asked.json["paused"]})
    world.routes[f"DELETE {P}/schedules/s1"] = lambda asked: (204, b"")
    done = cli(
        world, "schedule", "a.ipynb", "--cron", "0 6 * * *", "--timezone", "Europe/Berlin", "-p", "n=1"
    )
    assert "tomorrow at six" in done.stdout
    assert next(a for a in world.asked if a.method == "POST").json["timezone"] == "Europe/Berlin"
    assert "paused" in cli(world, "schedules", "pause", "s1").stdout
    assert next(a for a in world.asked if a.method == "PUT").json["parameters"] == {"n": 1}
    gone = cli(world, "schedules", "delete", "s1", "--json")
    assert (gone.returncode, json.loads(gone.stdout)) == (0, {"id": "s1", "deleted": True})


def test_deploy_and_predict(world, tmp_path):
    world.routes[f"PUT {P}/deployments/wine"] = {**DEPLOYMENT, "observed": "starting"}
    world.routes[f"GET {P}/deployments/wine"] = DEPLOYMENT
    world.routes["POST /services/notebench/endpoints/d-1/invocations"] = lambda asked: (
        200,
        {"predictions": [1]},
    )
    done = cli(world, "deploy", "wine@champion", "--name", "wine", "--wait")
    assert done.returncode == 0, done.stderr
    assert next(a for a in world.asked if a.method == "PUT").json["version"] == "@champion"
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    done = cli(world, "predict", "wine", "--data", str(tmp_path / "x.csv"))
    assert json.loads(done.stdout) == {"predictions": [1]}
    assert world.asked[-1].headers["content-type"] == "text/csv"
    done = cli(world, "predict", "wine", "--data", "-", text='{"inputs": [1]}')
    assert world.asked[-1].json == {"inputs": [1]}
    cli(world, "predict", "wine", "--data", "-", text='[{"a": 1}]')
    assert world.asked[-1].json == {"dataframe_records": [{"a": 1}]}
    failing = {**DEPLOYMENT, "observed": "failing", "restarts": 1, "reason": "The model does not load."}
    world.routes[f"PUT {P}/deployments/wine"] = failing
    done = cli(world, "deploy", "wine/3", "--name", "wine", "--wait")
    assert (done.returncode, "does not load" in done.stderr) == (1, True)


def test_sessions_go_through_the_hub(world):
    world.routes[f"GET {P}/me"] = {"name": "ann"}
    world.routes["POST /hub/api/users/ann/servers/gpu"] = lambda asked: (202, b"")
    world.routes["DELETE /hub/api/users/ann/server"] = lambda asked: (403, {"status": 403, "message": "no"})
    user = {"servers": {"gpu": {"ready": True, "url": "/user/ann/gpu/"}}}
    world.routes["GET /hub/api/users/ann"] = user
    done = cli(world, "sessions", "start", "gpu", "--image", "scientific", "--for", "wine", "--wait")
    assert "/user/ann/gpu/" in done.stdout, done.stderr
    asked = next(a for a in world.asked if a.method == "POST")
    assert asked.json == {"image": "scientific", "acting_for": "wine"}
    done = cli(world, "sessions", "stop")
    assert (done.returncode, "token page" in done.stderr) == (3, True)


def test_exit_codes(world):
    assert cli(world, "runs", "nope").returncode == 3
    assert cli(None, "runs").returncode == 4
    for wrong in (
        ["run"],
        ["run", "a.ipynb", "-p", "x"],
        ["nonsense"],
        ["deployments", "--stop"],
        ["schedule", "a"],
    ):
        done = cli(world, *wrong)
        assert done.returncode == 2, (wrong, done)
        assert "Traceback" not in done.stderr
    assert cli(world, "deploy", "a/b/c").returncode == 3
    assert cli(world, "runs", "nope", "--json").stdout == ""


def test_texts_are_spoken_in_three_languages(world):
    world.routes[f"GET {P}/runs"] = {"runs": [], "next": ""}
    english = cli(world, "runs").stderr
    german = cli(world, "runs", language="de_DE.UTF-8").stderr
    spanish = cli(world, "runs", language="es_ES.UTF-8").stderr
    assert len({english, german, spanish}) == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-2", -2),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("None", None),
        ("[1, 2]", [1, 2]),
        ('{"a": 1}', {"a": 1}),
        ('"5"', "5"),
        ("abc", "abc"),
        ("", ""),
        ("1_000", "1_000"),
        ("[oops", "[oops"),
        ("0x10", "0x10"),
        ("2026-11-20", "2026-11-20"),
    ],
)
def test_values_are_typed(text, value):
    assert typed(text) == value
    assert type(typed(text)) is type(value)
    assert parameters([f"p={text}"]) == {"p": value}


def messages(folder: Path) -> set[str]:
    """Every template that the code says or raises, as written."""
    import ast

    found = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                wanted = 1 if name in ("say", "N_") else 2 if name in ERRORS else 0
                texts = [
                    a.value
                    for a in node.args[:wanted]
                    if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                found |= {text for text in texts if text}
    return found


ERRORS = {
    "kind",  # client/transport.py chooses among them
    "_Method",  # serving/app.py
    "_Media",
    "NotebenchError",
    "Refused",
    "NotFound",
    "NotAllowed",
    "NotSignedIn",
    "Conflict",
    "TooLarge",
    "Unavailable",
}
SPOKEN = ("cli", "client", "serving", "tracking", "verbs.py", "names.py", "body.py", "waiting.py")


@pytest.mark.parametrize("language", ["de_DE", "es_ES"])
def test_every_text_is_translated(language):
    import notebench
    from notebench.words import DOMAIN, LOCALES, read_po

    home = Path(notebench.__file__).parent
    texts = set()
    for part in SPOKEN:
        path = home / part
        if path.is_dir():
            texts |= messages(path)
        else:
            import shutil
            import tempfile

            with tempfile.TemporaryDirectory() as folder:
                shutil.copy(path, folder)
                texts |= messages(Path(folder))
    catalogue = read_po(LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po")
    assert sorted(texts - catalogue.keys()) == []
    assert sorted(catalogue.keys() - texts) == []
    places = re.compile(r"\{\w+\}")
    for text, translated in catalogue.items():
        assert sorted(places.findall(text)) == sorted(places.findall(translated)), text
    equal = {text for text, translated in catalogue.items() if text == translated}
    assert equal <= {"{field}: {problem}", "Name", "Version", "Notebook", "Server"}, equal
