"""`status-digest`: the nation's revocations as a QR code, a file and a text."""

from datetime import timedelta
from pathlib import Path

import click
import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.publication.crl import newest
from ledger.certificates import Issuer, generation_name
from ledger.decision import Refuse
from ocsp.far.digest import carried
from ocsp.far.export import Voice
from ocsp.far.population import Population
from pki.leaflets import STATUS, TRUST, lines
from scripts.cli import Exit, Outcome, Run, verb
from scripts.far import known, vouching
from web.home import ROOTS, ca_of


@verb("ocsp", example="python -m scripts status-digest out/")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--life-days", type=click.IntRange(1, 90), default=7, show_default=True, help="Until when it counts.")
@click.option("--issuer", "names", multiple=True, help="Only these CAs; else all with keys of today (not ML-DSA).")
def status_digest(run: Run, *, folder: Path, life_days: int, names: tuple[str, ...]) -> Outcome | Refuse:
    """Writes into FOLDER who is revoked (`status`) and whom to believe (`trust`), signed by the OCSP responders.

    Each as octets (.bin), as lines of text (.txt) and as QR codes (-1.png …). `status-check` reads any of them.
    """
    found = known(run)
    if isinstance(found, Refuse):
        return found
    populations, voices = found
    chosen = [one for one, voice in zip(populations, voices, strict=True) if _chosen(one, voice, names)]
    pairs = [voice for one, voice in zip(populations, voices, strict=True) if one in chosen]
    with run.ledger.read() as session:
        crls = _about_cas(session, {one.name for one in chosen})
        others = vouching(session, chosen, now := run.clock.now())
    made = carried(chosen, pairs, crls, now, timedelta(days=life_days), crosses=others)
    if made.without == tuple(one.name for one in chosen):
        return Refuse("export.nothing")
    codes = _write(folder, "status", STATUS, made.digest), _write(folder, "trust", TRUST, made.trust_list)
    without = sorted({*made.without, *(one.name for one in populations if one not in chosen)})
    values = {
        "folder": str(folder), "certificates": made.certificates, "ended": made.ended,
        "octets": len(made.digest), "codes": codes[0], "trust_octets": len(made.trust_list), "trust_codes": codes[1],
        "without": without,
    }  # fmt: skip
    said = [
        f"{made.certificates} certificates, {made.ended} ended or paused: {len(made.digest)} octets, {codes[0]} QR.",
        f"The trust list has {len(made.trust_list)} octets, {codes[1]} QR.",
        *(f"Left out: {name}" for name in without),
    ]
    return Outcome(values, said, Exit.PARTLY if made.without else Exit.DONE)


def _about_cas(session: Session, names: set[str]) -> list[bytes]:
    """The newest CRL of each root, of whichever generation, that is among these."""
    roots = session.scalars(select(Issuer).where(Issuer.name.in_(ROOTS)).order_by(Issuer.id))
    chosen = [one for one in roots if generation_name(one.name, one.generation) in names]
    return [crl.der for one in chosen if (crl := newest(session, one.name, one.generation))]


def _chosen(population: Population, voice: Voice | None, names: tuple[str, ...]) -> bool:
    """Those that were named; else all but the chain of ML-DSA, whose signatures alone fill a code each."""
    if names:
        return population.name in names or ca_of(population.name) == ROOTS[0]
    return voice is None or not voice.signer.algorithm.post_quantum


def _write(folder: Path, name: str, kind: str, octets: bytes) -> int:
    """The octets, the lines, and a picture a line; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = lines(kind, octets)
    (folder / f"{name}.bin").write_bytes(octets)
    (folder / f"{name}.txt").write_text("\n".join(texts) + "\n")
    for path in folder.glob(f"{name}-*.png"):
        path.unlink()
    for place, text in enumerate(texts, 1):
        code = segno.make(text, error="l", mode="alphanumeric", boost_error=False, micro=False)
        code.save(str(folder / f"{name}-{place}.png"), scale=4)
    return len(texts)
