"""`unproven-list`: what is in the tables though nobody provably wanted it."""

from dataclasses import asdict

from ca.closing.unproven import unentered
from ca.endings.unproven import unanswered, uncaused
from ca.governance.provenance import Provenance
from ca.governance.unproven import unbelieved
from ca.reissue.unproven import unturned
from ca.retention.unproven import unordered
from scripts.cli import Exit, Outcome, Run, verb
from scripts.ending_proof import provider_of
from web.words import WORDS


@verb("govern", "python -m scripts unproven-list --json")
def unproven_list(run: Run) -> Outcome:
    """Lists duties, desks, numbers, leaves that nobody agreed on, and endings, pauses, erasures without a proven cause.

    The first count for nothing, until an agreed change ends or buries them; the others do end or pause a certificate,
    a duty, a leave, halt issuing, or took papers away. Requests are named too that an ending closed without answering
    them. Each is named with its entry and who wrote it: ask there. Exit code 1 when there is any.
    """
    with run.ledger.read() as session:
        provenance = Provenance(session)
        provider = provider_of(run, session)
        ended = [*uncaused(provenance, provider), *unanswered(provenance)]
        counting = [*unbelieved(provenance), *unentered(provenance), *unturned(provenance)]
        found = [*counting, *ended, *unordered(provenance)]
    values, lines = [], []
    for one in found:
        lao, english = WORDS[one.code]
        values.append({**asdict(one), "at": one.at.isoformat(), "lo": lao, "en": english})
        lines += [f"{one.kind} {one.id}", f"  entry {one.entry_id} ({one.event}, {one.at.isoformat()})"]
        lines += [f"  by {one.actor}, role {one.writer or 'none'}", f"  {lao}", f"  {english}"]
    exit_code = Exit.REFUSED if found else Exit.DONE
    return Outcome({"unproven": values}, lines or ["Everything is accounted for."], exit_code)
