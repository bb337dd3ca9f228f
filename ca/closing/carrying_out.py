"""What follows an issuer's end: its certificates are revoked, and holders and bodies are told, some in each entry.

Killed between two entries it goes on with what still lives, so nothing is done twice and nobody is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import select

from ca.ceremonies.generations import issuer_key
from ca.closing.ending import Way, ended_ways
from ca.closing.finality import changeable
from ca.closing.last_crl import OUTLIVING
from ca.endings.concerned import Concerned, concerned_by
from ca.endings.letters import Occasion, told
from ca.events.hierarchy import IssuersCertificatesRevoked
from ledger.base import Fact, without
from ledger.certificates import Certificate, Intent, Issuer, Revocation
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken

AT_ONCE = 45
"""Revocations that one look takes …"""
_MOST = 90
"""… and facts, letters among them, that one entry then holds."""
_SUBJECT = ("ໃບຢັ້ງຢືນຂອງທ່ານຖືກຍົກເລີກ", "Your certificate was revoked")
_OCCASIONS = {
    Way.TERMINATE: Occasion(
        _SUBJECT,
        "ຜູ້ອອກໃບຢັ້ງຢືນ {issuer} ປິດການເຮັດວຽກແລ້ວ. ໃບຢັ້ງຢືນຂ້າງລຸ່ມນີ້ຖືກຍົກເລີກ. ກະລຸນາໄປຫ້ອງລົງທະບຽນ ເພື່ອຂໍໃບໃໝ່.\n"
        "ສິ່ງທີ່ເຊັນກ່ອນເວລານີ້ຍັງມີຜົນ.",
        "The issuer {issuer} has ended its work, and the certificates below are revoked. Please ask your registration "
        "office for new ones.\nWhat was signed before this time stays as it is.",
    ),
    Way.COMPROMISE: Occasion(
        _SUBJECT,
        "ກະແຈຂອງຜູ້ອອກໃບຢັ້ງຢືນ {issuer} ຮົ່ວໄຫຼ. ໃບຢັ້ງຢືນຂ້າງລຸ່ມນີ້ຖືກຍົກເລີກ. "
        "ຢ່າໃຊ້ມັນອີກ ແລະ ໄປຫ້ອງລົງທະບຽນ ເພື່ອຂໍໃບໃໝ່.",
        "The key of the issuer {issuer} is in other hands, and the certificates below are revoked. Do not use them "
        "any more, and ask your registration office for new ones.",
    ),
}


def carry_out(ledger: Ledger, issuer_id: str, advance: Callable[[int], None] = lambda _: None) -> int:
    """Everything under this ended issuer is revoked, and, with a lost key, whatever others certified for it.

    Returns how many were revoked now; `advance` hears of each batch. Does nothing for an issuer that has not ended.
    """
    with ledger.read() as session:
        ending = ended_ways(session, issuer_id)
    if ending is None:
        return 0
    way, issuers = ending
    count = _its_own(ledger, way, issuers[0])
    for issuer in issuers:
        while batch := _next(ledger, issuer):
            done = _revoked(ledger, way, issuer, batch)
            count += done
            advance(done)
    return count


def _its_own(ledger: Ledger, way: Way, issuer: Issuer) -> int:
    """With a lost key what others certified for it ends: the issuer's own certificate, and crosses of other roots."""
    if way is not Way.COMPROMISE:
        return 0
    now, same_key = ledger.clock.now(), Certificate.key_sha256 == issuer_key(issuer)
    living = select(Certificate).where(same_key, Certificate.profile.not_in(OUTLIVING))
    with ledger.read() as session:
        found = session.scalars(without(living.order_by(Certificate.id), Certificate.id, Revocation))
        ending = [one.id for one in changeable(session, found, now)]
    facts = [Revocation(certificate_id=one, at=now, reason=way.reason) for one in ending]
    return sum(_written(ledger, issuer, way, [fact], 1) for fact in facts)  # each for itself: one may be ended already


def _next(ledger: Ledger, issuer: Issuer) -> Sequence[Intent]:
    """What still lives, some of it; all of one person's together as far as they fit."""
    now = ledger.clock.now()
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
    over = select(Certificate.id).where(Certificate.id == Intent.id, Certificate.not_after < now)
    living = select(Intent).where(
        Intent.issuer_id == issuer.id, Intent.profile.not_in(OUTLIVING), ~ended.exists(), ~over.exists()
    )
    with ledger.read() as session:
        found = session.scalars(living.order_by(Intent.person_id, Intent.id).limit(AT_ONCE + 1)).all()
    if len(found) <= AT_ONCE:
        return found
    whole = [one for one in found if one.person_id != found[-1].person_id]
    return whole or found[:AT_ONCE]


def _revoked(ledger: Ledger, way: Way, issuer: Issuer, batch: Sequence[Intent]) -> int:
    """As many of the batch as fit beside their letters; those of one person or body together."""
    now = ledger.clock.now()
    said = _OCCASIONS[way]
    name = issuer.key_name
    occasion = replace(said, lao=said.lao.format(issuer=name), english=said.english.format(issuer=name))
    facts: list[Fact] = []
    count = 0
    with ledger.read() as session:
        groups: dict[Concerned, list[Intent]] = {}
        for one in batch:
            groups.setdefault(concerned_by(session, one, now), []).append(one)
        for about, intents in groups.items():
            serials = [one.serial_number for one in intents]
            more: list[Fact] = [Revocation(certificate_id=one.id, at=now, reason=way.reason) for one in intents]
            more += told(ledger, session, occasion, about, serials, now)
            if facts and len(facts) + len(more) > _MOST:
                break
            facts += more[:_MOST]
            count += len(intents)
    return _written(ledger, issuer, way, facts, count)


def _written(ledger: Ledger, issuer: Issuer, way: Way, facts: Sequence[Fact], count: int) -> int:
    event = IssuersCertificatesRevoked(issuer.id, way.reason, count)
    try:
        ledger.entries([Deed(event, Actor.system(ledger.process), facts)])
    except Taken:
        return 0  # One of them was ended by another since we looked: the next look leaves it out.
    return count
