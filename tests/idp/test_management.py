"""Accounts and clients are changed by a person on duty under his own key, and his act is kept beside what it caused."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.accounts import OpenedAccount, ending, open_account, opening, unlock, unlocking
from idp.clients import RegisteredClient, Registration, register, registering
from idp.management import act_of
from idp.provider import Provider
from idp.tables import Account, Client, ManagementProof
from ledger.acts import SignedAct, verify_act
from ledger.decision import Allow, Refuse
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.people import Cutoff, DutyEnd
from ledger.people import Person as PersonRow
from tests.doubles import TurnedClock
from tests.idp.desk import TEST, Arranged, Desk, desk_of
from tests.idp.visitor import PASSWORD, Person

WANTED = Registration("ຮ້ານ", "Shop", "standard", ("https://shop.la/callback",))


@pytest.fixture
def keo(ledger: Ledger) -> str:
    """The number of a person without an account."""
    with ledger.entry(Arranged("keo"), TEST) as tx:
        tx.add(PersonRow(id="keo", number="10000033"))
    return "10000033"


def refused(ledger: Ledger) -> list[tuple[str, str]]:
    """Actor and code of the refusals that were entered."""
    with ledger.read() as session:
        rows = session.execute(select(Entry.actor, Entry.body).where(Entry.kind == "management.refused")).all()
    return [(actor, body.split('"code":"')[1].split('"')[0]) for actor, body in rows]


def test_every_act_is_kept_on_its_entry_and_verifies_again(
    ledger: Ledger, desk: Desk, provider: Provider, keo: str
) -> None:
    client = desk.register(WANTED)
    assert isinstance(client, RegisteredClient)
    desk.open(provider.fields, keo, PASSWORD)
    desk.open(provider.fields, keo, PASSWORD, renew=True)
    desk.unlock(keo)
    desk.end(keo)
    desk.retire(client.client_id)

    with ledger.read() as session:
        kept = session.execute(select(ManagementProof, Entry).join(Entry, Entry.id == ManagementProof.entry_id)).all()
        signers = {
            verify_act(session, SignedAct(
                act_of(proof.kind, proof.subject, proof.act_at), proof.act_certificate, proof.act_signature
            ))
            for proof, _ in kept
        }  # fmt: skip
    assert signers == {desk.person_id}
    assert {entry.actor for _, entry in kept} == {f"person:{desk.person_id}"}
    assert sorted((proof.kind, entry.kind, proof.subject) for proof, entry in kept) == [
        ("account.end", "account.ended", keo),
        ("account.open", "account.opened", keo),
        ("account.renew", "account.opened", keo),
        ("account.unlock", "account.unlocked", keo),
        ("client.register", "client.registered", WANTED.digest()),
        ("client.retire", "client.retired", client.client_id),
    ]


@pytest.mark.parametrize("duty", ["registration-officer", "system-administrator"])
def test_either_of_two_duties_allows_it(ledger: Ledger, duty: str) -> None:
    assert isinstance(desk_of(ledger, "10900002", duty).register(WANTED), RegisteredClient)


@pytest.mark.parametrize("duty", [None, "auditor", "register-clerk", "ca-operator"])
def test_without_the_duty_nothing_is_done_and_the_attempt_is_entered(ledger: Ledger, duty: str | None) -> None:
    other = desk_of(ledger, "10900002", duty)

    answer = other.register(WANTED)

    with ledger.read() as session:
        assert session.scalars(select(Client)).all() == []
    assert answer == Refuse("management.not-on-duty")
    assert refused(ledger) == [(f"person:{other.person_id}", "management.not-on-duty")]


def test_a_duty_that_has_ended_allows_nothing(ledger: Ledger, desk: Desk, clock: TurnedClock) -> None:
    with ledger.entry(Arranged("end"), TEST) as tx:
        tx.add(DutyEnd(duty_id="duty-10900001", at=clock.now()))

    assert desk.register(WANTED) == Refuse("management.not-on-duty")


def test_the_key_of_a_person_who_was_cut_off_allows_nothing(ledger: Ledger, desk: Desk, clock: TurnedClock) -> None:
    with ledger.entry(Arranged("cutoff"), TEST) as tx:
        tx.add(Cutoff(id="cut", person_id=desk.person_id, at=clock.now(), reason="keyCompromise"))

    assert desk.register(WANTED) == Refuse("act.certificate-revoked")


def test_an_act_counts_for_what_was_signed_alone(ledger: Ledger, desk: Desk, provider: Provider, keo: str) -> None:
    now, fields = ledger.clock.now(), provider.fields
    other = Registration("ຮ້ານ", "Shop", "standard", ("https://evil.la/callback",))

    answers = [
        open_account(ledger, fields, keo, PASSWORD, desk.sign(opening("10000017", now))),
        open_account(ledger, fields, keo, PASSWORD, desk.sign(opening(keo, now)), renew=True),
        open_account(ledger, fields, keo, PASSWORD, desk.sign(ending(keo, now))),
        unlock(ledger, keo, desk.sign(opening(keo, now))),
        register(ledger, other, desk.sign(registering(WANTED, now))),
    ]

    with ledger.read() as session:
        assert session.scalars(select(Account)).all() == []
    assert answers == [Refuse("management.not-about-this")] * 5


def test_a_forged_act_does_nothing(ledger: Ledger, desk: Desk, keo: str) -> None:
    stranger = desk_of(ledger, "10900002", None)
    signed = stranger.sign(unlocking(keo, ledger.clock.now()))

    answer = unlock(ledger, keo, SignedAct(signed.act, desk.certificate_sha256, signed.signature))

    assert answer == Refuse("act.signature-invalid")
    assert refused(ledger) == [("system:test", "act.signature-invalid")]


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_act_of_another_time_does_nothing(ledger: Ledger, desk: Desk, keo: str, minutes: int) -> None:
    at = ledger.clock.now() + timedelta(minutes=minutes)

    assert unlock(ledger, keo, desk.sign(unlocking(keo, at))) == Refuse("act.stale")


def test_what_cannot_be_done_is_refused_and_entered(
    ledger: Ledger, desk: Desk, provider: Provider, keo: str
) -> None:
    client = desk.register(WANTED)
    assert isinstance(client, RegisteredClient)
    opened = desk.open(provider.fields, keo, PASSWORD)

    codes = [
        getattr(answer, "code", "")
        for answer in (
            desk.open(provider.fields, keo, PASSWORD), desk.open(provider.fields, keo, "short", renew=True),
            desk.open(provider.fields, "99999999", PASSWORD), desk.unlock("99999999"),
            desk.end(keo), desk.end(keo), desk.retire(client.client_id), desk.retire(client.client_id),
            desk.retire("nothing"), desk.register(Registration("ຮ", "S", "standard", ("http://shop.la/",))),
            desk.register(Registration("ຮ", "S", "standard", WANTED.redirect_uris, minimum_level=3)),
        )
    ]  # fmt: skip

    assert isinstance(opened, OpenedAccount)
    wanted = [
        "account.exists", "account.password-length", "account.person-unknown", "account.unknown", "",
        "account.unknown", "", "client.retired", "client.unknown", "client.redirect-uri", "client.profile",
    ]  # fmt: skip
    assert codes == wanted
    assert [code for _, code in refused(ledger)] == [code for code in wanted if code]


def test_a_renewed_account_has_a_new_password_and_a_new_secret(
    desk: Desk, provider: Provider, somphone: Person
) -> None:
    renewed = desk.open(provider.fields, somphone.number, "another password", renew=True)

    assert isinstance(renewed, OpenedAccount)
    assert renewed.account_id == somphone.account.account_id
    assert renewed.totp_secret != somphone.account.totp_secret
    assert isinstance(desk.unlock(somphone.number), Allow)
