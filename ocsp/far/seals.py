"""Who vouches for a whole bundle: the responder of each CA in it, over the digest of all.

Each answer in it is signed for itself. The seal holds what no answer can: that none was left out, and that none is
an older one that still counts for clients.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from ocsp.far.bundle import Bundle, Part, opened, sealed_body
from ocsp.policy import CLOCK_TOLERANCE
from pki import keys
from pki.certificate import parse_certificate
from pki.delegation import Authorities, verify_responder
from pki.errors import PkiError
from pki.fixed_width import as_der, fixed_width
from pki.path import PathInvalid
from pki.signing import Signer

_SEALED = b"laotrust ocsp bundle\x00"
"""Before what is signed: no ResponseData of OCSP, which the same key signs, begins like this."""
_AT_ONCE = 1 << 20


def sealed(body: bytes, sealers: Sequence[tuple[int, Signer]]) -> bytes:
    """The file of a bundle with this body; `sealers` are, for each part, a responder's place and its key."""
    message = _SEALED + sha256(body).digest()
    signatures = [(place, fixed_width(one.sign(message), one.algorithm)) for place, one in sealers]
    return sealed_body(body, signatures)


def digest_of(bundle: Bundle) -> bytes:
    """SHA-256 of the whole file, read piece by piece."""
    return _hashed(bundle, len(bundle.octets))


def verify_bundle(bundle: Bundle, roots: Sequence[bytes]) -> None:
    """Each part is sealed by a responder of its own CA, which has a path to one of `roots` (DER) when it was made.

    Raises PkiError, with the code `bundle.forged`; also for a bundle without parts, for which nobody vouches.
    """
    if not bundle.parts:
        raise PkiError("a bundle of no CA is sealed by nobody", "bundle.forged")
    message = _SEALED + _hashed(bundle, bundle.body)
    named = Authorities([*(part.head.certificate for part in bundle.parts), *bundle.crosses], roots)
    for part, seal in zip(bundle.parts, bundle.seals, strict=True):
        try:
            named.verify(part.head.certificate, bundle.made_at)
            _verify(part, seal, message, bundle.made_at)
        except PkiError as fault:
            sentence = f"the part {part.head.name} is not sealed by whom it needs: {fault}"
            raise PkiError(sentence, "bundle.forged") from fault


def verify_moment(bundle: Bundle, now: datetime) -> None:
    """The bundle was made by now. Raises PkiError: one of a time to come would keep all others out until then."""
    if bundle.made_at > now + CLOCK_TOLERANCE:
        raise PkiError(f"the bundle is of {bundle.made_at}, and it is {now} here", "mirror.future")


def verify_whole(bundle: Bundle, before: Bundle) -> None:
    """No CA that can still be asked about is gone since the bundle before. Raises PkiError, `mirror.dropped`."""
    there = {part.head.certificate for part in bundle.parts}
    gone = (part for part in before.parts if part.head.certificate not in there)
    names = [part.head.name for part in gone if part.issuer.not_after >= bundle.made_at]
    if names:
        raise PkiError(f"the bundle before had these CAs too: {', '.join(names)}", "mirror.dropped")


def _verify(part: Part, seal: tuple[int, bytes], message: bytes, at: datetime) -> None:
    place, signature = seal
    if place >= len(part.head.responders):
        raise PathInvalid("no responder at the place that the seal names")
    responder = parse_certificate(part.head.responders[place])
    verify_responder(responder, part.issuer, at)
    algorithm = keys.algorithm_of(responder.spki)
    keys.verify(responder.spki, algorithm, message, as_der(signature, algorithm))


def _hashed(bundle: Bundle, size: int) -> bytes:
    hashed = sha256()
    for at in range(0, size, _AT_ONCE):
        hashed.update(bundle.octets[at : min(at + _AT_ONCE, size)])
    return hashed.digest()


def parse_and_verify(octets: bytes, roots: Sequence[bytes]) -> Bundle:
    """The bundle in `octets`, which may be believed. Raises PkiError."""
    bundle = opened(octets)
    verify_bundle(bundle, roots)
    return bundle
