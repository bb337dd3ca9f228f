"""No RSA key is certified that has a prime in common with another one; who has the other is told of it.

The signing room asks just before it intends, so that every door is covered. Nobody can have a key of somebody else
ended by this: the pair must be shown, and that holds for two moduli only when both are broken.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.channels import Channel, Wish
from ca.events.endings import KeyFactorShared
from ca.known_keys import SOURCES, is_rsa, keys_in
from ca.tables.endings import EndingRequest, EndingRequestEnd
from ledger.base import without
from ledger.certificates import Certificate, Revocation
from ledger.event import Actor
from ledger.follow import Follower, Start, keys_named
from ledger.ledger import Deed, Ledger
from pki.errors import PkiError
from pki.keys import key_sha256, rsa_modulus
from pki.kinship import KnownModuli

FACTOR_SHARED = "enrolment.key-shares-factor"
GROUND = "key-compromise"
_MOST = 90
"""Certificates of one key about which one entry asks."""
_AT_ONCE = 500


class Kinship:
    """The RSA keys that the ledger knows, read at the first question and followed from then on.

    For one thread. What it knows is forgotten when anything fails, and read again at the next question.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._state: tuple[Follower, KnownModuli] | None = None

    def meet(self, spkis: Iterable[bytes]) -> Mapping[str, Collection[str]]:
        """By digest, of these keys those that have a factor in common with others, and the digests of these."""
        asked = {key_sha256(spki): spki for spki in spkis if is_rsa(spki)}
        if self._state is None and not asked:
            return {}
        moduli = dict(_moduli(asked.items()))
        known = self._followed()
        return known.meet(moduli) if moduli else {}

    def learn(self) -> None:
        """Keys that came since are held against all others now, before anybody asks about them.

        So a request that officers look at first costs its division while it waits, and none when it is approved.
        """
        if self._state is not None:
            self._followed()

    def _followed(self) -> KnownModuli:
        state, self._state = self._state, None
        follower, known = state or self._begun()
        entries = follower.look()
        with self._ledger.read() as session:
            for kind in SOURCES:
                new = sorted(set(keys_named(entries, kind)))
                for start in range(0, len(new), _AT_ONCE):
                    known.meet(dict(_moduli(keys_in(session, kind, new[start : start + _AT_ONCE], only_rsa=True))))
        self._state = follower, known
        return known

    def _begun(self) -> tuple[Follower, KnownModuli]:
        follower = Follower(self._ledger, Start.NOW, tuple(SOURCES))
        with self._ledger.read() as session:
            kinds = (_moduli(keys_in(session, kind, only_rsa=True)) for kind in SOURCES)
            return follower, KnownModuli(chain.from_iterable(kinds))


def tell(ledger: Ledger, key: str, others: Collection[str], actor: Actor) -> None:
    """The pair is on record, and an officer must decide about each living certificate of the other key."""
    for other in sorted(others):
        with ledger.read() as session:
            living = _unasked(session, other)[:_MOST]
        now = ledger.clock.now()
        asked = [
            EndingRequest(
                id=ledger.new_id(), wish=Wish.REVOKE.value, ground=GROUND, channel=Channel.ARITHMETIC.value,
                authentication="factor", subject=one, at=now,
            )
            for one in living
        ]  # fmt: skip
        ledger.entries([Deed(KeyFactorShared(key, other, len(asked)), actor, asked)])


def _unasked(session: Session, key: str) -> list[str]:
    """The certificates of this key that live, and about which no request of this kind waits."""
    asked = select(EndingRequest.subject).where(EndingRequest.channel == Channel.ARITHMETIC.value)
    waiting = set(session.scalars(without(asked, EndingRequest.id, EndingRequestEnd)))
    found = select(Certificate.id).where(Certificate.key_sha256 == key).order_by(Certificate.id)
    return [one for one in session.scalars(without(found, Certificate.id, Revocation)) if one not in waiting]


def _moduli(keys: Iterable[tuple[str, bytes]]) -> Iterable[tuple[str, int]]:
    """The RSA moduli among them; a kind of key that nobody certifies here has none."""
    for key, spki in keys:
        try:
            modulus = rsa_modulus(spki)
        except PkiError:
            continue
        if modulus is not None:
            yield key, modulus
