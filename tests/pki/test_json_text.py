"""An encoder that is made once writes what the standard library writes."""

import json
from typing import Any

import pytest

from pki.json_text import compact, encoder_of

VALUE: dict[str, Any] = {"b": [1, None, True, 'ສົມພອນ\n"\u2028'], "a": {}}


@pytest.mark.parametrize("sort_keys", [False, True])
def test_values_are_written_as_the_standard_library_writes_them(sort_keys: bool) -> None:
    usual = json.dumps(VALUE, separators=(",", ":"), ensure_ascii=False, sort_keys=sort_keys)

    assert encoder_of(sort_keys=sort_keys)(VALUE) == usual


@pytest.mark.parametrize("sort_keys", [False, True])
def test_a_python_without_the_inner_encoder_writes_the_same(monkeypatch: pytest.MonkeyPatch, sort_keys: bool) -> None:
    usual = encoder_of(sort_keys=sort_keys)(VALUE)
    monkeypatch.setattr("json.encoder.c_make_encoder", None)

    assert encoder_of(sort_keys=sort_keys)(VALUE) == usual


@pytest.mark.parametrize(("value", "fault"), [({1, 2}, TypeError), (float("nan"), ValueError)])
def test_what_json_has_no_form_for_is_refused(value: object, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        compact(value)
