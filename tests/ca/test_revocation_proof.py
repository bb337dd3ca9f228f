"""Who asked for a revocation is checked, his act is kept, and his ground is one of a closed list."""

import pytest
from sqlalchemy import select

from ca.endings.grounds import ground_of
from ca.endings.revocation import Receipt, act_for, revoke_certificate
from ca.policy import REASONS
from ca.tables.endings import RevocationProof
from ledger.acts import SignedAct, verify_act
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.entry import Entry
from pki.status import REASON_CODES
from tests.ca.conftest import FIRST, PracticeCa, register_person

OFFICER = "10000017"


@pytest.fixture
def certificate(ca: PracticeCa) -> Certificate:
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    return ca.room().turn().issued[0]


def revoked(ca: PracticeCa, certificate: Certificate, reason: str) -> Receipt | Refuse:
    act = act_for("certificate.revoke", certificate.sha256, reason, ca.ledger.clock.now())
    return revoke_certificate(ca.ledger, certificate.sha256, reason, ca.sign(FIRST, act))


def test_the_act_of_the_officer_who_revoked_is_kept_and_verifies_again(
    ca: PracticeCa, certificate: Certificate
) -> None:
    receipt = revoked(ca, certificate, "privilegeWithdrawn")

    assert isinstance(receipt, Receipt)
    with ca.ledger.read() as session:
        proof = session.scalars(select(RevocationProof)).one()
        act = act_for(proof.kind, certificate.sha256, proof.reason, proof.act_at)
        signer = verify_act(session, SignedAct(act, proof.act_certificate, proof.act_signature), proof.act_at)
        entry = session.get_one(Entry, receipt.entry_id)
    assert (signer, proof.officer_id, proof.entry_id) == (f"p{FIRST}", f"p{FIRST}", entry.id)
    assert (entry.actor, entry.at, proof.reason) == (f"person:p{FIRST}", receipt.at, "privilegeWithdrawn")


def test_a_forged_act_revokes_nothing_and_the_attempt_is_recorded(
    ca: PracticeCa, certificate: Certificate
) -> None:
    act = act_for("certificate.revoke", certificate.sha256, "superseded", ca.ledger.clock.now())
    signed = ca.sign(FIRST, act)
    forged = SignedAct(act, signed.certificate_sha256, bytes(len(signed.signature)))

    refused = revoke_certificate(ca.ledger, certificate.sha256, "superseded", forged)

    with ca.ledger.read() as session:
        kinds = session.scalars(select(Entry.kind)).all()
    assert refused == Refuse("act.signature-invalid")
    assert (kinds.count("revocation.refused"), kinds.count("certificate.revoked")) == (1, 0)


def test_a_ground_in_free_text_revokes_nothing(ca: PracticeCa, certificate: Certificate) -> None:
    assert revoked(ca, certificate, "he was rude") == Refuse("revocation.reason-unknown")


@pytest.mark.parametrize("reason", ["keycompromise", "certificateHold", "cACompromise", ""])
def test_a_ground_that_is_not_on_the_list_is_refused(reason: str) -> None:
    assert ground_of(reason) is None


@pytest.mark.parametrize("reason", REASONS)
def test_each_ground_on_the_list_has_its_code_in_rfc_5280(reason: str) -> None:
    assert ground_of(reason) is not None
    assert reason in REASON_CODES
