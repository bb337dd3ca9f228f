"""What an ended issuer did, in a folder for who takes it over: it verifies on another machine, without our database.

`issuer.cer`, `certificates/`, `crls/`, `entries/` (the proof of each entry that speaks of them, with the checkpoint
inside), `verifier-keys`, and `manifest.json` with the digest of every file.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.files import write_whole
from ca.events.hierarchy import IssuerArchived
from ca.tables.hierarchy import IssuerArchive, IssuerEnd
from ca.tables.publication import Crl
from ledger.canonical import canonical
from ledger.certificates import Certificate, Issuer, Revocation
from ledger.checkpoint import VerifierKey
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.merkle import ProofInvalid
from ledger.outside import Outside
from ledger.proofs import ProvenEntry, entry_proof, verify_entry_proof
from pki import oids
from pki.crl import ParsedCrl, parse_crl
from pki.errors import PkiError
from pki.keys import algorithm_of, verify
from pki.parsed import ParsedCertificate, parse_certificate
from pki.profile import FOR_EVER

_MANIFEST = "manifest.json"


class ArchiveUnfit(Exception):
    """The folder does not hold what it must; the sentence says what is missing, changed or not proven."""


@dataclass(frozen=True)
class Archived:
    """What is in an archive."""

    certificates: int
    crls: int
    entries: int
    manifest_sha256: str


def write_archive(ledger: Ledger, issuer: Issuer, folder: Path, checkpoints: Path) -> Archived | Refuse:
    """The archive of this issuer is in `folder` and in the ledger. Refused while an entry is not sealed yet."""
    files: dict[str, bytes] = {"verifier-keys": (checkpoints / "verifier-keys").read_bytes()}
    with ledger.read() as session:
        for name, octets in _contents(session, issuer):
            if isinstance(octets, Refuse):
                return octets
            files[name] = octets
    counted = {kind: sum(name.startswith(f"{kind}/") for name in files) for kind in ("certificates", "crls", "entries")}
    said = {"issuer": issuer.key_name, "files": {name: sha256(octets).hexdigest() for name, octets in files.items()}}
    manifest = canonical(said)
    for name, octets in files.items():
        write_whole(folder / name, octets)
    write_whole(folder / _MANIFEST, manifest)
    digest = sha256(manifest).hexdigest()
    row = IssuerArchive(id=ledger.new_id(), issuer_id=issuer.id, manifest_sha256=digest, at=ledger.clock.now())
    event = IssuerArchived(issuer.id, counted["certificates"], digest)
    ledger.entries([Deed(event, Actor.system(ledger.process), [row])])
    return Archived(**counted, manifest_sha256=digest)


def verify_archive(folder: Path, keys: Sequence[VerifierKey] = ()) -> Archived:
    """What the archive proves by itself. Raises ArchiveUnfit.

    Every file is as the manifest says; every certificate and CRL was entered in the log, whose checkpoint these
    `keys` signed; the last CRL is for ever, of the issuer's key, and lists all that had not ended by itself.
    """
    manifest, files = _files(folder)
    known = keys or Outside(folder).keys()
    proven = _proven(files, known)
    certificates = {name: parse_certificate(octets) for name, octets in _of(files, "certificates")}
    crls = [parse_crl(octets) for _, octets in _of(files, "crls")]
    issued = {body.get("certificate_sha256") for body in proven}
    issued |= {digest for body in proven for digest in body.get("certificates_sha256", ())}
    if strange := [name for name, one in certificates.items() if one.sha256 not in issued]:
        raise ArchiveUnfit(f"{strange[0]} was never entered in the log")
    published = {body.get("crl") for body in proven}
    if any(sha256(crl.der).hexdigest() not in published for crl in crls):
        raise ArchiveUnfit("a CRL was never entered in the log")
    _check_last(crls, parse_certificate(files["issuer.cer"]), list(certificates.values()))
    return Archived(len(certificates), len(crls), len(proven), sha256(manifest).hexdigest())


def _contents(session: Session, issuer: Issuer) -> Iterator[tuple[str, bytes | Refuse]]:
    """Every file by its name; a Refuse in the place of a proof that cannot be made yet."""
    certificates = session.scalars(
        select(Certificate).where(Certificate.issuer_id == issuer.id).order_by(Certificate.id)
    ).all()
    crls = session.scalars(select(Crl).where(Crl.issuer_id == issuer.id).order_by(Crl.id)).all()
    ended = select(Revocation.entry_id).join(Certificate, Certificate.id == Revocation.certificate_id)
    ends = select(IssuerEnd.entry_id).where(IssuerEnd.issuer_id == issuer.id)
    entries = {issuer.entry_id, *(one.entry_id for one in certificates), *(crl.entry_id for crl in crls)}
    entries |= {*session.scalars(ended.where(Certificate.issuer_id == issuer.id)), *session.scalars(ends)}
    yield "issuer.cer", bytes(issuer.certificate)
    for one in certificates:
        yield f"certificates/{one.sha256}.cer", bytes(one.der)
    for crl in crls:
        yield f"crls/{sha256(bytes(crl.der)).hexdigest()}.crl", bytes(crl.der)
    for entry in sorted(entries):
        proof = entry_proof(session, entry)
        yield f"entries/{entry}.tlog-proof", proof if isinstance(proof, Refuse) else proof.encode()


def _files(folder: Path) -> tuple[bytes, Mapping[str, bytes]]:
    """The manifest and every file that it names, each with the digest that it says, and no other."""
    try:
        manifest = (folder / _MANIFEST).read_bytes()
        said: dict[str, str] = json.loads(manifest)["files"]
        files = {name: _inside(folder, name).read_bytes() for name in said}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise ArchiveUnfit(f"the folder is not whole: {fault}") from None
    if changed := [name for name, octets in files.items() if sha256(octets).hexdigest() != said[name]]:
        raise ArchiveUnfit(f"{changed[0]} is not what the manifest says")
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} - {_MANIFEST}
    if strange := sorted(there - files.keys()):
        raise ArchiveUnfit(f"{strange[0]} is not in the manifest")
    if "issuer.cer" not in files:
        raise ArchiveUnfit("the issuer's certificate is missing")
    return manifest, files


def _inside(folder: Path, name: str) -> Path:
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise ArchiveUnfit("the manifest names a file outside its folder")
    return file


def _proven(files: Mapping[str, bytes], keys: Sequence[VerifierKey]) -> list[dict[str, Any]]:
    """What each entry says, its place in the log proven."""
    bodies = []
    for name, octets in _of(files, "entries"):
        try:
            entry: ProvenEntry = verify_entry_proof(octets.decode(), keys)
        except (PkiError, ProofInvalid, UnicodeDecodeError) as fault:
            raise ArchiveUnfit(f"{name} proves nothing: {fault}") from None
        bodies.append(json.loads(entry.values["body"]))
    return bodies


def _check_last(crls: Sequence[ParsedCrl], issuer: ParsedCertificate, certificates: list[ParsedCertificate]) -> None:
    last = max(crls, key=lambda crl: crl.number, default=None)
    if last is None or last.next_update != FOR_EVER:
        raise ArchiveUnfit("the last CRL is missing: start `issue`, and write the archive again")
    try:
        verify(issuer.spki, algorithm_of(issuer.spki), last.tbs, last.signature)
    except PkiError as fault:
        raise ArchiveUnfit(f"the last CRL is not of the issuer's key: {fault}") from None
    living = [one for one in certificates if one.not_after >= last.this_update and not _outlives(one)]
    if left := [one for one in living if one.serial not in last.by_serial]:
        raise ArchiveUnfit(f"{left[0].sha256} is not on the last CRL")


def _outlives(certificate: ParsedCertificate) -> bool:
    """Whether it is of a kind that an issuer's end leaves alone (`OUTLIVING`): a responder, or a root."""
    responder = oids.OCSP_NO_CHECK in certificate.by_oid
    return responder or certificate.issuer == certificate.subject


def _of(files: Mapping[str, bytes], kind: str) -> list[tuple[str, bytes]]:
    return [(name, octets) for name, octets in files.items() if name.startswith(f"{kind}/")]
