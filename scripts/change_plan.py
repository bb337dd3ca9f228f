"""`change-plan FILE`: what a change would alter, exactly, and what will happen; recorded for another person's eyes."""

from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import click

from ca.governance.changes import deny, plan
from ca.governance.kind import Unfit
from ca.governance.plan import PLAN, Plan, act_for, parse_file, resolve
from ca.governance.provenance import Provenance
from ledger.canonical import portable
from ledger.decision import Refuse
from scripts.changing import effects_of, faulty, refused_by_lint, told
from scripts.cli import ActingPerson, Outcome, Run, for_person, verb
from scripts.encoded import ders_in
from scripts.specimens import certificates_of


@verb("govern", "python -m scripts change-plan auditor.toml --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option(
    "--certificate", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A CA's certificate, PEM or DER, in the place of the field `certificate` of FILE.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def change_plan(run: Run, file: Path, *, number: str, key: str, certificate: Path | None) -> Outcome | Refuse:
    """Plans the change in FILE under your signature; another person approves it, then it is applied.

    FILE is TOML or JSON: change = "duty.grant" (configuration.set, profile.set, duty.grant, duty.end, desk.open,
    desk.change, desk.close, desk.revoke, foreign-ca.accept, foreign-ca.end, ca-certificate.revoke, preapproval.grant,
    preapproval.end) and its fields, as docs/governance.md lists them. Nothing is in force yet.
    """
    person = run.acting(number, key)
    wanted = _read(run, file, certificate)
    if isinstance(wanted, Refuse):
        refusal = deny(run.ledger, PLAN, wanted.code, None, person.person_id)
        return faulty(wanted) if isinstance(wanted, Unfit) else refusal
    certificates = certificates_of(run, wanted)
    if certificates.faults:
        return refused_by_lint(run, PLAN, certificates, person.person_id)
    effects, sentences = effects_of(run, wanted)
    planned = _recorded(run, person, wanted)
    if isinstance(planned, Refuse):
        return planned
    values = {
        "digest": wanted.digest,
        "change": wanted.what,
        "difference": portable(wanted.difference),
        "effects": effects,
        "certificates": certificates.values,
    }
    lines = [f"{wanted.what}:", *told(wanted), *(["what will happen:", *sentences] if sentences else [])]
    lines += certificates.lines
    short = wanted.digest[:16]
    next_step = f"next: another person runs python -m scripts change-approve {short} --as NUMBER --key URI"
    return Outcome(values, [*lines, f"digest {wanted.digest}", next_step])


def _read(run: Run, file: Path, certificate: Path | None) -> Plan | Refuse:
    read = parse_file(file.read_text(encoding="utf-8", errors="replace"))
    if isinstance(read, Refuse):
        return read
    what, given = read
    if certificate is not None:
        given = {**given, "certificate": DER_cert_to_PEM_cert(ders_in(certificate)[0])}
    with run.ledger.read() as session:
        return resolve(Provenance(session), what, given, run.clock.now())


def _recorded(run: Run, person: ActingPerson, wanted: Plan) -> str | Refuse:
    return plan(run.ledger, wanted, person.sign(act_for(PLAN, wanted.digest, wanted.planned_at)))
