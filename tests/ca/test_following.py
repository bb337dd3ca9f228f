"""Renew, rekey, modify: what follows a certificate, who must look again, and what has lapsed and is asked for anew."""

from datetime import timedelta

import pytest

from ca.registration.states import State
from ledger.decision import Refuse
from pki.certificate import parse_certificate
from tests.ca.conftest import FIRST, SECOND, PracticeCa
from tests.ca.following import HOLDER, Holder, reason, rename, state
from tests.issuing import KeySigner


@pytest.fixture
def holder(ca: PracticeCa) -> Holder:
    return Holder.of(ca)


def turn(ca: PracticeCa, **by: float) -> None:
    ca.ledger.clock.turn(**by)  # type: ignore[attr-defined]


def test_a_certificate_is_renewed_by_its_holder_alone_and_the_old_one_ends_a_day_later(
    ca: PracticeCa, holder: Holder
) -> None:
    old = holder.first()
    turn(ca, days=300)

    enrolment = holder.renew(old)
    before = state(ca, enrolment)
    new = holder.issued(holder.signers[old.sha256])
    turn(ca, hours=25)
    ca.room().turn()

    assert before is State.APPROVED
    assert (new.key_sha256, new.person_id, new.profile) == (old.key_sha256, old.person_id, old.profile)
    assert parse_certificate(new.der).subject == parse_certificate(old.der).subject
    assert new.not_after > old.not_after
    assert (reason(ca, old), reason(ca, new)) == ("superseded", None)
