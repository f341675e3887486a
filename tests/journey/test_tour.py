"""The tour, executed as it is: every notebook, in order, in a session of a new user."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.installation import Installation
from tests.journey.person import Person

TOUR = sorted((Path(__file__).parents[2] / "images" / "tour").glob("*.ipynb"))


@pytest.fixture(scope="module")
def visitor(installation: Installation, browser: Browser) -> Person:
    person = Person(browser, installation.url, "joan", installation.add_user("joan"))
    person.sign_in()
    person.start("Scientific Python", "Small")
    return person


@pytest.mark.parametrize("notebook", [path.name for path in TOUR])
def test_a_tour_notebook_runs_as_it_is(visitor: Person, notebook: str) -> None:
    visitor.open_notebook(f"tour/{notebook}")
    visitor.run_all_cells()
    visitor.picture(notebook.removesuffix(".ipynb"))
    visitor.close_all()


def test_what_the_tour_made_is_there(visitor: Person, installation: Installation) -> None:
    """Registered, deployed, run and scheduled, as its notebooks say."""
    with installation.api(installation.token("joan")) as api:
        assert api.get("models").json()
        assert api.get("deployments").json()
        assert api.get("runs").json()["runs"]
    visitor.stop_session()
