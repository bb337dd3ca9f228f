"""The certificate of a CA that is no working issuer of ours ends when two persons agree, and by nobody's word alone."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from ca.ceremonies.cross import certify, certify_each_other
from ca.ceremonies.rollover import roll_over
from ca.closing.carrying_out import carry_out
from ca.closing.ending import own_certificate
from ca.endings.unproven import uncaused
from ca.events.governance import ChangeApplied
from ca.governance.kind import Unfit
from ca.governance.plan import Plan
from ca.governance.provenance import Provenance
from ca.publication.listing import listed
from ledger.base import Fact
from ledger.certificates import Certificate, KeyBlock, Revocation
from ledger.decision import Refuse
from ledger.event import Event
from ledger.ledger import Deed
from pki.crl import parse_crl
from tests.ca.agreeing import OPERATOR, operated
from tests.ca.closers import admit_closers, both_acted, ceremony_of, issuer_of
from tests.ca.conftest import FIRST, SECOND, PracticeCa
from tests.ca.governance.conftest import Office
from tests.ca.outside import OutsideRoot
from tests.doubles import TurnedClock
from tests.recorded import TESTER, Noted

KIND = "ca-certificate.revoke"


@dataclass
class Crossed:
    """A CA that has certified another one's root, and the persons who may end that."""

    ca: PracticeCa
    root: OutsideRoot
    office: Office = field(init=False)

    def __post_init__(self) -> None:
        self.certificate = self.certified()
        self.office = operated(self.ca)

    def certified(self, by: str = "root") -> Certificate:
        made = certify(ceremony_of(self.ca), self.ca.key_of(issuer_of(self.ca, by)), self.root.certificate.read_bytes())
        assert isinstance(made, Certificate), made
        return made

    def drafted(self, certificate: Certificate, reason: str = "superseded") -> Plan | Refuse:
        return self.office.drafted(KIND, {"sha256": certificate.sha256, "reason": reason})

    def end(self, certificate: Certificate, reason: str) -> None:
        self.office.agreed(KIND, FIRST, OPERATOR, sha256=certificate.sha256, reason=reason)

    def ended(self) -> dict[str, str]:
        with self.ca.ledger.read() as session:
            return {one.certificate_id: one.reason for one in session.query(Revocation)}

    def doubted(self) -> list[tuple[str, str]]:
        with self.ca.ledger.read() as session:
            return [(one.id, one.code) for one in uncaused(Provenance(session))]

    def own(self, name: str) -> Certificate:
        with self.ca.ledger.read() as session:
            found = own_certificate(session, issuer_of(self.ca, name))
        assert found is not None
        return found


@pytest.fixture
def crossed(ca: PracticeCa, tmp_path: Any) -> Crossed:
    return Crossed(ca, OutsideRoot(tmp_path / "other", name="PRACTICE Other Root").made())


def test_it_ends_is_accounted_for_and_is_on_the_roots_next_list(crossed: Crossed, clock: TurnedClock) -> None:
    clock.turn(seconds=5)
    crossed.end(crossed.certificate, "cessationOfOperation")
    clock.turn(seconds=1)

    crl = ceremony_of(crossed.ca).list_endings(crossed.ca.issuing("root"))

    entry = parse_crl(bytes(crl.der)).by_serial[int(crossed.certificate.serial_number, 16)]
    assert entry.reason == "cessationOfOperation"
    assert crossed.ended() == {crossed.certificate.id: "cessationOfOperation"}
    assert crossed.doubted() == []
    with crossed.ca.ledger.read() as session:
        assert session.query(KeyBlock).count() == 0


def test_what_one_person_alone_planned_ends_nothing(crossed: Crossed) -> None:
    digest = crossed.office.plan(FIRST, KIND, sha256=crossed.certificate.sha256, reason="superseded")

    answers = [crossed.office.approve(SECOND, digest), crossed.office.apply(FIRST, digest)]

    assert answers == [Refuse("change.no-duty"), Refuse("change.not-approved")]
    assert crossed.ended() == {}


def test_a_lost_key_is_blocked_and_all_its_certificates_end_in_one_entry(crossed: Crossed, clock: TurnedClock) -> None:
    roll_over(ceremony_of(crossed.ca), "root", clock.now())
    second = crossed.certified("root-2")

    crossed.end(crossed.certificate, "cACompromise")

    assert crossed.ended() == {crossed.certificate.id: "cACompromise", second.id: "cACompromise"}
    with crossed.ca.ledger.read() as session:
        assert session.get(KeyBlock, crossed.certificate.key_sha256) is not None
        serials = [[one.serial for one in listed(session, each.issuer_id)] for each in (crossed.certificate, second)]
    assert serials == [[int(one.serial_number, 16)] for one in (crossed.certificate, second)]
    assert certify(
        ceremony_of(crossed.ca), crossed.ca.issuing("root"), crossed.root.certificate.read_bytes()
    ) == Refuse("cross.key-used")


def test_an_issuer_of_ours_that_works_ends_another_way(crossed: Crossed, clock: TurnedClock) -> None:
    roll_over(ceremony_of(crossed.ca), "root", clock.now())
    between, _ = certify_each_other(ceremony_of(crossed.ca), "root", "root-2")
    ours = [crossed.own(name) for name in ("root", "officers")]

    answers = [crossed.drafted(one) for one in ours] + [crossed.drafted(between, "cACompromise")]

    assert answers == [Refuse("ca-certificate.of-ours")] * 3
    crossed.end(between, "superseded")
    assert crossed.ended() == {between.id: "superseded"}


def test_what_a_terminated_issuer_left_ends_so_and_its_root_can_end(crossed: Crossed) -> None:
    admit_closers(crossed.ca)
    carry_out(crossed.ca.ledger, both_acted(crossed.ca, "citizens"))
    left = crossed.own("citizens")

    crossed.end(left, "cessationOfOperation")

    assert crossed.ended()[left.id] == "cessationOfOperation"
    assert crossed.doubted() == []


def test_what_is_not_a_cas_or_not_there_or_over_is_refused_by_its_code(
    crossed: Crossed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crossed.ca.ledger.read() as session:
        persons = session.query(Certificate).filter_by(person_id=f"p{FIRST}").first()
    assert persons is not None
    unknown = crossed.office.drafted(KIND, {"sha256": "ab" * 32, "reason": "superseded"})
    unfit = crossed.drafted(crossed.certificate, "keyCompromise")
    with monkeypatch.context() as over:
        over.setattr("ca.closing.finality.is_last", lambda _session, _issuer: True)
        final = crossed.drafted(crossed.certificate)
    crossed.end(crossed.certificate, "superseded")

    assert unknown == Refuse("revocation.certificate-unknown")
    assert crossed.drafted(persons) == Refuse("ca-certificate.not-of-a-ca")
    assert isinstance(unfit, Unfit) and unfit.faults[0].startswith("reason is one of cACompromise")
    assert final == Refuse("revocation.final")
    assert crossed.drafted(crossed.certificate) == Refuse("revocation.already-revoked")


def test_a_plan_says_whom_it_ends_and_that_the_root_has_to_say_it(crossed: Crossed) -> None:
    plan = crossed.drafted(crossed.certificate, "cACompromise")
    assert not isinstance(plan, Refuse)

    with crossed.ca.ledger.read() as session:
        effects = plan.kind.effects(Provenance(session), plan.values, crossed.ca.ledger.clock.now())

    certificate, key = plan.difference.items()
    assert crossed.certificate.sha256 in certificate[0] and "Other Root" in certificate[0]
    assert (certificate[1], key[1]) == (("good", "revoked, cACompromise"), ("in use", "blocked for ever"))
    assert [(one.code, one.numbers) for one in effects] == [("change.effect-ca-revoked", {"root": "root"})]


def planted(crossed: Crossed, event: Event, *more: Fact) -> None:
    now = crossed.ca.ledger.clock.now()
    fact = Revocation(certificate_id=crossed.certificate.id, at=now, reason="superseded")
    crossed.ca.ledger.entries([Deed(event, TESTER, [fact, *more])])


def test_an_end_that_a_process_planted_is_found_by_who_doubts(crossed: Crossed) -> None:
    planted(crossed, Noted("planted"))

    assert crossed.doubted() == [(crossed.certificate.id, "unproven.no-cause")]


def test_an_end_that_looks_like_a_change_on_which_nobody_agreed_is_found_too(crossed: Crossed) -> None:
    planted(crossed, ChangeApplied("c1", KIND, "ab" * 32, f"p{FIRST}"))

    assert crossed.doubted() == [(crossed.certificate.id, "unproven.no-act")]
