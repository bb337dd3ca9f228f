"""Whether what was kept of a holder's sign-in proves what it was kept for; for whoever doubts an ending (RV-02)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from ca.endings.asking import act_for
from ca.endings.sign_in import LEVELS, nonce_of
from ca.tables.endings import SignInProof
from ledger.acts import FRESHNESS
from ledger.certificates import Certificate
from ledger.entry import Entry
from pki.errors import PkiError
from pki.jws import verify
from web.sign_on import token_keys


@dataclass(frozen=True)
class Provider:
    """What the provider's own rows say, for whoever may read them: no house reads another's."""

    is_for_page: Callable[[str, str], bool]
    """Whether a token of this issuer (`iss`), for this client (`aud`), is our provider's for the holders' page."""
    person_of: Callable[[str], str | None]
    """The id of the person whose session (`sid`) it is."""


def proven(session: Session, kept: SignInProof, provider: Provider | None = None) -> bool:
    """Whether a key that signed tokens then signed this one, then and about this very act, with what stands beside it.

    Without `provider` the token alone is judged, and neither whose session it was nor for which page it was meant.
    """
    certificate, taken_in = session.get_one(Certificate, kept.subject), session.get_one(Entry, kept.entry_id).at
    act = act_for(kept.kind, certificate.sha256, kept.reason, kept.act_at)
    try:
        claims = verify(kept.token, token_keys(session, kept.act_at), {"JWT"}).claims()
        authenticated_at = datetime.fromtimestamp(claims["auth_time"], UTC)
        made_at = datetime.fromtimestamp(claims["iat"], UTC)
    except (PkiError, KeyError, TypeError, ValueError, OverflowError):
        return False
    told = (claims.get("nonce"), claims.get("sid"), claims.get("acr"), authenticated_at)
    if told != (nonce_of(act, kept.nonce_salt), kept.session_id, kept.acr, kept.authenticated_at):
        return False
    if kept.acr not in LEVELS or abs(taken_in - made_at) > FRESHNESS:
        return False
    if provider is None:
        return True
    ours = provider.is_for_page(str(claims.get("iss")), str(claims.get("aud")))
    return ours and provider.person_of(kept.session_id) == kept.person_id
