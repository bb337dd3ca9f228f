"""`ending-proof`: what a holder proved when he ended or paused his certificate on his own page."""

import os

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.proven import Provider, proven
from ca.routes.holder import HOME
from ca.tables.endings import SignInProof
from idp.tables import Client
from idp.tables import Session as ProvidersSession
from ledger.certificates import Certificate
from ledger.people import Person
from scripts.certificate_show import digest_of
from scripts.cli import Exit, Outcome, Run, verb


@verb("audit", example="python -m scripts ending-proof 3fa2…")
@click.argument("certificate")
def ending_proof(run: Run, *, certificate: str) -> Outcome:
    """Verifies again what was kept of each sign-in by which CERTIFICATE was ended or paused: its file, SHA-256, serial.

    The token must be the provider's, for the holders' page, about this very act, and of then; the provider's session
    that person's. The provider is at LAOTRUST_ISSUER, else at the home's own address. Exit 1 if not.
    """
    digest = digest_of(run, certificate)
    with run.ledger.read() as session:
        about = select(Certificate.id).where(Certificate.sha256 == digest)
        kept = select(SignInProof).where(SignInProof.subject.in_(about)).order_by(SignInProof.act_at)
        provider = provider_of(run, session)
        found = [_told(session, one, provider) for one in session.scalars(kept)]
    good = all(one["holds"] for one in found)
    lines = [
        f"{one['at']}  {one['kind']}  {one['reason']}  by {one['person']}, signed in at {one['authenticated_at']} "
        f"({one['acr']}): {'holds' if one['holds'] else 'DOES NOT HOLD'}"
        for one in found
    ]
    return Outcome({"proofs": found}, lines or ["No sign-in ended or paused it."], Exit.DONE if good else Exit.REFUSED)


def provider_of(run: Run, session: Session) -> Provider:
    """What the provider's rows say: a client that is sent people at the holders' page is that page."""

    def is_for_page(issuer: str, client_id: str) -> bool:
        client = session.get(Client, client_id)
        if client is None or issuer != (os.environ.get("LAOTRUST_ISSUER") or run.home.url("idp")):
            return False
        return any(one.endswith(f"{HOME}/back") for one in client.redirect_uris.split(" "))

    def person_of(session_id: str) -> str | None:
        found = session.get(ProvidersSession, session_id)
        return found.person_id if found else None

    return Provider(is_for_page, person_of)


def _told(session: Session, kept: SignInProof, provider: Provider) -> dict[str, object]:
    return {
        "kind": kept.kind,
        "reason": kept.reason,
        "at": kept.act_at.isoformat(),
        "person": session.get_one(Person, kept.person_id).number,
        "session": kept.session_id,
        "acr": kept.acr,
        "authenticated_at": kept.authenticated_at.isoformat(),
        "holds": proven(session, kept, provider),
    }
