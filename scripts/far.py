"""What the verbs of status far away share: roots, responders' keys, and files that are octets or lines."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.tables.hierarchy import IssuerImport, OutsideCertificate
from ledger.decision import Refuse
from ledger.follow import Follower, Start
from ocsp.far.bundle import Bundle
from ocsp.far.export import Voice, may_export, voice_of
from ocsp.far.population import Population, crosses, newest_entry_at, populations
from pki.certificate import certificates_from_pem, parse_certificate
from pki.leaflets import joined
from pki.signing import Signer
from scripts.cli import Run
from signers import KeyUnusable, open_signer
from web.home import ROOTS, Home, ca_of


def roots_of(run: Run, files: Sequence[Path]) -> list[bytes]:
    """The roots (DER) in these PEM files; those of the home if there is none. Raises ParseError, FileNotFoundError."""
    own = own_roots(run.home)
    if not files and not own:
        raise FileNotFoundError("No root to begin from: name its PEM file with --root.")
    return [one.der for path in files or own for one in certificates_from_pem(path.read_bytes())]


def own_roots(home: Home) -> list[Path]:
    """The PEM files of the home's roots, of every generation."""
    return [path for path in sorted(home.certificate("root").parent.glob("*.pem")) if ca_of(path.stem) in ROOTS]


def known(run: Run, previous: Bundle | None = None) -> tuple[list[Population], list[Voice | None]] | Refuse:
    """Every CA with all its certificates, and who speaks for it here.

    Refused while the clock is wrong, and where the database is a replica that is behind.
    """
    seen = Follower(run.ledger, Start.NOW)
    seen.look()
    with run.ledger.read() as session:
        now = run.clock.now()
        may = may_export(now, previous, newest_entry_at(session), seen.fresh_at)
        if isinstance(may, Refuse):
            return may
        found = populations(session, now)
    voices = [voice_of(one, lambda name: _signer(run, name)) for one in found]
    return (found, voices) if any(voices) else Refuse("export.nothing")


def vouching(session: Session, authorities: Sequence[Population], now: datetime) -> list[bytes]:
    """What leads to these CAs from another root than they stand under here, as far as it holds now (DER).

    The crosses of our own roots, what outside CAs certified of ours, and what stands above that; but for the outside
    root itself, which whoever begins from it has had before.
    """
    own = {parse_certificate(one.certificate).spki: one.certificate for one in authorities}
    answers = session.scalars(select(IssuerImport.certificate).order_by(IssuerImport.request_id))
    certified = [der for der in map(bytes, answers) if parse_certificate(der).spki in own]
    above = session.scalars(select(OutsideCertificate.der).order_by(OutsideCertificate.id)) if certified else ()
    found = dict.fromkeys([*certified, *map(bytes, above)])
    outside = [der for der in found if der not in own.values() and _leads_on(der, now)]
    return [*crosses(session, authorities, now), *outside]


def _leads_on(der: bytes, now: datetime) -> bool:
    found = parse_certificate(der)
    return found.issuer != found.subject and found.not_before <= now <= found.not_after


def octets_in(kind: str, files: Iterable[Path]) -> bytes:
    """What these files hold: octets in one, or the lines of a leaflet in one or several. Raises ParseError."""
    contents = [path.read_bytes() for path in files]
    if len(contents) == 1 and not contents[0].startswith(b"LAOTRUST:"):
        return contents[0]
    lines = [line for content in contents for line in content.decode("ascii", "replace").splitlines() if line.strip()]
    return joined(kind, lines)


def _signer(run: Run, name: str) -> Signer | None:
    try:
        return open_signer(run.key_uri(f"ocsp-{name}"))
    except (KeyUnusable, FileNotFoundError):
        return None
