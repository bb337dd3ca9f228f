"""`enrol-batch`: requests by the thousand, as plan, apply and signed receipt."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from ca.batches.apply import apply_plan, batch_named, tally
from ca.batches.certificates import write_certificates
from ca.batches.columns import template
from ca.batches.outcomes import counts, outcomes
from ca.batches.paper import paper_of
from ca.batches.plan import SHOWN, Desk, PlanUnknown, Record, load_plan, make_plan
from ca.batches.receipt import chain_of, write_proofs, write_receipt
from ca.batches.source import opened
from ca.ceremonies.files import write_whole
from ca.events.batches import BatchReceipted
from ca.issuance.line import NotSealed
from ca.registration.applicants import duties
from ca.statement import terms
from ca.tables.batches import EnrolmentBatch
from ledger.decision import Refuse
from ledger.people import Person
from ledger.roles import Action, may_act
from ledger.sealed_fields import SealedFields
from ledger.sheet import FileUnfit
from scripts.cli import ActingPerson, Exit, Outcome, Run, verb
from scripts.issue import await_seal
from web.home import Mode
from web.words import WORDS

_FILE = click.Path(exists=True, path_type=Path)


@verb(
    "ca",
    example="python -m scripts enrol-batch requests.zip --as 10000001\n  "
    "python -m scripts enrol-batch --apply 3f0c9a1be2d4 --as 10000001 --key file:/abs/key.pem\n  "
    "python -m scripts enrol-batch --receipt 3f0c9a1be2d4 --out receipt --as 10000001 --key file:/abs/key.pem",
)
@click.option("--key", help="URI of the officer's authentication key; for --apply and --receipt.")
@click.option("--as", "number", help="Number of the officer who saw the people and their papers.")
@click.option("--out", type=click.Path(path_type=Path), help="Where --receipt, --certificates, --template write.")
@click.option("--template", "form", is_flag=True, help="Write an empty list.")
@click.option("--certificates", metavar="DIGEST", help="Write a zip with the certificates of this batch.")
@click.option("--receipt", metavar="DIGEST", help="Write how far this batch has come, signed, for people and programs.")
@click.option("--status", metavar="DIGEST", help="Tell how far this batch has come.")
@click.option("--apply", "apply", metavar="DIGEST", help="Hand this plan in; run again, it goes on.")
@click.option("--plan", is_flag=True, help="Plan FILE; the default.")
@click.argument("file", type=_FILE, required=False)
def enrol_batch(run: Run, *, file: Path | None, plan: bool, form: bool, **given: Any) -> Outcome | Refuse:
    """Plans a list of requests, hands the plan in under the officer's signature, and says what became of each line.

    FILE is a CSV, a folder with one CSV and the requests, or a zip of such. A plan records nothing. What it shows as
    good is judged again when it is handed in; a line that is bad never stops the others (exit 3). `docs/batch.md`
    has the columns; --template writes an empty list.
    """
    modes = {name: given[name] for name in ("apply", "status", "receipt", "certificates") if given[name]}
    if len(modes) + bool(file) + form != 1 or (plan and not file):
        raise click.UsageError("give FILE, or one of --apply, --status, --receipt, --certificates, --template")
    if form:
        return _template(run, given["out"])
    if file:
        return _plan(run, file, _needed(given, "number"))
    [(mode, digest)] = modes.items()
    return _MODES[mode](run, digest, given)


def _plan(run: Run, file: Path, number: str) -> Outcome | Refuse:
    with run.ledger.read() as session:
        officer = session.scalar(select(Person.id).where(Person.number == number))
    if officer is None:
        return Refuse("enrolment.person-unknown")
    try:
        with opened(file) as source, run.progress("planned", None) as seen:
            made = make_plan(_desk(run, officer), source, _plans(run), seen)
    except FileUnfit as fault:
        return Refuse(fault.code)
    figures = {"profiles": made.profiles, "organisations": made.organisations, "desks": made.desks}
    values = {"digest": made.digest, "lines": made.lines, "good": made.lines - made.bad, "bad": made.bad, **figures}
    lines = [line for record in made.shown for line in _told(record)]
    lines += [f"… {made.bad - SHOWN} more bad lines"] if made.bad > SHOWN else []
    lines += [f"{name}: {_listed(some)}" for name, some in figures.items() if some]
    lines += [f"{values['good']} good · {made.bad} bad · digest {made.digest}"]
    lines += [f"next: python -m scripts enrol-batch --apply {made.digest[:16]} --as {number} --key URI"]
    return Outcome({**values, "shown": [_shown(record) for record in made.shown]}, lines)


def _apply(run: Run, digest: str, given: dict[str, Any]) -> Outcome | Refuse:
    officer = run.acting(_needed(given, "number"), _needed(given, "key"))
    try:
        plan = load_plan(_plans(run), digest)
    except PlanUnknown as fault:
        with run.ledger.read() as session:
            batch = batch_named(session, digest)
        return Refuse(fault.code) if isinstance(batch, Refuse) else _result(run, batch)
    with run.progress("handed in", plan.lines) as seen:
        done = apply_plan(_desk(run, officer.person_id), plan, officer.sign, seen)
    return done if isinstance(done, Refuse) else _result(run, done)


def _status(run: Run, digest: str, _given: dict[str, Any]) -> Outcome | Refuse:
    with run.ledger.read() as session:
        batch = batch_named(session, digest)
        if isinstance(batch, Refuse):
            return batch
        done, states = tally(session, batch), counts(session, batch, run.clock.now())
    values = {"digest": batch.digest, **vars(done), "open": done.open, "states": states}
    return Outcome(values, [f"{done.lines} lines, {done.open} not done yet: {_listed(states)}"])


def _result(run: Run, batch: EnrolmentBatch) -> Outcome:
    """How the batch stands after --apply; the lines that were refused are listed."""
    with run.ledger.read() as session:
        done = tally(session, batch)
        bad = (one for one in outcomes(session, batch, run.clock.now()) if one.enrolment is None)
        refused = [one for one, _ in zip(bad, range(SHOWN), strict=False)]
    values = {"digest": batch.digest, "batch": batch.id, **vars(done), "open": done.open}
    values["left"] = [{"line": one.line, "field": one.field, "code": one.code} for one in refused]
    lines = [_sentence(one.line, one.field or "line", one.code or "") for one in refused]
    lines += [f"{done.taken} taken up · {done.refused} refused · {done.open} not done yet"]
    lines += [f"next: python -m scripts decide --batch {batch.digest[:16]} --yes --desk CODE --as NUMBER --key URI"]
    return Outcome(values, lines, Exit.PARTLY if done.refused or done.open else Exit.DONE)


def _receipt(run: Run, digest: str, given: dict[str, Any]) -> Outcome | Refuse:
    folder, officer = Path(_needed(given, "out")), run.acting(_needed(given, "number"), _needed(given, "key"))
    now, practice = run.clock.now(), run.home.mode() is Mode.PRACTICE
    with run.ledger.read() as session:
        batch = batch_named(session, digest)
        allowed = may_act(Action.DECIDE, duties(session, {officer.person_id}).get(officer.person_id, ()), now)
        if isinstance(refusal := batch and allowed, Refuse):
            return refusal
        assert isinstance(batch, EnrolmentBatch)
        if officer.person_id != batch.officer_id:
            return Refuse("batch.receipt-officer")
        chain = chain_of(session, officer.certificate_sha256)
        made = write_receipt(folder, batch, outcomes(session, batch, now), officer.signer, chain, now)
        unissued = (one for one in outcomes(session, batch, now) if one.code is not None)
        write_whole(folder / "receipt.pdf", paper_of(made, unissued, practice=practice))
    logged = _log(run, batch, folder, made.sha256, officer)
    lines = [f"The receipt is in {folder}: {_listed(made.body['counts'])}."]
    lines += [] if logged else ["The log is not sealed yet: write it again when `ledger-seal` runs."]
    values = {"folder": str(folder), "sha256": made.sha256, "counts": made.body["counts"], "logged": logged}
    return Outcome(values, lines, Exit.DONE if logged else Exit.PARTLY)


def _log(run: Run, batch: EnrolmentBatch, folder: Path, receipt: str, officer: ActingPerson) -> bool:
    """Whether the receipt is in the log, its proofs in the folder."""
    entry = run.ledger.record(BatchReceipted(batch.id, receipt), officer.actor)
    try:
        await_seal(run.ledger, [batch.entry_id, entry])
    except NotSealed:
        return False
    with run.ledger.read() as session:
        return write_proofs(session, folder, {"batch.begun": batch.entry_id, "batch.receipted": entry}) is None


def _certificates(run: Run, digest: str, given: dict[str, Any]) -> Outcome | Refuse:
    out = Path(_needed(given, "out"))
    with run.ledger.read() as session:
        batch = batch_named(session, digest)
        if isinstance(batch, Refuse):
            return batch
        count, done = write_certificates(session, batch, out), tally(session, batch)
    values = {"file": str(out), "certificates": count, "taken": done.taken}
    lines = [f"{count} certificates of {done.taken} requests that were taken up are in {out}."]
    return Outcome(values, lines, Exit.DONE if count == done.taken else Exit.PARTLY)


def _template(run: Run, out: Path | None) -> Outcome:
    with run.ledger.read() as session:
        text = template(terms.current(session).digest)
    if out is None:
        return Outcome({"template": text}, text.splitlines())
    write_whole(out, text.encode())
    return Outcome({"file": str(out)}, [f"An empty list is in {out}."])


_MODES = {"apply": _apply, "status": _status, "receipt": _receipt, "certificates": _certificates}


def _needed(given: dict[str, Any], name: str) -> Any:
    if given.get(name) is None:
        raise click.UsageError(f"say --{'as' if name == 'number' else name} too")
    return given[name]


def _desk(run: Run, officer: str) -> Desk:
    fields = SealedFields.open(run.key_uri("fields"))
    return Desk(run.ledger, fields, officer, run.home.mode() is Mode.PRACTICE)


def _plans(run: Run) -> Path:
    return run.home.path / "plans" / "batches"


def _listed(figures: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {count}" for name, count in sorted(figures.items()))


def _told(record: Record) -> list[str]:
    again = f" [= {record.first}]" if record.first else ""
    return [_sentence(record.line, reason.field, reason.code) + again for reason in record.faults]


def _sentence(line: int, field: str, code: str) -> str:
    lao, english = WORDS.get(code, WORDS["request.unexplained"])
    return f"ແຖວ / line {line}, {field}: {lao} · {english} ({code})"


def _shown(record: Record) -> dict[str, Any]:
    reasons = [
        {"field": one.field, "code": one.code, "lo": WORDS[one.code][0], "en": WORDS[one.code][1]}
        for one in record.faults
    ]
    return {"line": record.line, "reasons": reasons, "first": record.first}
