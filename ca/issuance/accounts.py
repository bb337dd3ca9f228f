"""The entries that account for intents and certificates: one for each that comes alone, one for many of a batch.

What an entry of many says of each is what the entry of one says; all of it is under the hash of the fact it names.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TypeVar

from ca.events.issuance import CertificateIntended, CertificateIssued, CertificatesIntended, CertificatesIssued
from ledger.certificates import Certificate, Intent
from ledger.event import Actor, Event
from ledger.ledger import MOST_FACTS, Deed

_O = TypeVar("_O", Intent, Certificate)


def accounts_of_intents(intents: Sequence[Intent], actor: Actor) -> list[Deed]:
    """The deeds that write these intents."""
    return [Deed(_intended(some), actor, some) for some in _together(intents)]


def accounts_of_certificates(certificates: Sequence[Certificate], actor: Actor) -> list[Deed]:
    """The deeds that write these certificates."""
    return [Deed(_issued(some), actor, some) for some in _together(certificates)]


def _together(every: Sequence[_O]) -> Iterator[Sequence[_O]]:
    return (every[start : start + MOST_FACTS] for start in range(0, len(every), MOST_FACTS))


def _intended(intents: Sequence[Intent]) -> Event:
    digests = [sha256(bytes(one.tbs)).hexdigest() for one in intents]
    if len(intents) == 1:
        [one] = intents
        return CertificateIntended(one.id, one.profile, digests[0], one.person_id, one.enrolment_id)
    return CertificatesIntended(tuple(one.id for one in intents), tuple(digests), _persons(intents))


def _issued(certificates: Sequence[Certificate]) -> Event:
    if len(certificates) == 1:
        [one] = certificates
        return CertificateIssued(one.id, one.sha256, one.person_id)
    digests = tuple(one.sha256 for one in certificates)
    return CertificatesIssued(tuple(one.id for one in certificates), digests, _persons(certificates))


def _persons(every: Iterable[Intent | Certificate]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.person_id for one in every if one.person_id is not None))
