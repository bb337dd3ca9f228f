"""Who holds a further ceremony of a home held an earlier one, or those who did named him; else it is refused."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from sqlalchemy import select

from ca.ceremonies.continuity import Standings, continuity_fault, standings
from ca.ceremonies.plan import Operator, Plan, parse_plan
from ca.ceremonies.practice import begin
from ca.ceremonies.replay import replay
from ca.ceremonies.run import Place
from ca.tables.ceremonies import CeremonyLine, CeremonyRun
from ledger.certificates import Certificate, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.people import Duty, DutyEnd
from pki import oids
from pki.certificate import assemble
from pki.names import name
from pki.parsed import parse_certificate
from pki.request import request_information
from pki.signing import SignatureAlgorithm, Signer
from scripts.__main__ import Verbs
from signers import file, open_signer
from tests.ca.closers import CLOSERS, admit_closers
from tests.ca.conftest import PracticeCa, register_person
from tests.ca.following import write
from tests.ca.vault import OPERATORS, Token, Vault, vault_with
from tests.issuing import KeySigner
from tests.softhsm import token
from web.home import Mode
from web.words import WORDS

__all__ = ["token"]
ANNA, BOUN, CHANH = OPERATORS
DAO, ENG = "newcomer", "stranger"
OFFICERS = ("10000001", "10000002")
HERE = "     ເຄີຍເປັນຜູ້ປະຕິບັດໃນພິທີ / was an operator of an earlier ceremony: The first"
NEW = "     ໃໝ່: ບໍ່ເຄີຍຢູ່ໃນພິທີກ່ອນ / new: was in no earlier ceremony here"


@pytest.fixture
def vault(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """A home in which three operators held a ceremony; two more have keys."""
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    vault = Vault(tmp_path, {"vault": "pkcs11:token=v;object={}", "issuing": "pkcs11:token=i;object={}"})
    vault.furnish(sqlite_template)
    for code in (DAO, ENG):
        given_key(vault, code, SignatureAlgorithm.ED25519)
    assert held(vault, "The first", OPERATORS, OPERATORS[:2]) == (3, "")
    return vault


def given_key(vault: Vault, code: str, algorithm: SignatureAlgorithm) -> Signer:
    """He has a key of his own, whose public half can be named in a plan."""
    signer = open_signer(file.generate(vault.folder / f"{code}.key.pem", algorithm, vault.folder / f"{code}.pass"))
    public = load_der_public_key(signer.public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (vault.folder / f"{code}.pub.pem").write_bytes(public)
    return signer


def agreed(vault: Vault, title: str, named: Sequence[str], **changed: object) -> None:
    operators = [{"code": code, "key_file": f"{code}.pub.pem"} for code in named]
    vault.write(vault.steps()[:2], title=title, operators=operators, **changed)


def held(vault: Vault, title: str, named: Sequence[str], there: Sequence[str], **changed: object) -> tuple[int, str]:
    """What `ceremony-run` of a plan that names these, and that those approved, ends with, and why."""
    agreed(vault, title, named, **changed)
    for approval in vault.folder.glob("root.approval.*.json"):
        approval.unlink()
    for code in there:
        vault.by("ceremony-approve", code)
    ended, said = vault.run()
    return ended, said.get("error", "")


def runs(vault: Vault) -> int:
    return len(list(vault.home.path.glob("ceremonies/*")))


def test_a_ceremony_of_new_keys_alone_is_refused_though_all_of_them_approved(vault: Vault) -> None:
    refused = held(vault, "The second", (DAO, ENG, ANNA), (DAO, ENG))
    mixed = held(vault, "The second", (DAO, ENG, ANNA), (DAO, ENG, ANNA))
    _, said = vault.run()

    assert refused == mixed == (1, "ceremony.operators-unknown")
    assert said["lo"] == WORDS["ceremony.operators-unknown"][0]
    assert said["en"].startswith("1 of the operators were named in an earlier ceremony of this home, 2 of those who")
    assert runs(vault) == 1


def test_whom_a_quorum_of_the_old_ones_named_counts_from_the_next_ceremony_on(vault: Vault) -> None:
    early = held(vault, "The second", (ANNA, BOUN, DAO), (ANNA, DAO))
    named = held(vault, "The second", (ANNA, BOUN, DAO), (ANNA, BOUN, DAO))
    later = held(vault, "The third", (ANNA, DAO, ENG), (ANNA, DAO))

    assert (early[1], named, later) == ("ceremony.operators-unknown", (3, ""), (3, ""))


def test_one_who_was_named_and_did_not_approve_was_an_operator_as_well(vault: Vault) -> None:
    assert held(vault, "The second", (ANNA, CHANH, DAO), (ANNA, CHANH)) == (3, "")


def test_the_plan_shows_who_held_which_ceremony_and_who_is_new(vault: Vault) -> None:
    agreed(vault, "The second", (ANNA, BOUN, DAO))
    words = ["ceremony-plan", str(vault.plan_file), "--home", str(vault.home.path)]

    lines = CliRunner().invoke(Verbs("laotrust"), words).stdout.splitlines()
    _, said = vault.said("ceremony-plan", str(vault.plan_file))

    shown = [lines[number + 1] for number, line in enumerate(lines) if "/ key of" in line]
    assert [line.partition(" (")[0] for line in shown] == [HERE, HERE, NEW]
    assert (said["earlier"], said["on_duty"], said["faults"]) == ({ANNA: "The first", BOUN: "The first"}, [], [])


def test_where_there_is_no_ledger_nothing_is_claimed_of_the_operators(vault: Vault, tmp_path: Path) -> None:
    agreed(vault, "The second", OPERATORS)
    (tmp_path / "elsewhere").mkdir()
    words = ["ceremony-plan", str(vault.plan_file), "--home", str(tmp_path / "elsewhere")]

    lines = CliRunner().invoke(Verbs("laotrust"), words).stdout

    assert lines.count("no ledger here: earlier ceremonies are not known") == 3


def test_a_plan_that_can_never_be_held_says_so_before_it_is_approved(vault: Vault) -> None:
    agreed(vault, "The second", (DAO, ENG, ANNA))
    _, strangers = vault.said("ceremony-plan", str(vault.plan_file))
    agreed(vault, "The second", OPERATORS, successors="we would rather")
    _, needless = vault.said("ceremony-plan", str(vault.plan_file))
    agreed(vault, "The second", (DAO, ENG, ANNA), successors="two have died")
    _, unvouched = vault.said("ceremony-plan", str(vault.plan_file))

    assert [said["faults"][0].partition(":")[0] for said in (needless, unvouched)] == ["successors"] * 2
    assert "1 of the operators were named" in strangers["faults"][0]
    assert "3 operators of earlier ceremonies are named, so leave it out" in needless["faults"][0]
    assert "1 operators of earlier ceremonies and 0 persons on duty here approve, together 2" in unvouched["faults"][0]


def test_what_the_plan_says_of_successors_is_shown_first_and_approved(vault: Vault) -> None:
    agreed(vault, "The second", (DAO, ENG, ANNA), successors="two have died")
    words = ["ceremony-plan", str(vault.plan_file), "--home", str(vault.home.path)]

    first = CliRunner().invoke(Verbs("laotrust"), words).stdout.splitlines()[0]

    plan = parse_plan(vault.plan_file.read_text(), vault.folder)
    assert first == "ຜູ້ສືບທອດ / successors: two have died"
    assert plan.digest != replace(plan, successors="").digest
    assert parse_plan(plan.body, vault.folder).digest == plan.digest


def test_nobody_is_succeeded_in_a_first_ceremony(tmp_path: Path, sqlite_template: Path) -> None:
    vault = Vault(tmp_path, {"vault": "pkcs11:token=v;object={}", "issuing": "pkcs11:token=i;object={}"})
    vault.furnish(sqlite_template)

    assert held(vault, "The first", OPERATORS, OPERATORS, successors="of nobody") == (1, "ceremony.operators-unknown")
    assert runs(vault) == 0


@pytest.fixture
def staffed(tmp_path: Path, sqlite_template: Path, token: Token, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """A home in production whose first ceremony admitted two registration officers; two strangers have keys."""
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    vault = vault_with(tmp_path, sqlite_template, token)
    ledger = Ledger(vault.home.database_url, SystemClock(), system_randomness, "0.1.0", "test")
    for number in OFFICERS:
        register_person(ledger, number)
        requested(vault, number, given_key(vault, number, SignatureAlgorithm.ECDSA_P256_SHA256))
    ledger.close()
    for code in (DAO, ENG):
        given_key(vault, code, SignatureAlgorithm.ED25519)
    admitted = [{"kind": "first-officer", "number": one, "request_file": f"{one}.csr"} for one in OFFICERS]
    vault.write([*vault.steps()[:7], *admitted])
    for code in OPERATORS[:2]:
        vault.by("ceremony-approve", code)
    assert vault.run()[0] == 3
    return vault


def requested(vault: Vault, number: str, signer: Signer) -> None:
    information = request_information(name([(oids.COUNTRY, "LA")]), signer.public_key, b"")
    der = assemble(information, signer.algorithm, signer.sign(information))
    pem = x509.load_der_x509_csr(der).public_bytes(Encoding.PEM)
    (vault.folder / f"{number}.csr").write_bytes(pem)


def test_an_officer_gets_his_next_key_by_a_plan_that_the_operators_approve(staffed: Vault) -> None:
    requested(staffed, OFFICERS[0], KeySigner())
    again = {"kind": "first-officer", "number": OFFICERS[0], "request_file": f"{OFFICERS[0]}.csr"}
    staffed.write([*staffed.steps()[:6], again], title="The second")
    for approval in staffed.folder.glob("root.approval.*.json"):
        approval.unlink()

    alone = (staffed.by("ceremony-approve", OPERATORS[0]), staffed.run())[1]
    staffed.by("ceremony-approve", OPERATORS[1])
    done = staffed.run()

    ledger = Ledger(staffed.home.database_url, SystemClock(), system_randomness, "0.1.0", "test")
    with ledger.read() as session:
        his = session.query(Certificate).filter_by(person_id=f"p{OFFICERS[0]}").count()
    ledger.close()
    assert (alone[0], done[0], his) == (1, 3, 2), (alone, done)


def test_persons_on_duty_stand_in_for_those_who_are_gone_and_it_is_written_down(staffed: Vault) -> None:
    named, why = (*OFFICERS, DAO), "all three drowned"
    unsaid = held(staffed, "The second", named, named)
    absent = held(staffed, "The second", named, OFFICERS, successors=why)
    alone = held(staffed, "The second", (OFFICERS[0], DAO, ENG), (OFFICERS[0], DAO, ENG), successors=why)

    done = held(staffed, "The second", named, named, successors=why)
    later = held(staffed, "The third", (DAO, OFFICERS[1], ENG), (DAO, OFFICERS[1]))

    assert [error for _, error in (unsaid, absent, alone)] == ["ceremony.operators-unknown"] * 3
    assert (done, later) == ((3, ""), (3, ""))
    ledger = Ledger(staffed.home.database_url, SystemClock(), system_randomness, "0.1.0", "test")
    with ledger.read() as session:
        bodies = [json.loads(body) for body in session.scalars(select(CeremonyRun.plan))]
        begun = select(Entry.body).where(Entry.kind == "ceremony.begun").order_by(Entry.position)
        known = [json.loads(body)["known"] for body in session.scalars(begun)]
        lines = session.scalars(select(CeremonyLine.line).where(CeremonyLine.number == 0)).all()
    ledger.close()
    first = {line["title"]: line for line in map(json.loads, lines)}
    assert [body.get("successors") for body in bodies if body["title"] == "The second"] == [why]
    assert known == [0, 0, 2]
    assert (first["The second"]["successors"], "known" in first["The second"]) == (why, False)
    assert (first["The third"]["known"], "successors" in first["The third"]) == ([OFFICERS[1], DAO], False)


def test_a_transcript_that_hides_what_was_said_of_successors_is_found(staffed: Vault) -> None:
    named = (*OFFICERS, DAO)
    assert held(staffed, "The second", named, named, successors="all three drowned")[0] == 3
    plan = parse_plan(staffed.plan_file.read_text(), staffed.folder)
    place = Place(staffed.home.path / "ceremonies" / plan.digest[:16])

    found = replay(place.transcript.read_text(), replace(plan, successors="others"), place, None).faults

    assert "line 0 does not say what the plan says of successors" in found


class Production:
    """A home whose only operator before is gone, with two persons on duty and a stranger."""

    def __init__(self, ca: PracticeCa) -> None:
        admit_closers(ca)
        self.ca = ca
        self.signers = {number: open_signer(self._uri(number)) for number in CLOSERS} | {"stranger": KeySigner()}

    def _uri(self, number: str) -> str:
        return f"file:{self.ca.home.path.resolve()}/people/{number}-authentication.key.pem"

    def plan(self, *codes: str) -> Plan:
        operators = tuple(Operator(code, self.signers[code].public_key) for code in codes)
        successors = "the one before has died"
        return Plan("The next", "h", "d", Mode.PRODUCTION, 2, operators, tuple(begin()), "home", successors)

    def faults(self, plan: Plan) -> str:
        with self.ca.ledger.read() as session:
            found = standings(session, plan, self.ca.ledger.clock.now())
        return continuity_fault(plan, found, plan.operators) or ""


@pytest.fixture
def production(ca: PracticeCa) -> Production:
    return Production(ca)


def test_one_on_duty_and_a_stranger_are_too_few(production: Production) -> None:
    assert "0 operators of earlier ceremonies and 1 persons on duty here approve" in production.faults(
        production.plan(CLOSERS[0], "stranger")
    )


def test_one_whose_certificate_was_revoked_stands_in_for_nobody(production: Production) -> None:
    ca, plan = production.ca, production.plan(*CLOSERS)
    before = production.faults(plan)
    with ca.ledger.read() as session:
        his = [
            one.id
            for one in session.scalars(select(Certificate).where(Certificate.person_id == f"p{CLOSERS[0]}"))
            if parse_certificate(bytes(one.der)).spki == production.signers[CLOSERS[0]].public_key
        ]
    write(ca, *(Revocation(certificate_id=one, at=ca.ledger.clock.now(), reason="keyCompromise") for one in his))

    after = production.faults(plan)

    assert (before, len(his)) == ("", 1)
    assert "and 1 persons on duty here approve, together 2 must" in after


def test_one_whose_duty_has_ended_stands_in_for_nobody_nor_one_whose_duty_nobody_agreed_on(
    production: Production,
) -> None:
    ca, plan = production.ca, production.plan(*CLOSERS)
    with ca.ledger.read() as session:
        his = session.scalars(select(Duty).where(Duty.person_id == f"p{CLOSERS[0]}").order_by(Duty.kind)).all()
    [planted, admitted] = his
    write(ca, DutyEnd(duty_id=admitted.id, at=ca.ledger.clock.now()))

    after = production.faults(plan)

    assert (planted.kind, admitted.kind) == ("ca-operator", "registration-officer")
    assert "and 1 persons on duty here approve, together 2 must" in after


@pytest.mark.parametrize(("second", "held"), [("p1", False), ("p2", True)])
def test_one_person_stands_in_once_however_many_keys_he_has(production: Production, second: str, held: bool) -> None:
    plan = production.plan(*CLOSERS)
    found = Standings(first=False, known={}, on_duty={CLOSERS[0]: "p1", CLOSERS[1]: second})

    assert (continuity_fault(plan, found, plan.operators) is None) is held


def test_a_ceremony_is_none_of_those_before_itself(vault: Vault) -> None:
    agreed(vault, "The first", OPERATORS)
    _, said = vault.said("ceremony-plan", str(vault.plan_file))

    assert (said["earlier"], said["faults"], runs(vault)) == ({}, [], 1)
