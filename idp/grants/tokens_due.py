"""What a grant type hands to the token endpoint."""

from dataclasses import dataclass

from idp.grants.live import LiveGrant


@dataclass(frozen=True)
class TokensDue:
    """The grant to compose tokens for. Its use is already entered; signing comes after."""

    alive: LiveGrant
    refresh_token: str
    nonce: str | None = None
