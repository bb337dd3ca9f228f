"""Who may call a route: every view says it, and a test walks all routes of all houses to see that it does."""

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Guard(Enum):
    """What stands before a view. The words are for the reader; the view itself, or what it calls first, does it."""

    PUBLIC = "anybody may ask; what is answered is public, or judged by what was sent alone"
    CLIENT = "the relying service authenticates (RFC 6749 clause 2.3)"
    TOKEN = "an access token is shown (RFC 6750)"  # noqa: S105 - words, no secret
    FORM = "a form of ours is sent from the browser that it was given to"
    BROWSER = "a one-time handle is shown by the browser that it was given to"
    SIGNED_IN = "the provider says who is signed in, now; who is not is sent to sign in"
    MESSAGE = "the message itself is signed by the key of an account, or by the one that it is about (RFC 8555)"
    MACHINE = "a machine shows a secret, or the key of a certificate, of an allowance (ca/machines)"
    CERTIFICATE = "the handshake proved the key of a certificate that the ledger knows"


def guard(by: Guard) -> Callable[[View], View]:
    """Marks a view with what stands before it."""

    def mark(view: View) -> View:
        view.guard = by  # type: ignore[attr-defined]
        return view

    return mark
