"""Any values that the chart's schema takes."""

from typing import Any

from hypothesis import strategies as st

RULE = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
ADDRESS = st.sampled_from(["10.0.0.0/8", "192.168.7.0/24", "2001:db8::/32"])
FOUR = st.sampled_from(["10.0.0.0/8", "100.64.0.0/10", "203.0.113.7/32"])
SIX = st.sampled_from(["fc00::/7", "2001:db8::/32"])
INSTEAD: dict[tuple[str, ...], st.SearchStrategy[Any]] = {
    # What a cluster checks beyond a schema, ours or its own.
    ("networkPolicy", "alsoReach", "[]"): st.just(RULE),
    ("networkPolicy", "dnsAddresses", "[]"): ADDRESS,
    ("networkPolicy", "notInternet", "[]"): FOUR,
    ("networkPolicy", "notInternet6", "[]"): SIX,
}
NOT_HERE = {"jupyterhub", "global"}
KEPT = 4
"""So many keys of one object are set at the same time: what is tried are combinations, not lengths."""


def values(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the keys, each with a value that its schema takes. Pools of a name are one."""
    parts = {name: one for name, one in schema["properties"].items() if name not in NOT_HERE}
    return _object({**schema, "properties": parts}, ())


def _any(schema: dict[str, Any], path: tuple[str, ...]) -> st.SearchStrategy[Any]:
    if path in INSTEAD:
        return INSTEAD[path]
    if "anyOf" in schema:
        return st.one_of([_any(one, path) for one in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    return _OF[schema["type"]](schema, path)


def _object(schema: dict[str, Any], path: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" in schema:
        every = {name: _any(one, (*path, name)) for name, one in schema["properties"].items()}
        needed = {name: one for name, one in every.items() if name in schema.get("required", [])}
        others = [name for name in every if name not in needed]
        some = st.lists(st.sampled_from(others), unique=True, max_size=KEPT) if others else st.just([])
        return some.flatmap(
            lambda names: st.fixed_dictionaries({**needed, **{name: every[name] for name in names}})
        )
    if "patternProperties" in schema:
        [(pattern, inside)] = schema["patternProperties"].items()
        return st.dictionaries(_matching(pattern), _any(inside, (*path, "{}")), max_size=2)
    keys = _any({"type": "string", **schema.get("propertyNames", {})}, (*path, "key"))
    return st.dictionaries(keys, _any(schema["additionalProperties"], (*path, "{}")), max_size=2)


def _array(schema: dict[str, Any], path: tuple[str, ...]) -> st.SearchStrategy[list[Any]]:
    by_name = (lambda one: one["name"]) if path == ("prePuller", "pools") else None
    return st.lists(
        _any(schema["items"], (*path, "[]")),
        min_size=schema.get("minItems", 0),
        max_size=2,
        unique_by=by_name,
    )


def _matching(pattern: str) -> st.SearchStrategy[str]:
    # `$` of Python lets a line's end through, which that of the schema does not.
    return st.from_regex(
        pattern.removesuffix("$") + r"\Z", alphabet=st.characters(min_codepoint=32, max_codepoint=126)
    )


def _string(schema: dict[str, Any], path: tuple[str, ...]) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 60)
    if "pattern" in schema:
        return _matching(schema["pattern"]).filter(lambda text: least <= len(text))
    return st.text(st.characters(min_codepoint=32, max_codepoint=1000), min_size=least, max_size=most)


def _integer(schema: dict[str, Any], path: tuple[str, ...]) -> st.SearchStrategy[int]:
    return st.integers(
        schema.get("minimum", schema.get("exclusiveMinimum", -(2**31))), schema.get("maximum", 2**31 - 1)
    )


_OF: dict[str, Any] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": lambda schema, path: st.floats(0.1, 100),
    "boolean": lambda schema, path: st.booleans(),
    "null": lambda schema, path: st.none(),
}
