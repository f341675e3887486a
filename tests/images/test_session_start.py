"""The session's server starts light, and is still JupyterHub's own with all that people can use."""

import json
import subprocess

from tests.images.conftest import Built

LIGHT = """
import json, sys
from notebench.lab import session
server = session.single_user()
session.lighten()
unwanted = "sqlalchemy", "alembic", "jupyterhub.orm", "IPython", "httpx"
heavy = [name for name in unwanted if name in sys.modules]
standing = [name for name in session._OF_THE_HUB if name in sys.modules]
import sqlalchemy
import jupyterhub.orm
import jupyterlab.extensions
print(json.dumps({
    "class": f"{server.__module__}.{server.__name__}",
    "heavy": heavy,
    "standing": standing,
    "later": [sqlalchemy.__version__ != "", jupyterhub.orm.User.__tablename__],
    "manager": type(jupyterlab.extensions.get_pypi_manager({}, {}, None)).__name__,
}))
"""

PLAIN_SCOPES = """
import json
from jupyterhub.scopes import _intersect_expanded_scopes as both
words = ["access:servers", "access:servers!user=ada", "access:servers!server=ada/", "access:servers!user=bob",
         "access:servers!group=g", "read:users!user=ada", "self"]
print(json.dumps([sorted(both({a}, {b})) for a in words for b in words]))
"""


def run(built: Built, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [built.python, "-P", "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"},
    )


def test_the_hubs_database_stays_out_and_can_still_be_had(scientific: Built) -> None:
    found = json.loads(run(scientific, LIGHT).stdout)
    assert found["class"] == "jupyterhub.singleuser.extension.JupyterHubSingleUser"
    assert found["heavy"] == []
    assert found["standing"] == []
    assert found["later"] == [True, "users"]
    assert found["manager"] == "PyPIExtensionManager"


def test_who_may_come_in_is_decided_as_in_plain_jupyterhub(scientific: Built) -> None:
    """The same function, loaded either way, has the same answers, denials among them."""
    light = "from notebench.lab.session import single_user\nsingle_user()\n" + PLAIN_SCOPES
    ours, plain = (json.loads(run(scientific, program).stdout) for program in (light, PLAIN_SCOPES))
    assert ours == plain
    assert [] in plain
    assert ["access:servers!server=ada/"] in plain
