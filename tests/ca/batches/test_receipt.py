"""A receipt proves without us who signed it, what became of each line, and that it is in the log."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from ssl import DER_cert_to_PEM_cert, PEM_cert_to_DER_cert
from zipfile import ZipFile

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.batches.apply import apply_plan
from ca.batches.certificates import write_certificates
from ca.batches.outcomes import LineOutcome, counts, outcomes
from ca.batches.paper import MOST_ROWS, paper_of
from ca.batches.plan import load_plan, make_plan
from ca.batches.receipt import (
    BODY,
    LINES,
    PROOFS,
    SIGNER,
    TOKEN,
    TYPE,
    Made,
    ReceiptUnfit,
    Verified,
    chain_of,
    verify_receipt,
    write_proofs,
    write_receipt,
)
from ca.batches.source import opened
from ca.events.batches import BatchReceipted
from ca.tables.batches import EnrolmentBatch
from ledger.canonical import canonical
from ledger.event import Actor
from ledger.outside import Outside
from pki import jws
from pki.base64url import encode
from pki.certificate import certificates_from_pem
from scripts.cli import ActingPerson, acting_person
from tests.ca.batches.lists import desk_of, line, written
from tests.ca.conftest import FIRST, SECOND, KeySigner, PracticeCa, register_person

OFFICERS = ("10000020", "10000021")
STRANGER = "10000099"


@dataclass
class Office:
    """A CA where a batch was handed in: its first line is issued, its second waits, its third is refused."""

    ca: PracticeCa
    batch: EnrolmentBatch
    folder: Path

    def receipt(self) -> Made:
        officer, now = self.holder(FIRST), self.ca.ledger.clock.now()
        with self.ca.ledger.read() as session:
            chain, lines = chain_of(session, officer.certificate_sha256), outcomes(session, self.batch, now)
            return write_receipt(self.folder, self.batch, lines, officer.signer, chain, now)

    def holder(self, number: str) -> ActingPerson:
        key = f"file:{self.ca.home.path.resolve()}/people/{number}-authentication.key.pem"
        return acting_person(self.ca.ledger, number, key)

    def forge(self, other: ActingPerson) -> None:
        """The same receipt, signed by another key for which there is a certificate of ours."""
        written = (self.folder / BODY).read_bytes()
        with self.ca.ledger.read() as session:
            chain = chain_of(session, other.certificate_sha256)
        header = {"typ": TYPE, "x5t#S256": encode(sha256(chain[0]).digest())}
        (self.folder / TOKEN).write_text(jws.sign(header, written, other.signer))
        (self.folder / SIGNER).write_text("".join(map(DER_cert_to_PEM_cert, chain)))

    def log(self, receipt: str) -> None:
        """The receipt of that digest is in the log, its proofs in the folder."""
        entry = self.ca.ledger.record(BatchReceipted(self.batch.id, receipt), Actor.person(f"p{FIRST}"))
        self.ca.await_seal([entry])
        with self.ca.ledger.read() as session:
            write_proofs(session, self.folder, {"batch.begun": self.batch.entry_id, "batch.receipted": entry})

    def verified(self, issuer: str = "officers") -> Verified:
        believed = PEM_cert_to_DER_cert(self.ca.home.certificate(issuer).read_text())
        return verify_receipt(self.folder, [believed], Outside(self.ca.home.checkpoints).keys())

    def lines(self) -> list[LineOutcome]:
        with self.ca.ledger.read() as session:
            return list(outcomes(session, self.batch, self.ca.ledger.clock.now()))


@pytest.fixture
def office(ca: PracticeCa, tmp_path: Path) -> Office:
    for number in OFFICERS:
        register_person(ca.ledger, number)
    listed = written(tmp_path / "list.csv", [line(ca, number) for number in (*OFFICERS, STRANGER)])
    with opened(listed) as source:
        plan = load_plan(tmp_path / "plans", make_plan(desk_of(ca), source, tmp_path / "plans").digest)
    batch = apply_plan(desk_of(ca), plan, lambda act: ca.sign(FIRST, act))
    assert isinstance(batch, EnrolmentBatch)
    made = Office(ca, batch, tmp_path / "receipt")
    first = made.lines()[0].enrolment
    assert first is not None
    ca.vote(FIRST, first)
    ca.vote(SECOND, first)
    ca.room().turn()
    return made


def test_a_receipt_says_what_became_of_each_line_and_is_proven_by_the_issuer_and_the_log_alone(office: Office) -> None:
    made = office.receipt()
    before = office.verified()

    office.log(made.sha256)
    after = office.verified()

    told = [json.loads(one) for one in (office.folder / LINES).read_text().splitlines()]
    [signer] = certificates_from_pem((office.folder / SIGNER).read_bytes())[:1]
    assert [one["state"] for one in told] == ["issued", "identity-checked", "refused"]
    assert [one.get("certificate_sha256", "") != "" for one in told] == [True, False, False]
    assert (told[2]["code"], told[2]["field"]) == ("enrolment.person-unknown", "number")
    assert (before.logged, after.logged) == (False, True)
    assert after.body["counts"] == {"issued": 1, "identity-checked": 1, "refused": 1}
    assert (after.body["batch"], after.body["lines"]) == (office.batch.digest, 3)
    assert after.signer.sha256 == signer.sha256


Harm = Callable[[Office], object]


def rewritten(name: str, change: Callable[[bytes], bytes]) -> Harm:
    return lambda office: (office.folder / name).write_bytes(change((office.folder / name).read_bytes()))


def promised(office: Office) -> None:
    """A receipt that counts one more, with lines to match, under the old signature."""
    body = json.loads((office.folder / BODY).read_bytes())
    (office.folder / BODY).write_bytes(canonical({**body, "counts": {"issued": 3}}))


HARMS: dict[str, Harm] = {
    "a line taken out": rewritten(LINES, lambda octets: octets.partition(b"\n")[2]),
    "a line twice": rewritten(LINES, lambda octets: octets.partition(b"\n")[0] + b"\n" + octets),
    "a line changed": rewritten(LINES, lambda octets: octets.replace(b"refused", b"issued!")),
    "another body": promised,
    "another signature": rewritten(TOKEN, lambda octets: octets[:-8] + b"AAAAAAAA"),
    "no token": rewritten(TOKEN, lambda _: b""),
    "the proof of something else": lambda office: (office.folder / PROOFS["batch.begun"]).write_bytes(
        (office.folder / PROOFS["batch.receipted"]).read_bytes()
    ),
    "the proof of another receipt": lambda office: office.log("ab" * 32),
    "a proof cut off": rewritten(PROOFS["batch.receipted"], lambda octets: octets[:-90]),
    "nobody's certificate": rewritten(SIGNER, lambda octets: b"-----" + octets[: octets.rindex(b"-----BEGIN")][5:-40]),
    "a body nested without end": rewritten(BODY, lambda _: b"[" * 100_000),
    "a body of another age": lambda office: (office.folder / BODY).write_bytes(
        canonical({**json.loads((office.folder / BODY).read_bytes()), "at": 10**30})
    ),
    "lines nested without end": rewritten(LINES, lambda octets: octets + b'{"line":' + b"[" * 100_000 + b"\n"),
    "no certificate": rewritten(SIGNER, lambda _: b""),
    "the issuer's own certificate": rewritten(SIGNER, lambda octets: octets[octets.rindex(b"-----BEGIN") :]),
}


@pytest.mark.sqlite_only("a receipt is checked without the database")
def test_a_receipt_that_was_touched_anywhere_is_none(office: Office) -> None:
    made = office.receipt()
    office.log(made.sha256)
    whole = {file.name: file.read_bytes() for file in office.folder.iterdir()}
    believed: list[str] = []

    for name, harm in HARMS.items():
        harm(office)
        try:
            office.verified()
            believed.append(name)
        except ReceiptUnfit:
            pass
        for file, octets in whole.items():
            (office.folder / file).write_bytes(octets)

    assert believed == []
    assert office.verified().logged
    with pytest.raises(ReceiptUnfit, match="none of the known issuers"):
        office.verified("services")


@pytest.mark.sqlite_only("a receipt is checked without the database")
def test_a_receipt_that_another_officer_signed_is_none(office: Office) -> None:
    office.receipt()
    office.forge(office.holder(SECOND))

    with pytest.raises(ReceiptUnfit, match="another than the officer"):
        office.verified()


@pytest.mark.sqlite_only("a receipt is checked without the database")
def test_a_receipt_by_a_certificate_that_is_not_for_acts_is_none(office: Office) -> None:
    office.receipt()
    register_person(office.ca.ledger, STRANGER)
    office.ca.approved(STRANGER, "officer-signing")
    [for_papers] = office.ca.room().turn().issued
    office.forge(ActingPerson(f"p{STRANGER}", for_papers.sha256, KeySigner(office.ca.keys[STRANGER])))

    with pytest.raises(ReceiptUnfit, match="not for an officer's acts"):
        office.verified()


def test_certificates_come_back_as_a_zip_with_their_chain(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "certificates.zip"
    with office.ca.ledger.read() as session:
        count = write_certificates(session, office.batch, out)
        states = counts(session, office.batch, office.ca.ledger.clock.now())

    with ZipFile(out) as zipped:
        [name] = zipped.namelist()
        chain = certificates_from_pem(zipped.read(name))
    assert (count, name) == (1, f"000002-{OFFICERS[0]}-officer-signing.pem")
    assert chain[0].sha256 == office.lines()[0].certificate_sha256
    assert chain[0].issuer == chain[1].subject
    assert states == {"issued": 1, "identity-checked": 1, "refused": 1}


def test_on_paper_the_refused_lines_are_told_as_far_as_there_is_room() -> None:
    body = {
        "batch": "ab" * 32, "begun_at": 1_764_000_000_000_000, "at": 1_764_000_000_000_000, "begun_entry": "e",
        "lines": 5000, "counts": {"refused": 5000},
    }  # fmt: skip
    refused = [LineOutcome(n, "refused", "e", code="enrolment.key-used", field="request") for n in range(5000)]

    short = paper_of(Made(body, "cd" * 32), refused[:5], practice=True)
    long = paper_of(Made(body, "cd" * 32), refused, practice=True)

    pages = [int(PdfFileReader(BytesIO(one)).root["/Pages"]["/Count"]) for one in (short, long)]
    assert short == paper_of(Made(body, "cd" * 32), refused[:5], practice=True)
    assert pages[0] < pages[1] < MOST_ROWS / 4
