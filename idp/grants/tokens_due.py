"""What a grant type hands to the token endpoint."""

from dataclasses import dataclass, field

from idp.binding import Confirmation
from idp.details import Detail
from idp.grants.live import LiveGrant


@dataclass(frozen=True)
class TokensDue:
    """The grant to compose tokens for. Its use is already entered; signing comes after."""

    alive: LiveGrant
    refresh_token: str | None
    nonce: str | None = None
    bound_to: Confirmation = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    """What the access token is for, if not for ourselves."""
    details: tuple[Detail, ...] = ()
    """The same in detail."""
