"""What the gateway refuses in a body, however it is written."""

import json

import pytest
from notebench.contract.errors import NotAllowed
from notebench.contract.people import PERSONAL, Role
from notebench_hub.service.asker import Asker, AskerKind
from notebench_hub.service.gateway import guards

ANN = Asker("ann", PERSONAL, Role.owner, AskerKind.session, bound="s1")


@pytest.mark.parametrize("written", ["7", 7, "007", " 7", "7\n", "+7", "0_7", "\u0667"])
def test_the_default_experiment_stays_however_its_number_is_written(written: object) -> None:
    with pytest.raises(NotAllowed, match="default experiment"):
        guards.check("default_experiment", json.dumps({"experiment_id": written}).encode(), ANN, "7")


@pytest.mark.parametrize("written", ["8", "", None, "x", "77", "7.0"])
def test_other_experiments_are_their_owners(written: object) -> None:
    body = json.dumps({"experiment_id": written}).encode()
    assert json.loads(guards.check("default_experiment", body, ANN, "7")) == {"experiment_id": written}
