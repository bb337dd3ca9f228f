"""The digest of everything that the ledger knows of status, and the list of whom to believe, made together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ocsp.far.export import Voice
from ocsp.far.population import Population
from pki.certificate import dense_number
from pki.errors import PkiError
from pki.status import Good, Held, Pending
from pki.status_digest import Section, StatusDigest, sealed
from pki.trust_list import TrustList, identifier_of

LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Carried:
    """What goes out: the digest, the trust list that it is read with, and the CAs that are left out."""

    digest: bytes
    trust_list: bytes
    certificates: int
    ended: int
    without: tuple[str, ...]


Chosen = Callable[[Population, Voice], bool]


def carried(
    populations: Sequence[Population],
    voices: Sequence[Voice | None],
    crls: Sequence[bytes],
    now: datetime,
    life: timedelta = LIFE,
    chosen: Chosen = lambda _population, _voice: True,
    crosses: Sequence[bytes] = (),
) -> Carried:
    """The digest of `now` of each CA that is chosen and has a responder; `crls` are those about CAs.

    By `crosses` those reach the CAs under a root who have only the one before it.

    It counts no longer than the first of its responders.

    A CA that issued under two entries of the ledger is left out: its dense numbers are not of one certificate each.
    """
    spoken = [
        (one, voice)
        for one, voice in zip(populations, voices, strict=True)
        if voice is not None and not one.twofold and chosen(one, voice)
    ]
    names = {one.name for one, _ in spoken}
    without = tuple(one.name for one in populations if one.name not in names)
    authorities = tuple(one.certificate for one in populations)
    responders = tuple(voice.certificate for _, voice in spoken)
    trust_list = TrustList((*authorities, *crosses), responders, tuple(crls)).octets
    sections = tuple(
        section_of(one, authorities.index(one.certificate), place) for place, (one, _) in enumerate(spoken)
    )
    now = now.replace(microsecond=0)
    until = min((now + life, *(voice.until for _, voice in spoken)))
    digest = StatusDigest(now, until, identifier_of(trust_list), sections)
    octets = sealed(digest, [voice.signer for _, voice in spoken])
    ended = sum(len(one.ended) + len(one.paused) for one in sections)
    return Carried(octets, trust_list, sum(one.covered for one in sections), ended, without)


def section_of(population: Population, authority: int, responder: int) -> Section:
    """What the digest says of a CA: up to the first certificate that is not finished; what is not there is ended."""
    known = {life.dense: life.status for life in population.lives if _numbered(life.serial) == life.dense}
    unfinished = [dense for dense, status in known.items() if isinstance(status, Pending)]
    covered = min(unfinished) - 1 if unfinished else max(known, default=0)
    numbers = range(1, covered + 1)
    paused = tuple(dense for dense in numbers if isinstance(known.get(dense), Held))
    ended = tuple(dense for dense in numbers if not isinstance(known.get(dense), Good | Held))
    return Section(authority, responder, covered, ended, paused)


def _numbered(serial: int) -> int | None:
    """The dense number in a serial number; None in one that is not of our making."""
    try:
        return dense_number(serial)
    except PkiError:
        return None
