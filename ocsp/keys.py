"""Which key signs for which issuer: the newest valid responder certificate in the ledger whose key we hold.

A renewed certificate is taken up at the next question, without a restart. A signer is opened once; when the
ledger shows a certificate for another key than the one that is open, it is opened again. A key that was not there, or
did not fit, is looked for again when its place shows a change, and now and then because not every place shows one.
"""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import NamedTuple

from ocsp.store import Authority, ResponderCertificate, StatusStore
from pki.keys import key_sha256
from pki.ocsp import Responder
from pki.signing import SignatureAlgorithm, Signer, waits_for_a_device
from web import logs

OpenSigner = Callable[[str], Signer]
"""Opens the responder's key of an issuer by the issuer's name; may raise whatever the key's place raises."""
Mark = Callable[[str], Hashable]
"""By an issuer's name: what is another when another key may be in the key's place. Costs little, never raises."""
LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""A token says nothing of what is put into it: so often it is opened again for a certificate that nothing fits."""
_QUICK = {SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.ED25519}


def signs_at_once(signer: Signer) -> bool:
    """Whether a signature takes so few microseconds that nobody notices it who is answered after it."""
    return signer.algorithm in _QUICK and not waits_for_a_device(signer)


def unmarked(_issuer: str) -> None:
    """Of a place that never shows anything."""


class Signing(NamedTuple):
    """Who signs, until when its certificate is valid, and whether there may be a newer whose key is not open yet."""

    responder: Responder
    until: datetime
    newest: bool


class _Tried(NamedTuple):
    """How a place looked when it was opened, and when that was."""

    mark: Hashable
    at: datetime


class ResponderKeys:
    """The responders in use, one for each certificate. Safe to call from several threads."""

    def __init__(self, store: StatusStore, open_signer: OpenSigner, mark: Mark = unmarked) -> None:
        """Opens nothing yet: an issuer whose key is away takes no other with it."""
        self._store, self._open_signer, self._mark = store, open_signer, mark
        self._signers: dict[str, Signer] = {}
        self._ready: dict[str, Responder] = {}
        self._tried: dict[str, _Tried] = {}

    def find(self, authority: Authority, now: datetime) -> Signing | None:
        """Who signs for `authority`; None if nobody does at `now`. Opens what may be found.

        If nobody does, raises what opening a key raised, once for each time that it was tried.
        """
        fault: Exception | None = None
        for certificate in self._store.responders(authority, now):
            try:
                responder = self._at_hand(certificate) or self._opened(authority, certificate, now)
            except Exception as raised:  # noqa: BLE001 - another certificate's key may be open
                fault, responder = raised, None
            if responder is not None:
                if fault is not None:
                    logs.failure(f"an older key signs for {authority.name}", fault)
                return Signing(responder, certificate.not_after, newest=True)
        if fault is not None:
            raise fault
        return None

    def at_hand(self, authority: Authority, now: datetime) -> tuple[Signing | None, bool]:
        """Who signs for `authority` at `now` with a key that is open, and whether `find` would open none either."""
        newest = True
        for certificate in self._store.responders(authority, now):
            responder = self._at_hand(certificate)
            if responder is not None:
                return Signing(responder, certificate.not_after, newest), newest
            newest = newest and self._was_tried(authority, certificate, now)
        return None, newest

    def _at_hand(self, certificate: ResponderCertificate) -> Responder | None:
        ready = self._ready.get(certificate.sha256)
        if ready is None and (signer := self._signers.get(certificate.key_sha256)) is not None:
            ready = self._ready[certificate.sha256] = Responder(signer, certificate.der)
        return ready

    def _opened(self, authority: Authority, certificate: ResponderCertificate, now: datetime) -> Responder | None:
        """What opening the key of `authority` brings for `certificate`, unless that was tried and nothing changed."""
        if self._was_tried(authority, certificate, now):
            return None
        tried = _Tried(self._mark(authority.name), now)  # before it is opened: it may change meanwhile
        try:
            signer = self._open_signer(authority.name)
            self._signers.setdefault(key_sha256(signer.public_key), signer)
        finally:
            self._tried[certificate.sha256] = tried
        return self._at_hand(certificate)

    def _was_tried(self, authority: Authority, certificate: ResponderCertificate, now: datetime) -> bool:
        """Whether the key was opened for `certificate`, and may not be another since."""
        tried = self._tried.get(certificate.sha256)
        if tried is None or abs(now - tried.at) >= LOOK_AGAIN_AFTER:
            return False
        return tried.mark == self._mark(authority.name)
