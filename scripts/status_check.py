"""`status-check`: whether a certificate is good, by a digest alone and without a line."""

import json
from datetime import datetime
from pathlib import Path

import click

from ledger.decision import Refuse
from pki.age import Age, age_of
from pki.certificate import ParsedCertificate, certificates_from_pem, dense_number, parse_certificate
from pki.errors import ParseError
from pki.leaflets import STATUS, TRUST
from pki.path import PathRevoked
from pki.status_digest import Seen, Standing, StatusDigest, remembered, verify_digest
from pki.trust_list import TrustedList, verify_trust_list
from scripts.cli import Exit, Outcome, Run, verb
from scripts.far import octets_in, roots_of
from web.words import WORDS

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@verb(
    "ocsp", example="python -m scripts status-check officer.pem --status status.txt --trust trust.txt --root root.pem"
)
@click.argument("certificate", type=_FILE)
@click.option("--status", "status", multiple=True, required=True, type=_FILE, help="The digest; a file a QR, or one.")
@click.option("--trust", "trust", multiple=True, required=True, type=_FILE, help="Its trust list, in the same way.")
@click.option("--root", "root", multiple=True, type=_FILE, help="PEM of a root; else those of the home.")
@click.option("--seen", type=click.Path(dir_okay=False, path_type=Path), help="Remembers the newest digest seen.")
def status_check(
    run: Run, *, certificate: Path, status: tuple[Path, ...], trust: tuple[Path, ...], root: tuple[Path, ...],
    seen: Path | None,
) -> Outcome | Refuse:  # fmt: skip
    """Answers from a status digest, offline: good, revoked, paused, or not covered because it is newer.

    Says how old the digest is and what that means. Refuses one that is forged, of another set than its trust list,
    or older than one seen before. Exit 0 only for good.
    """
    now, octets = run.clock.now(), octets_in(STATUS, status)
    trusted = verify_trust_list(octets_in(TRUST, trust), roots_of(run, root), now)
    digest = verify_digest(octets, trusted, now)
    memory = seen or run.home.path / "status-seen.json"
    after = remembered(_seen(memory), digest, octets, trusted)
    if after is None:
        return Refuse("digest.rolled-back")
    _remember(memory, after)
    asked = _certificate(certificate)
    told = _told(asked, digest, trusted, now)
    age = age_of(digest.made_at, digest.until, now)
    word = "unknown" if age is Age.PAST and told in {Standing.GOOD, Standing.PAUSED} else told.value
    (lao, english), (means_lao, means_english) = WORDS[f"carried.{word}"], WORDS[f"carried.age-{age.value}"]
    values = {
        "status": word, "age": age.value, "age_seconds": int((now - digest.made_at).total_seconds()),
        "made_at": digest.made_at.isoformat(), "until": digest.until.isoformat(),
        "lo": f"{lao} {means_lao}", "en": f"{english} {means_english}",
    }  # fmt: skip
    said = [lao, english, f"{digest.made_at.isoformat()} → {digest.until.isoformat()}", means_lao, means_english]
    return Outcome(values, said, Exit.DONE if word == "good" else Exit.REFUSED)


def _told(asked: ParsedCertificate, digest: StatusDigest, trusted: TrustedList, now: datetime) -> Standing:
    try:
        return standing(asked, digest, trusted, trusted.issuer_of(asked, now))
    except PathRevoked:
        return Standing.REVOKED


def standing(asked: ParsedCertificate, digest: StatusDigest, trusted: TrustedList, authority: int) -> Standing:
    """What the digest knows of a certificate; one whose CA is ended is ended."""
    issuer = trusted.authorities[authority]
    above = next((place for place, one in enumerate(trusted.authorities) if one.subject == issuer.issuer), authority)
    if above != authority and _of(issuer, digest, above) in {Standing.REVOKED, Standing.PAUSED}:
        return Standing.REVOKED
    return _of(asked, digest, authority)


def _of(asked: ParsedCertificate, digest: StatusDigest, authority: int) -> Standing:
    section = digest.section(authority)
    return Standing.NOT_COVERED if section is None else section.standing(dense_number(asked.serial))


def _certificate(path: Path) -> ParsedCertificate:
    octets = path.read_bytes()
    return parse_certificate(octets) if octets[:1] == b"\x30" else certificates_from_pem(octets)[0]


def _remember(memory: Path, seen: Seen) -> None:
    """The memory never holds half of it: who is cut off while he checks goes on with what he had."""
    memory.parent.mkdir(parents=True, exist_ok=True)
    half = memory.with_name(f".{memory.name}.half")
    half.write_text(json.dumps(seen, indent=1))
    half.replace(memory)


def _seen(memory: Path) -> Seen:
    """What was seen before. Raises ParseError where that cannot be known: an older digest could be believed."""
    if not memory.exists():
        return {}
    try:
        told = json.loads(memory.read_bytes())
        return {str(authority): (int(number), str(digest)) for authority, (number, digest) in told.items()}
    except (ValueError, TypeError, AttributeError) as fault:
        raise ParseError(f"{memory} holds no memory of digests", "digest.memory") from fault
