"""The `claims` parameter, of which one thing is read: an `acr` that a service calls essential.

Discovery says that the parameter is not supported, so all else in it is ignored (OpenID Connect Core clause 5.5).
But a service that says "not without this level" is never answered below it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from idp.assurance import HIGHEST, asked_level

UNREACHABLE = HIGHEST + 1


def essential_level(claims: str) -> int | None:
    """The level that an essential `acr` in the ID token demands; 0 when there is no such demand.

    UNREACHABLE when no value that would do is known here; None when `claims` is no JSON object of objects.
    """
    try:
        asked = _object(json.loads(claims)) if claims else {}
        acr = _object(_object(asked.get("id_token")).get("acr"))
    except (ValueError, RecursionError):
        return None
    if acr.get("essential") is not True:
        return 0
    values = acr.get("values", [acr["value"]] if "value" in acr else None)
    if values is None:
        return 0
    return _lowest(values)


def _lowest(values: Any) -> int:
    words = [value for value in values if isinstance(value, str)] if isinstance(values, Sequence) else []
    return asked_level(words) or UNREACHABLE


def _object(value: Any) -> Mapping[str, Any]:
    """The JSON object; an absent or null one is empty (clause 5.5: null asks in the default manner)."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - as JSON's own faults
    return value
