"""Octets in, octets and headers out: the responder itself, which no framework knows.

Reads, decides, answers; records nothing. What cannot be answered truly is not answered: a question about a
foreign issuer is `unauthorized`, an unfinished certificate or an unfresh store `tryLater`, and "good" is said
of nothing that the ledger does not hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256

from ledger.clock import Clock
from ledger.decision import Refuse
from ocsp.keys import OpenSigner, ResponderKeys
from ocsp.policy import LIFE, MAX_AGE, may_answer
from ocsp.store import Authority, StatusStore
from pki.errors import ParseError
from pki.ocsp import Refusal, SingleAnswer, StatusRequest, parse_request, response
from pki.status import Pending

MEDIA_TYPE = "application/ocsp-response"
_NOT_KEPT = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Reply:
    """What goes back. `outcome` is a closed word for counting; `digest` is what the first CertID was hashed with."""

    body: bytes
    outcome: str
    headers: Mapping[str, str]
    digest: str = "none"


class OcspResponder:
    """Answers for every issuer in the store. Safe to call from several threads."""

    def __init__(self, store: StatusStore, open_signer: OpenSigner, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.keys = ResponderKeys(store, open_signer)

    def respond(self, request: bytes) -> Reply:
        """The reply to the octets of a request. Raises only what the place of a key raises."""
        try:
            asked = parse_request(request)
        except ParseError as fault:
            return _refused(Refusal.MALFORMED_REQUEST, "oversize" if fault.code == "ocsp.oversize" else "malformed")
        digest = asked.certificates[0].digest or "unknown"
        authorities = {self.store.authority(certificate) for certificate in asked.certificates}
        authority = authorities.pop()
        if authority is None or authorities or not self.store.serves(authority):
            return _refused(Refusal.UNAUTHORIZED, "unauthorized", digest)
        return self._answer(asked, authority, digest)

    def fault(self) -> str | None:
        """What keeps the responder from answering, in words for an operator; None when all is well."""
        now = self.clock.now()
        match may_answer(now, self.store.looked_at, self.store.newest_entry_at):
            case Refuse(code):
                return f"{code}: status was last compared with the ledger at {self.store.looked_at}"
        served = [one for one in self.store.authorities() if self.store.serves(one)]
        without = [one.name for one in served if self.keys.find(one, now) is None]
        return f"no valid responder certificate with our key for: {', '.join(without)}" if without else None

    def status_age(self) -> float:
        """Seconds since the ledger was seen, infinite before the first time."""
        looked_at = self.store.looked_at
        return float("inf") if looked_at is None else (self.clock.now() - looked_at).total_seconds()

    def _answer(self, asked: StatusRequest, authority: Authority, digest: str) -> Reply:
        now = self.clock.now()
        if not may_answer(now, self.store.looked_at, self.store.newest_entry_at):
            return _refused(Refusal.TRY_LATER, "not-fresh", digest)
        answers = self._answers(asked, authority)
        if answers is None:
            return _refused(Refusal.TRY_LATER, "pending", digest)
        found = self.keys.find(authority, now)
        if found is None:
            return _refused(Refusal.INTERNAL_ERROR, "no-responder", digest)
        responder, until = found
        now, next_update = now.replace(microsecond=0), min(now + LIFE, until).replace(microsecond=0)
        body = response(answers, responder, asked.nonce, now, next_update)
        headers = _NOT_KEPT if asked.nonce else _headers(body, now, next_update)
        return Reply(body, _outcome(answers), headers, digest)

    def _answers(self, asked: StatusRequest, authority: Authority) -> Sequence[SingleAnswer] | None:
        """Exactly what was asked, or None while one of them is about to be issued."""
        answers = []
        for certificate in asked.certificates:
            status = self.store.status(authority, certificate.serial_number)
            if isinstance(status, Pending):
                return None
            answers.append(SingleAnswer(certificate, status, authority.since))
        return answers


def _outcome(answers: Sequence[SingleAnswer]) -> str:
    return type(answers[0].status).__name__.lower() if len(answers) == 1 else "several"


def _refused(refusal: Refusal, outcome: str, digest: str = "none") -> Reply:
    return Reply(refusal.der, outcome, _NOT_KEPT, digest)


def _headers(body: bytes, produced_at: datetime, next_update: datetime) -> dict[str, str]:
    """What HTTP caches need (RFC 9919 clause 6.2); an answer with a nonce is of use to one asker only."""
    age = min(MAX_AGE, next_update - produced_at).seconds
    return {
        "Cache-Control": f"max-age={age}, public, no-transform, must-revalidate",
        "Last-Modified": format_datetime(produced_at, usegmt=True),
        "Expires": format_datetime(next_update, usegmt=True),
        "ETag": f'"{sha256(body).hexdigest()}"',
    }
