"""The receipt of a batch: how far it has come, under an officer's signature and in the log, to be checked without us.

A folder: `lines.jsonl`, a canonical JSON object a line of the list; `receipt.json`, which commits to it; `receipt.jws`,
the same octets under the officer's signature; `signer.pem`; and two proofs, that the batch was begun by an officer's
act and that this very receipt was entered in the log. Each line names its entry: `ledger-prove` proves any of them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from typing import Any

from sqlalchemy.orm import Session

from ca.batches.outcomes import LineOutcome
from ca.ceremonies.files import write_whole
from ca.profiles import PROFILES
from ca.tables.batches import EnrolmentBatch
from ledger.canonical import canonical, microseconds, moment
from ledger.certificates import Certificate, Issuer
from ledger.checkpoint import VerifierKey
from ledger.decision import Refuse
from ledger.proofs import entry_proof, verify_entry_proof
from pki import jws, oids
from pki.base64url import encode
from pki.certificate import certificates_from_pem, parse_certificate
from pki.errors import PkiError
from pki.keys import algorithm_of, verify
from pki.names import person_number
from pki.parsed import ParsedCertificate
from pki.signing import Signer

TYPE = "laotrust-batch-receipt+jws"
BODY, LINES, TOKEN, SIGNER = "receipt.json", "lines.jsonl", "receipt.jws", "signer.pem"
PROOFS = {"batch.begun": "begun.tlog-proof", "batch.receipted": "receipt.tlog-proof"}

OFFICER = {f"{arc}.{PROFILES['officer-authentication'].policy}" for arc in (oids.PRODUCTION_ARC, oids.PRACTICE_ARC)}
"""The policies of certificates by which officers sign their acts."""


class ReceiptUnfit(Exception):
    """The receipt does not prove what it says; the sentence says what is wrong."""


@dataclass(frozen=True)
class Verified:
    """A receipt that was verified. `logged` says whether its proofs are there: they come with the next seal.

    Without them it is an officer's word alone, and not yet proven.
    """

    body: Mapping[str, Any]
    signer: ParsedCertificate
    logged: bool


@dataclass(frozen=True)
class Made:
    """A receipt in its folder. `sha256` is of `receipt.json`."""

    body: Mapping[str, Any]
    sha256: str


def write_receipt(
    folder: Path, batch: EnrolmentBatch, lines: Iterable[LineOutcome], key: Signer, chain: Sequence[bytes], at: datetime
) -> Made:
    """Lines, body and signature are in the folder; the proofs follow.

    `key` is that of the batch's officer, `chain` its certificate and that one's issuer.
    """
    counted, digest = Counter[str](), sha256()
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{LINES}.draft"
    with draft.open("wb") as file:
        for line in lines:
            counted[line.state] += 1
            octets = canonical(line.values()) + b"\n"
            digest.update(octets)
            file.write(octets)
    draft.replace(folder / LINES)
    body = {
        "receipt": 1,
        "batch": batch.digest,
        "officer": batch.officer_id,
        "officer_number": person_number(parse_certificate(chain[0]).subject),
        "begun_at": microseconds(batch.act_at),
        "begun_entry": batch.entry_id,
        "at": microseconds(at),
        "lines": batch.lines,
        "counts": dict(counted),
        "lines_sha256": digest.hexdigest(),
    }
    written = canonical(body)
    header = {"typ": TYPE, "x5t#S256": _thumbprint(chain[0])}
    write_whole(folder / BODY, written)
    write_whole(folder / TOKEN, jws.sign(header, written, key).encode())
    write_whole(folder / SIGNER, "".join(map(DER_cert_to_PEM_cert, chain)).encode())
    return Made(body, sha256(written).hexdigest())


def write_proofs(session: Session, folder: Path, entries: Mapping[str, str]) -> Refuse | None:
    """The proofs of these entries (by kind) are in the folder, or why one cannot be made yet."""
    for kind, entry in entries.items():
        proof = entry_proof(session, entry)
        if isinstance(proof, Refuse):
            return proof
        write_whole(folder / PROOFS[kind], proof.encode())
    return None


def chain_of(session: Session, certificate_sha256: str) -> list[bytes]:
    """The certificate of that digest and its issuer's, DER."""
    certificate = session.query(Certificate).filter_by(sha256=certificate_sha256).one()
    return [bytes(certificate.der), bytes(session.get_one(Issuer, certificate.issuer_id).certificate)]


def verify_receipt(folder: Path, issuers: Sequence[bytes], keys: Sequence[VerifierKey]) -> Verified:
    """The receipt in the folder, proven by `issuers` (DER) and the log's `keys`. Raises ReceiptUnfit."""
    try:
        written = (folder / BODY).read_bytes()
        body = json.loads(written)
        signer = _signed(folder, written, body, issuers)
        _check_lines(folder, body)
        logged = all((folder / name).exists() for name in PROOFS.values())
        if logged:
            _check_log(folder, written, body, keys)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as fault:
        raise ReceiptUnfit(f"the folder is not whole: {fault}") from None
    except PkiError as fault:
        raise ReceiptUnfit(f"it proves nothing: {fault}") from None
    return Verified(body, signer, logged)


def _signed(folder: Path, written: bytes, body: Mapping[str, Any], issuers: Sequence[bytes]) -> ParsedCertificate:
    """The officer's certificate whose key signed these octets, of one of our issuers and valid at that time."""
    signer = certificates_from_pem((folder / SIGNER).read_bytes())[0]
    if not any(_certified(signer, parse_certificate(issuer)) for issuer in issuers):
        raise ReceiptUnfit("none of the known issuers certified who signed it")
    if not OFFICER & {policy.oid for policy in signer.policies}:
        raise ReceiptUnfit("who signed it did so by a certificate that is not for an officer's acts")
    if person_number(signer.subject) != str(body["officer_number"]):
        raise ReceiptUnfit("another than the officer of the batch signed it")
    if not signer.not_before <= moment(body["at"]) <= signer.not_after:
        raise ReceiptUnfit("the certificate of who signed it was not valid at its time")
    token = jws.verify((folder / TOKEN).read_text(), {jws.thumbprint(signer.spki): signer.spki}, {TYPE})
    if token.payload != written or token.header.get("x5t#S256") != _thumbprint(signer.der):
        raise ReceiptUnfit(f"{BODY} is not what was signed")
    return signer


def _certified(certificate: ParsedCertificate, issuer: ParsedCertificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        verify(issuer.spki, algorithm_of(issuer.spki), certificate.tbs, certificate.signature)
    except PkiError:
        return False
    return True


def _check_lines(folder: Path, body: Mapping[str, Any]) -> None:
    """Raises ReceiptUnfit unless the lines are those that the receipt commits to and counts."""
    counted, digest, last = Counter[str](), sha256(), 1
    with (folder / LINES).open("rb") as file:
        for octets in file:
            line = json.loads(octets)
            if line["line"] <= last:
                raise ReceiptUnfit(f"line {line['line']} is there twice, or out of its order")
            last = line["line"]
            counted[line["state"]] += 1
            digest.update(octets)
    if (digest.hexdigest(), dict(counted)) != (body["lines_sha256"], body["counts"]):
        raise ReceiptUnfit(f"{LINES} is not what the receipt says")


def _check_log(folder: Path, written: bytes, body: Mapping[str, Any], keys: Sequence[VerifierKey]) -> None:
    """Raises ReceiptUnfit unless both entries are in the log and about this batch and this receipt."""
    said = {}
    for kind, name in PROOFS.items():
        proven = verify_entry_proof((folder / name).read_text("utf-8"), keys)
        if proven.values["kind"] != kind:
            raise ReceiptUnfit(f"{name} is about something else")
        said[kind] = json.loads(proven.values["body"])
    begun, receipted = said["batch.begun"], said["batch.receipted"]
    if (begun["digest"], begun["lines"], begun["officer"]) != (body["batch"], body["lines"], body["officer"]):
        raise ReceiptUnfit("the log says other things of the batch")
    if (receipted["receipt"], receipted["batch"]) != (sha256(written).hexdigest(), begun["batch"]):
        raise ReceiptUnfit("the log says other things of the receipt")


def _thumbprint(certificate: bytes) -> str:
    """RFC 7515 clause 4.1.8."""
    return encode(sha256(certificate).digest())
