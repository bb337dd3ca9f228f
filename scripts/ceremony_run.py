"""`ceremony-run FILE`: the ceremony itself, once enough operators have approved it."""

from collections.abc import Callable
from pathlib import Path

from ca.ceremonies.approval import ApprovalInvalid, read_approvals
from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.plan import Plan, PlanUnfit, read_plan
from ca.ceremonies.run import Progress, hold
from ledger.decision import Refuse
from scripts.ceremony_plan import PLAN, refused
from scripts.cli import Exit, Outcome, Run, verb
from scripts.issue import alone, keyring
from web.words import WORDS


@verb("ceremony", example="python -m scripts ceremony-run root.json --home /media/ceremony/home")
@PLAN
def ceremony_run(run: Run, file: Path) -> Outcome | Refuse:
    """Does the plan's steps, each once, and writes the transcript, which those who were there then sign.

    The approvals lie beside the plan. Interrupted at any step, it goes on from there when it is run again. The signing
    room must be stopped. Exit code 3: all is done, and signatures are missing.
    """
    with alone(run) as only:
        if not only:
            return Refuse("issuance.other-room")
        return tried(run, file, lambda ceremony, plan: hold(ceremony, plan, read_approvals(file)))


def tried(run: Run, file: Path, act: Callable[[Ceremony, Plan], Progress]) -> Outcome:
    """How far the ceremony is after `act`, or why it is not. Raises CeremonyFailed."""
    try:
        plan = read_plan(file)
        keys = HomeKeyring(run.home, {**keyring(run).mapping, **plan.places})
        return _told(act(Ceremony(run.ledger, run.home, keys, plan.mode), plan))
    except PlanUnfit as unfit:
        return refused(unfit.faults)
    except ApprovalInvalid as invalid:
        return stopped(invalid.code, invalid)


def stopped(code: str, fault: Exception) -> Outcome:
    """The ceremony, or an approval, comes no further: what to do in both languages, and exactly what is wrong."""
    lao = WORDS[code][0]
    return Outcome({"error": code, "lo": lao, "en": str(fault)}, [lao, str(fault)], Exit.REFUSED)


def _told(progress: Progress) -> Outcome:
    values = {
        "transcript": str(progress.transcript),
        "done": progress.done,
        "steps": progress.steps,
        "signed_by": list(progress.signed_by),
        "missing": list(progress.missing),
    }
    lines = [f"ຂັ້ນຕອນ / steps: {progress.done} / {progress.steps}", f"ບັນທຶກ / transcript: {progress.transcript}"]
    if progress.missing:
        lines.append(f"ຍັງບໍ່ໄດ້ເຊັນ / still to sign (ceremony-sign): {', '.join(progress.missing)}")
    return Outcome(values, lines, Exit.PARTLY if progress.missing else Exit.DONE)
