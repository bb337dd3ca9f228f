"""What pkilint decoded before it need not decode again: most values stand alike in every certificate of an issuer.

An ASN.1 value that was decoded follows from its octets and its kind alone, and pkilint only looks at it: it wraps it
in nodes of each certificate's own.
"""

from typing import Any

from pkilint import document

_MOST = 2048
_LONGEST = 512
"""Octets of a value that is kept; a certificate itself is longer, and none comes twice."""
decode = document.decode_der
"""pkilint's own way."""
_kept: dict[tuple[int, bytes], tuple[Any, Any]] = {}
"""By where its kind is in memory, and its octets: the kind, which stays there as long as it is kept, and the value."""


def decoded_once(substrate: Any, asn1Spec: Any) -> Any:  # noqa: N803 - as pkilint calls it
    """What `decode` says, which is asked if it was not before. What cannot be decoded fails each time anew."""
    octets = bytes(substrate)
    if len(octets) > _LONGEST:
        return decode(octets, asn1Spec=asn1Spec)
    name = (id(asn1Spec), octets)
    known = _kept.get(name)
    if known is None:
        known = asn1Spec, decode(octets, asn1Spec=asn1Spec)
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[name] = known
    return known[1]


document.decode_der = decoded_once
