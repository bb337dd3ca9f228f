"""Which key signs for which issuer: the newest valid responder certificate in the ledger whose key we hold.

A renewed certificate is taken up at the next question, without a restart. A signer is opened once; when the
ledger shows a certificate for another key than the one that is open, it is opened again, once per certificate.
"""

from collections.abc import Callable
from datetime import datetime

from ocsp.store import Authority, ResponderCertificate, StatusStore
from pki.keys import key_sha256
from pki.ocsp import Responder
from pki.signing import Signer

OpenSigner = Callable[[str], Signer]
"""Opens the responder's key of an issuer by the issuer's name; may raise whatever the key's place raises."""


class ResponderKeys:
    """The responders in use, one for each certificate."""

    def __init__(self, store: StatusStore, open_signer: OpenSigner) -> None:
        """Opens nothing yet: an issuer whose key is away takes no other with it."""
        self._store, self._open_signer = store, open_signer
        self._signers: dict[str, Signer] = {}
        self._ready: dict[str, Responder | None] = {}

    def find(self, authority: Authority, now: datetime) -> tuple[Responder, datetime] | None:
        """The responder for `authority` and until when its certificate is valid; None if there is none at `now`."""
        for certificate in self._store.responders(authority, now):
            responder = self._responder(authority, certificate)
            if responder is not None:
                return responder, certificate.not_after
        return None

    def at_hand(self, authority: Authority, now: datetime) -> bool:
        """Whether `find` opens nothing: all certificates that it may come to were tried before."""
        return all(one.sha256 in self._ready for one in self._store.responders(authority, now))

    def _responder(self, authority: Authority, certificate: ResponderCertificate) -> Responder | None:
        if certificate.sha256 not in self._ready:
            signer = self._signers.get(certificate.key_sha256) or self._opened(authority)
            fits = key_sha256(signer.public_key) == certificate.key_sha256
            self._ready[certificate.sha256] = Responder(signer, certificate.der) if fits else None
        return self._ready[certificate.sha256]

    def _opened(self, authority: Authority) -> Signer:
        signer = self._open_signer(authority.name)
        return self._signers.setdefault(key_sha256(signer.public_key), signer)
