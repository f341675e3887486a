"""The catalogue as people and the hub see it."""

from tests.service.town import Town, code


def test_cards_with_what_is_inside(town: Town) -> None:
    seen = town.program("ana").get("catalogue").json()
    images = {card["id"]: card for card in seen["images"]}
    assert {"minimal", "scientific", "deep-learning"} <= set(images)
    assert "scikit-learn" in [package["name"] for package in images["scientific"]["packages"]]
    assert len(seen["profiles"]) >= 5
    gpu = next(card for card in seen["profiles"] if "nvidia.com/gpu" in card["resources"])
    assert gpu["available"] is False
    assert "nvidia.com/gpu" in gpu["reason"]
    assert all(card["enforced"] for card in seen["profiles"])
    assert "alloys" in seen["projects"]
    assert "system account" in seen["notice"]


def test_in_the_readers_language(town: Town) -> None:
    german = town.program("ana", **{"Accept-Language": "de-DE,de;q=0.9"}).get("catalogue").json()
    english = town.program("ana").get("catalogue").json()
    assert german["revision"] == english["revision"]
    assert [card["title"] for card in german["profiles"]] != [card["title"] for card in english["profiles"]]


def test_last_choice_comes_first(town: Town) -> None:
    assert town.program("ben").get("catalogue").json()["default"]["acting_for"] == "personal"
    town.grant("ben", "alloys", image="scientific", profile="small")
    choice = town.program("ben").get("catalogue").json()["default"]
    assert choice == {"image": "scientific", "profile": "small", "acting_for": "alloys"}


def test_hub_sees_what_the_user_sees(town: Town) -> None:
    inside = town.internal().get("catalogue", params={"user": "cleo"}).json()
    assert inside == town.program("cleo").get("catalogue").json()
    assert town.internal().get("catalogue", params={"user": "nobody"}).json()["projects"] == []
    assert code(town.internal().get("catalogue")) == "400 invalid"
