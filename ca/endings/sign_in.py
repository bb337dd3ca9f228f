"""A holder's sign-in as the proof of what he wants: an ID token whose nonce is the digest of the act (RV-01, RV-02).

The process that takes it in has no key of the provider's, so it cannot make such a token up; it could only ask for one
under a pretext, for an end or a pause and never for a release (docs/decisions/0019). The token is kept with the act.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from ledger.acts import Act, ActInvalid
from ledger.standing import cut_off
from pki.base64url import encode
from web.sign_on import IdToken, RelyingParty, SignOnFailed, token_keys

RECENT = timedelta(minutes=5)
"""So long before he is asked at most the person showed who he is; else the provider asks him again (`max_age`)."""
ON_THE_WAY = timedelta(minutes=1)
"""From the provider's answer to ours: a code lives no longer."""
LONGEST = timedelta(minutes=15)
"""From the person's word on our page to the token: he may have to sign in, which takes ten minutes at most."""
LEVELS = ("urn:laotrust:acr:2", "urn:laotrust:acr:3")
"""Something known and something held: a password alone, which others may know, ends nothing."""


@dataclass(frozen=True)
class SignedIn:
    """A person who is signed in and wants this very act; only `verify_sign_in` makes it."""

    act: Act
    salt: bytes
    person_id: str
    token: IdToken


def nonce_of(act: Act, salt: bytes) -> str:
    """The nonce by which the provider's token names the act; `salt` makes it one that nobody guesses."""
    return encode(sha256(salt + act.message()).digest())


def verify_sign_in(
    session: Session, party: RelyingParty, act: Act, salt: bytes, token: str, person_id: str, now: datetime
) -> SignedIn:
    """The sign-in, if the token is the provider's word about this act, fresh and of the level. Raises ActInvalid.

    `person_id` is whom userinfo names for the token's `sub`; the provider's own record of the token's session says the
    same to whoever doubts it.
    """
    try:
        verified = party.verified(token, nonce_of(act, salt), token_keys(session, now), now)
    except SignOnFailed as fault:
        raise ActInvalid(fault.code) from fault
    if not timedelta() <= now - act.at <= LONGEST or now - verified.authenticated_at > RECENT + ON_THE_WAY:
        raise ActInvalid("sign-on.stale")
    if verified.acr not in LEVELS:
        raise ActInvalid("sign-on.level")
    if cut_off(session, person_id, verified.authenticated_at):
        raise ActInvalid("sign-on.cut-off")
    return SignedIn(act, salt, person_id, verified)
