"""A root's last words: a responder certificate that has no end, and the last CRL (ETSI EN 319 411-2, RFC 6960).

An issuing CA's are signed by the signing room; a root's key is at hand at ceremonies alone, and none is destroyed
before they stand (`owes_last_words`).
"""

from dataclasses import dataclass

from ca.ceremonies.ceremony import Ceremony, service_title
from ca.ceremonies.failure import CeremonyFailed
from ca.closing.finality import is_last
from ca.closing.last_crl import living, publish_last
from ca.issuance.composition import IssuingKey, Wanted, begins_after
from ca.issuance.line import recover
from ca.profiles import PROFILES
from ca.tables.publication import Crl
from ledger.certificates import Certificate
from pki.certificate import parse_certificate
from pki.profile import FOR_EVER


@dataclass(frozen=True)
class LastWords:
    """What holds for ever; `responder` is None where the root never had one."""

    crl: Crl
    responder: Certificate | None


def say_last_words(ceremony: Ceremony, name: str, root: IssuingKey) -> LastWords:
    """Both are signed and in the ledger, once however often this is called. Raises CeremonyFailed while anything lives.

    While something lives under a root that is in its last year – its responder lives as long as itself – the endless
    responder begins after the root's end, and the list is a regular one: until then an ending may have to be told.
    Where nothing lives any more before that end, another is made, which begins now.
    The order: the certificate first, since what a crash left of it is ended, and must be on the last list.
    """
    recover(ceremony.ledger, [root.id], ceremony.actor)
    newest = ceremony.newest_for(f"ocsp-{name}", "ocsp-responder")
    now = ceremony.ledger.clock.now()
    with ceremony.ledger.read() as session:
        alive = living(session, root.id, now)
    if alive and (newest is None or newest.not_after < root.view.not_after):
        raise CeremonyFailed(
            f"certificates under {name} still live: revoke them, or wait until they have ended", "ceremony.still-live"
        )
    if newest is not None and (newest.not_after != FOR_EVER or (newest.not_before > now and not alive)):
        newest = _endless(ceremony, name, root, newest, from_its_end=alive)
    return LastWords(ceremony.list_endings(root) if alive else _last_crl(ceremony, name, root), newest)


def _endless(
    ceremony: Ceremony, name: str, root: IssuingKey, newest: Certificate, *, from_its_end: bool
) -> Certificate:
    """The successor, for the same key, of the responder's newest certificate."""
    responder, begins = f"ocsp-{name}", begins_after(root) if from_its_end else None
    spki = parse_certificate(bytes(newest.der)).spki
    kind, subject = PROFILES["ocsp-responder"], service_title(responder, ceremony.mode)
    wanted = Wanted(kind, subject, spki, kind.longest_validity, begins=begins, endless=True)
    made = ceremony.certified(root, wanted, responder)
    if begins is None:  # the file has the one that answers
        ceremony.keep_at(ceremony.home.certificate(responder), bytes(made.der))
    return made


def _last_crl(ceremony: Ceremony, name: str, root: IssuingKey) -> Crl:
    """The last one, which is signed now if it does not stand, or lacks an ending. Raises CeremonyFailed."""
    publish_last(ceremony.ledger, root, ceremony.actor)
    with ceremony.ledger.read() as session:
        stands = is_last(session, root.id)
    if not stands:
        raise CeremonyFailed(
            f"another list of {name} was signed in this second: hold the ceremony again", "ceremony.meanwhile"
        )
    return ceremony.list_endings(root)
