"""`ending-proof`: what a holder proved when he ended or paused his certificate on his own page."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.proven import proven
from ca.tables.endings import SignInProof
from idp.tables import Session as ProvidersSession
from ledger.certificates import Certificate
from ledger.people import Person
from scripts.certificate_show import digest_of
from scripts.cli import Exit, Outcome, Run, verb


@verb("audit", example="python -m scripts ending-proof 3fa2…")
@click.argument("certificate")
def ending_proof(run: Run, *, certificate: str) -> Outcome:
    """Verifies again what was kept of each sign-in by which CERTIFICATE was ended or paused: its file, SHA-256, serial.

    The token must be the provider's, about this very act, and the provider's session that person's. Exit 1 if not.
    """
    digest = digest_of(run, certificate)
    with run.ledger.read() as session:
        about = select(Certificate.id).where(Certificate.sha256 == digest)
        kept = select(SignInProof).where(SignInProof.subject.in_(about)).order_by(SignInProof.act_at)
        found = [_told(session, one) for one in session.scalars(kept)]
    good = all(one["holds"] for one in found)
    lines = [
        f"{one['at']}  {one['kind']}  {one['reason']}  by {one['person']}, signed in at {one['authenticated_at']} "
        f"({one['acr']}): {'holds' if one['holds'] else 'DOES NOT HOLD'}"
        for one in found
    ]
    return Outcome({"proofs": found}, lines or ["No sign-in ended or paused it."], Exit.DONE if good else Exit.REFUSED)


def _told(session: Session, kept: SignInProof) -> dict[str, object]:
    """One proof; the provider's own row says whose session it was."""
    providers = session.get(ProvidersSession, kept.session_id)
    his = providers is not None and providers.person_id == kept.person_id
    return {
        "kind": kept.kind,
        "reason": kept.reason,
        "at": kept.act_at.isoformat(),
        "person": session.get_one(Person, kept.person_id).number,
        "session": kept.session_id,
        "acr": kept.acr,
        "authenticated_at": kept.authenticated_at.isoformat(),
        "holds": proven(session, kept) and his,
    }
