"""Whether what was kept of a holder's sign-in proves what it was kept for; for whoever doubts an ending (RV-02)."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from ca.endings.asking import act_for
from ca.endings.sign_in import nonce_of
from ca.tables.endings import SignInProof
from ledger.certificates import Certificate
from pki.errors import PkiError
from pki.jws import verify
from web.sign_on import token_keys


def proven(session: Session, kept: SignInProof) -> bool:
    """Whether a key that signed tokens then signed this one, about this very act, with what stands beside it.

    Whose session it was the provider's own rows tell.
    """
    certificate = session.get_one(Certificate, kept.subject)
    act = act_for(kept.kind, certificate.sha256, kept.reason, kept.act_at)
    try:
        claims = verify(kept.token, token_keys(session, kept.act_at), {"JWT"}).claims()
        authenticated_at = datetime.fromtimestamp(claims["auth_time"], UTC)
    except (PkiError, KeyError, TypeError, ValueError):
        return False
    told = (claims.get("nonce"), claims.get("sid"), claims.get("acr"), authenticated_at)
    return told == (nonce_of(act, kept.nonce_salt), kept.session_id, kept.acr, kept.authenticated_at)
