"""Parameters are written as the standard library writes them."""

from urllib.parse import urlencode

import pytest

from idp.parameters import encoded, pairs_of


@pytest.mark.parametrize("value", ["", "plain-1_2.3~", "a b+c", "https://x.la/?a=b&c", "ສະບາຍດີ", "plain\n", "%41", "é"])
def test_a_value_is_quoted_as_urlencode_quotes_it(value: str) -> None:
    pairs = [("state", value), ("code_challenge_method", "S256")]

    assert encoded(pairs) == urlencode(pairs)
    assert pairs_of(encoded(pairs)) == pairs
