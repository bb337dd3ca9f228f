"""An issuer whose own certificate was revoked signs nothing new, whoever revoked it; it still tells what ended."""

from collections.abc import Sequence
from dataclasses import replace

from cryptography.x509.ocsp import OCSPCertStatus

from ca.ceremonies.generations import State, generations, unserved
from ca.ceremonies.rollover import roll_over
from ca.closing.ending import own_certificate
from ca.endings.revocation import act_for, revoke_certificate
from ca.issuance.composition import Wanted
from ca.issuance.line import Line, no_last_look
from ca.issuance.renewal import renew_due
from ca.profiles import PROFILES
from ledger.certificates import Certificate, Revocation
from ledger.decision import Refuse
from ledger.ledger import Deed
from pki.crl import parse_crl
from tests.ca.closers import ceremony_of, issuer_of
from tests.ca.conftest import FIRST, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from tests.ca.test_termination import told_of
from tests.doubles import TurnedClock

OFFICER = "10000017"


def revoke_its_own(ca: PracticeCa, name: str) -> Certificate:
    """As nothing of ours does it: by the fact alone."""
    with ca.ledger.read() as session:
        own = own_certificate(session, issuer_of(ca, name))
    assert own is not None
    fact = Revocation(certificate_id=own.id, at=ca.ledger.clock.now(), reason="unspecified")
    ca.ledger.entries([Deed(Registered("r"), TEST, [fact])])
    return own


def state_of(ca: PracticeCa, key_name: str) -> State:
    with ca.ledger.read() as session:
        found = generations(session, ca.ledger.clock.now())
    return next(one.state for one in found if one.key_name == key_name)


def test_nothing_new_is_signed_and_requests_wait_for_the_next_generation(ca: PracticeCa, clock: TurnedClock) -> None:
    register_person(ca.ledger, OFFICER)
    asked = ca.approved(OFFICER)
    revoke_its_own(ca, "officers")

    done = ca.room().turn()
    roll_over(ceremony_of(ca), "officers", clock.now())
    after = ca.room().turn()

    assert (done.issued, done.refused, done.unissued) == ([], [], [(asked, "issuance.no-issuer")])
    assert [state_of(ca, name) for name in ("officers", "officers-2", "citizens")] == [
        State.REVOKED, State.SIGNS, State.SIGNS,
    ]  # fmt: skip
    assert [one.issuer_id for one in after.issued] == [issuer_of(ca, "officers-2").id]


def test_it_is_said_what_to_do(ca: PracticeCa) -> None:
    revoke_its_own(ca, "officers")

    with ca.ledger.read() as session:
        sentences = unserved(session, ca.ledger.clock.now())

    assert [one for one in sentences if one.startswith("officers: it was revoked")] != []


def test_what_was_begun_before_is_not_signed_after(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)

    def revoked_meanwhile(entries: Sequence[str]) -> None:
        revoke_its_own(ca, "officers")
        ca.await_seal(entries)

    assert replace(ca.room(), await_seal=revoked_meanwhile).turn().issued == []


def test_its_key_certifies_nobody_by_another_way(ca: PracticeCa) -> None:
    revoke_its_own(ca, "services")
    key = ca.key_of(issuer_of(ca, "services"))
    profile = PROFILES["tsa-unit"]
    wanted = Wanted(profile, key.view.subject, key.spki, profile.longest_validity)

    outcome = Line(ca.ledger, key, ca.await_seal, no_last_look, TEST).issue([wanted])

    assert outcome == [Refuse("issuance.issuer-ended")]


def test_its_list_and_its_responder_go_on(ca: PracticeCa, clock: TurnedClock) -> None:
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    [certificate] = ca.room().turn().issued
    revoke_its_own(ca, "officers")
    act = act_for("certificate.revoke", certificate.sha256, "superseded", clock.now())
    revoke_certificate(ca.ledger, certificate.sha256, "superseded", ca.sign(FIRST, act))

    room = ca.room()
    room.turn()
    clock.turn(days=20)
    renewed = renew_due(ceremony_of(ca), room)

    listed = parse_crl(ca.newest_crl("officers").der)
    assert int(certificate.serial_number, 16) in listed.by_serial
    assert issuer_of(ca, "officers").id in {one.issuer_id for one in renewed}
    assert told_of(ca, certificate, clock).certificate_status is OCSPCertStatus.REVOKED
