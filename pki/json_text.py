"""JSON as it goes over a line, by encoders that are made once.

`json.dumps` with any option makes its inner encoder anew for each value, which takes as long as a small value itself.
"""

from collections.abc import Callable
from json import JSONEncoder, encoder
from typing import Any, Never

quoted = encoder.encode_basestring
"""Text with its quotation marks, as the encoders write it."""


def encoder_of(*, sort_keys: bool = False, refuse: Callable[[Any], Never] | None = None) -> Callable[[Any], str]:
    """Writes compact JSON, text as it is. Raises TypeError, or what `refuse` raises, for what JSON does not know.

    NaN and the infinities are a ValueError (RFC 8259 clause 6).
    """
    unknown = refuse or _refuse
    made = vars(encoder).get("c_make_encoder")
    if made is None:
        return JSONEncoder(
            ensure_ascii=False, allow_nan=False, sort_keys=sort_keys, separators=(",", ":"), default=unknown
        ).encode
    pieces = made(None, unknown, quoted, None, ":", ",", sort_keys, False, False)  # noqa: FBT003
    return lambda value: "".join(pieces(value, 0))


def _refuse(value: Any) -> Never:
    raise TypeError(f"{type(value).__name__} is nothing that JSON knows")


compact = encoder_of()
"""Members in the order that they come in."""
