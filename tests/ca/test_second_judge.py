"""pkilint before the key: at each certificate or at a sample, as the configuration says; one refusal stops no other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ca.configuration import Configuration, SecondJudge
from ca.issuance import line
from ca.issuance.composition import Wanted
from ca.issuance.line import Line, no_last_look
from ca.issuance.second_judge import Finding, Objection, Sitting, findings
from ca.profiles import PROFILES
from ledger.certificates import Certificate, Intent, Revocation
from ledger.decision import Refuse
from pki.certificate import parse_certificate
from pki.lint import LintedTbs, lint
from pki.names import person_name
from tests.ca.agreeing import agree_in
from tests.ca.conftest import TEST, PracticeCa
from tests.ca.specimens import specimens
from tests.issuing import KeySigner

PROFILE = PROFILES["officer-signing"]
CONFUSED = ("ສົມພອນ", "ແກ້ວບຸນມີ", "Somphone", "Keobounmy", "10000017")


def linted(spoilt: bool = False) -> LintedTbs:
    """Linted bytes; spoilt afterwards in a way that only the second judge can see."""
    sound = lint(parse_certificate(specimens().leaf("officer-signing")).tbs, PROFILE, specimens().view)
    if spoilt:
        object.__setattr__(sound, "tbs", sound.tbs.replace(b"\x13\x02LA", b"\x13\x02L@"))
    return sound


class Draws:
    """Draws one in three: the numbers 1, 2, 3 …"""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, octets: int) -> bytes:
        self.drawn += 1
        return self.drawn.to_bytes(octets)


def looked_at(when: SecondJudge, certificates: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The places in a batch at which the second judge looked."""
    configuration = Configuration(second_judge={"officer-signing": when.value}, second_judge_sample=3)
    sitting = Sitting(configuration, Draws())
    sound = linted()
    seen: list[int] = []
    looks: list[bytes] = []

    def look(der: bytes) -> list[Finding]:
        looks.append(der)
        return []

    monkeypatch.setattr("ca.issuance.second_judge.findings", look)
    for place in range(certificates):
        before = len(looks)
        sitting.call([sound]).outcomes()
        seen += [place] * (len(looks) - before)
    return seen


@pytest.mark.parametrize(
    ("when", "places"),
    [(SecondJudge.ALWAYS, list(range(9))), (SecondJudge.SAMPLE, [0, 3, 6]), (SecondJudge.OFF, [])],
)
def test_it_looks_as_often_as_the_configuration_says(
    when: SecondJudge, places: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looked_at(when, 9, monkeypatch) == places


def test_a_batch_of_one_is_a_sample_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked_at(SecondJudge.SAMPLE, 1, monkeypatch) == [0]


def test_it_objects_to_bytes_that_no_key_has_signed() -> None:
    spoilt = linted(spoilt=True)

    [(tbs, objection)] = Sitting(Configuration(), Draws()).call([spoilt]).outcomes().items()

    assert tbs == spoilt.tbs
    assert isinstance(objection, Objection)
    assert objection.findings
    assert {finding.severity for finding in objection.findings} <= {"ERROR", "FATAL"}


def test_what_he_cannot_read_he_objects_to() -> None:
    broken = linted()
    object.__setattr__(broken, "tbs", broken.tbs[:-1])

    [objection] = Sitting(Configuration(), Draws()).call([broken]).outcomes().values()

    assert isinstance(objection, Objection)
    assert [finding.severity for finding in objection.findings] == ["FATAL"]


def test_it_passes_the_same_bytes_with_and_without_their_signature() -> None:
    objections = Sitting(Configuration(), Draws()).call([linted()]).outcomes()

    assert (objections, findings(specimens().leaf("officer-signing"))) == ({}, [])


@pytest.mark.parametrize(
    ("profile", "old", "new", "code"),
    [
        ("organisation-seal", b"GO:LA-MTC", b"go:LA-MTC", "etsi.en_319_412_1.leg-5.1.4-02.invalid_format"),
        ("tls-server", b"portal.mtc.gov.la", b"portal_mtc.gov.la", "cabf.serverauth.invalid_dnsname_syntax"),
        ("mail-signing", b"somphone.k@mtc", b"somphone.k#mtc", "pkix.invalid_email_address_syntax"),
    ],
)
def test_it_knows_the_rules_of_each_kind(profile: str, old: bytes, new: bytes, code: str) -> None:
    spoilt = specimens().leaf(profile).replace(old, new)

    assert code in {finding.code for finding in findings(spoilt)}


def wanted(number: str) -> Wanted:
    subject = person_name("ສົມພອນ", "ວົງສາ", "Somphone", "Vongsa", number)
    return Wanted(PROFILE, subject, KeySigner().public_key, PROFILE.longest_validity)


def officers_line(ca: PracticeCa) -> Line:
    return Line(ca.ledger, ca.issuing("officers"), ca.await_seal, no_last_look, TEST)


def test_what_it_objects_to_is_refused_and_its_neighbours_are_issued(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree_in(ca, Configuration(second_judge_default="always"))
    monkeypatch.setattr(
        "ca.issuance.second_judge.findings",
        lambda der: [Finding("ERROR", "x.y", "")] if b"EG:LA-10000018" in der else [],
    )

    outcomes = officers_line(ca).issue([wanted(number) for number in ("10000017", "10000018", "10000019")])

    assert [isinstance(outcome, Certificate) for outcome in outcomes] == [True, False, True]
    assert outcomes[1] == Refuse("enrolment.lint")
    with ca.ledger.read() as session:
        [intended] = [one.id for one in session.query(Intent) if b"EG:LA-10000018" in bytes(one.tbs)]
        assert session.get(Certificate, intended) is None
        assert session.get_one(Revocation, intended).reason == "cessationOfOperation"


def test_a_life_that_the_configuration_shortens_is_shortened(ca: PracticeCa) -> None:
    agree_in(ca, Configuration(validity_days={"officer-signing": 90}))

    [outcome] = officers_line(ca).issue([wanted("10000017")])

    assert isinstance(outcome, Certificate)
    assert outcome.not_after - outcome.not_before == timedelta(days=90) - timedelta(seconds=1)


def test_the_configuration_never_lengthens_a_life() -> None:
    assert Configuration().longest("citizen-signing-once") == timedelta(minutes=30)
    assert replace(Configuration(), validity_days={"tls-server": 366}).longest("tls-server") == timedelta(days=366)


def test_a_log_says_which_rules_were_broken_and_no_name(caplog: pytest.LogCaptureFixture) -> None:
    found = [Finding("ERROR", "x.y", "Somphone Vongsa")]

    line._tell(wanted("10000017"), Objection(found))

    assert "breaks: x.y" in caplog.text
    assert "Vongsa" not in caplog.text
