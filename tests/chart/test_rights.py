"""The Roles say what the spawner's own list says, and nothing holds in the whole cluster."""

from typing import Any

from notebench_spawner.pods.rights import HUB, NODES, PROJECTS, SERVICE, rules

from tests.chart.rendering import find, objects
from tests.chart.test_objects import OPTIONS


def test_roles_have_the_rules_that_the_code_needs() -> None:
    made = objects()
    assert find(made, "Role", "notebench-hub")["rules"] == rules(HUB)
    assert find(made, "Role", "notebench-service")["rules"] == rules(SERVICE)


def test_volumes_of_projects_are_made_only_where_that_is_chosen() -> None:
    for chosen in ("off", "given", "made"):
        settings = {"kubernetes": {"pods": {"projects": {"volumes": chosen}}}}
        roles = [
            one for one in objects({"settings": settings}) if one["metadata"]["name"] == "notebench-projects"
        ]
        kinds = [one["kind"] for one in roles]
        assert kinds == (["Role", "RoleBinding"] if chosen == "made" else [])
        assert [one["rules"] for one in roles if one["kind"] == "Role"] in ([], [rules(PROJECTS)])


def test_they_are_bound_to_hub_and_service_where_workloads_are() -> None:
    made = objects(OPTIONS["workloads elsewhere"])
    bound = {}
    for part in ("hub", "service"):
        binding = find(made, "RoleBinding", f"notebench-{part}")
        assert binding["metadata"]["namespace"] == "workloads"
        assert find(made, "Role", f"notebench-{part}")["metadata"]["namespace"] == "workloads"
        [subject] = binding["subjects"]
        bound[part] = (binding["roleRef"]["name"], subject["name"], subject["namespace"])
    assert bound == {
        "hub": ("notebench-hub", "hub", "people"),
        "service": ("notebench-service", "notebench", "people"),
    }


def test_each_namespace_of_workloads_has_the_same() -> None:
    made = objects({"workloadNamespaces": ["of-ada", "p-kelp", "people"]})
    for name in ("notebench-hub", "notebench-service", "notebench-sessions", "notebench-model-servers"):
        same = [one for one in made if one["metadata"]["name"] == name and one["kind"] != "RoleBinding"]
        assert [one["metadata"]["namespace"] for one in same] == ["people", "of-ada", "p-kelp"]
        assert all(one.get("rules") == same[0].get("rules") for one in same)
        assert all(one.get("spec") == same[0].get("spec") for one in same)
    bound = [one["metadata"]["namespace"] for one in made if one["kind"] == "RoleBinding"]
    assert sorted(bound) == ["of-ada"] * 2 + ["p-kelp"] * 2 + ["people"] * 2


def test_nodes_are_seen_only_where_that_is_chosen() -> None:
    made = objects({"settings": {"kubernetes": {"see_nodes": True}}})
    [role] = [one for one in made if one["kind"] == "ClusterRole"]
    [binding] = [one for one in made if one["kind"] == "ClusterRoleBinding"]
    assert role["rules"] == rules(NODES)
    assert [(one["name"], one["namespace"]) for one in binding["subjects"]] == [("notebench", "people")]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert not [one for one in objects() if one["kind"].startswith("Cluster")]


def test_no_other_option_gives_rights_in_the_whole_cluster() -> None:
    everything: list[dict[str, Any]] = [one for values in OPTIONS.values() for one in objects(values)]
    kinds = {one["kind"] for one in everything}
    assert "Role" in kinds
    assert not {"ClusterRole", "ClusterRoleBinding"} & kinds
    names = [
        verb for one in everything if one["kind"] == "Role" for rule in one["rules"] for verb in rule["verbs"]
    ]
    assert "*" not in names
