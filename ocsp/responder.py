"""Octets in, octets and headers out: the responder itself, which no framework knows.

Reads, decides, answers; records nothing. What cannot be answered truly is not answered: a question about a
foreign issuer is `unauthorized`, an unfinished certificate or an unfresh store `tryLater`, and "good" is said
of nothing that the ledger does not hold.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from ledger.clock import Clock
from ledger.decision import Refuse
from ocsp.book import Book, Page
from ocsp.keys import Mark, OpenSigner, ResponderKeys, Signing, signs_at_once, unmarked
from ocsp.policy import MAX_AGE, RENEWED_AFTER, STALE_AFTER, may_answer, may_answer_between, next_update
from ocsp.recognition import Question, Recognition
from ocsp.reply import Changed, Crowd, Reply, Wait, caching, refused, signed_reply
from ocsp.store import Authority, StatusStore
from ocsp.table import is_good, is_pending, outcome_of, status_of
from ocsp.template import Name, Template, Templates
from pki.errors import ParseError
from pki.ocsp import (
    CertId,
    Refusal,
    Responder,
    SingleAnswer,
    StatusRequest,
    assembled,
    parse_request,
    response,
    signed,
)
from pki.status import NeverIssued, Pending

_OWN_BOOK = 1 << 14
"""Answers that a responder keeps for itself, where no worker class gives it a book to share."""
_RENEWED_AFTER, _MAX_AGE = int(RENEWED_AFTER.total_seconds()), int(MAX_AGE.total_seconds())
_LOOK_FOR_KEYS_EVERY = timedelta(seconds=1)


class OcspResponder:
    """Answers for every issuer in the store. Safe to call from several threads."""

    def __init__(
        self, store: StatusStore, open_signer: OpenSigner, clock: Clock, book: Book | None = None, mark: Mark = unmarked
    ) -> None:
        self.store, self.clock = store, clock
        self.book = book or Book(_OWN_BOOK)
        self.keys = ResponderKeys(store, open_signer, mark)
        self.recognition = Recognition()
        self._templates = Templates()
        self._fresh: _Fresh | None = None
        self._chosen: dict[Authority, _Chosen] = {}
        self._changes = 0
        """How often something changed: what was found out before one counts no more, whenever it is written down."""
        store.watch(self._changed)

    def respond(self, request: bytes) -> Reply:
        """The reply to the octets of a request. Raises only what the place of a key raises."""
        return self._respond(request, waiting=True)

    def at_once(self, request: bytes) -> Reply | Wait:
        """The reply, unless a key has to be opened for it, or to sign that is in a token or slow."""
        try:
            return self._respond(request, waiting=False)
        except _MustWait as must:
            return Wait(must.whose, self._crowd(request))

    def prepared(self, request: bytes, now: float) -> Reply | None:
        """The reply to what is asked most with a nonce, whether a known certificate is good, if all else is prepared.

        `now` (since 1970) is a time at which status is known to be fresh.
        """
        asked = self.recognition.find(request)
        if asked is None or asked.nonce is None or asked.key is None:
            return None
        name = Name(asked.authority, len(asked.certificate), len(asked.nonce), self._changes)
        template = self._templates.find(name, now)
        if template is None or template.waits:
            return None
        record = self.store.record(asked.authority, asked.key)
        return template.reply(asked, asked.nonce, record) if record is not None and is_good(record) else None

    def share(self, book: Book) -> None:
        """Signed answers are kept in `book` from now on."""
        self.book = book

    def watch(self, changed: Changed) -> None:
        """Calls `changed`, in the follower's thread, when replies that were given before may be wrong now."""
        self.store.watch(changed)

    def fresh_until(self) -> float:
        """Until when (seconds since 1970) status is known to be fresh; 0 if it is not known now."""
        looked_at = self.store.looked_at
        if looked_at is None or not may_answer(self.clock.now(), looked_at, self.store.newest_entry_at):
            return 0.0
        return (looked_at + STALE_AFTER).timestamp()

    def fault(self) -> str | None:
        """What keeps the responder from answering, in words for an operator; None when all is well.

        An issuer that is over, and has no responder any more, is none: who asks about it is told `internalError`, which
        is counted and logged (`no-responder`), and all others are answered.
        """
        now = self.clock.now()
        match may_answer(now, self.store.looked_at, self.store.newest_entry_at):
            case Refuse(code):
                return f"{code}: status was last compared with the ledger at {self.store.looked_at}"
        store = self.store
        served = [one for one in store.authorities() if store.serves(one) and not store.is_over(one, now)]
        without = [one.name for one in served if self.keys.find(one, now) is None]
        return f"no valid responder certificate with our key for: {', '.join(without)}" if without else None

    def status_age(self) -> float:
        """Seconds since the ledger was seen, infinite before the first time."""
        looked_at = self.store.looked_at
        return float("inf") if looked_at is None else (self.clock.now() - looked_at).total_seconds()

    def _changed(self) -> None:
        self._changes += 1

    def _respond(self, request: bytes, *, waiting: bool) -> Reply:
        question = self.recognition.find(request)
        if question is None:
            return self._parsed(request, waiting=waiting)
        return self._answer(question, waiting=waiting)

    def _crowd(self, request: bytes) -> Crowd:
        """With whom the asker waits; the request is one that was read."""
        asked = self.recognition.find(request)
        if asked is None or asked.key is None or self.store.record(asked.authority, asked.key) is None:
            return Crowd.STRANGERS
        return Crowd.ALL if asked.nonce is None else Crowd.ONE

    def _parsed(self, request: bytes, *, waiting: bool) -> Reply:
        try:
            asked = parse_request(request)
        except ParseError as fault:
            return refused(Refusal.MALFORMED_REQUEST, "oversize" if fault.code == "ocsp.oversize" else "malformed")
        digest = asked.certificates[0].digest or "unknown"
        authorities = {self.store.authority(certificate) for certificate in asked.certificates}
        authority = authorities.pop()
        if authority is None or authorities or not self.store.serves(authority):
            return refused(Refusal.UNAUTHORIZED, "unauthorized", digest)
        if len(asked.certificates) > 1:
            return self._several(asked, authority, digest, waiting=waiting)
        question = self.recognition.learn(request, asked.certificates[0], asked.nonce, authority)
        return self._answer(question, waiting=waiting)

    def _may_answer(self, now: datetime) -> bool:
        """As `may_answer` says; what it says is remembered until the next look at the ledger."""
        fresh, store = self._fresh, self.store
        if fresh is None or fresh.looked_at is not store.looked_at or fresh.newest is not store.newest_entry_at:
            seen = store.looked_at, store.newest_entry_at
            fresh = self._fresh = _Fresh(*seen, *may_answer_between(*seen))
        return fresh.since <= now <= fresh.until

    def _answer(self, asked: Question, *, waiting: bool) -> Reply:
        """The reply about one certificate."""
        now = self.clock.now()
        if not self._may_answer(now):
            return refused(Refusal.TRY_LATER, "not-fresh", asked.digest)
        record = None if asked.key is None else self.store.record(asked.authority, asked.key)
        if record is not None and is_pending(record):
            return refused(Refusal.TRY_LATER, "pending", asked.digest)
        chosen = self._choose(asked.authority, now, waiting=waiting)
        if chosen is None:
            return refused(Refusal.INTERNAL_ERROR, "no-responder", asked.digest)
        if asked.nonce is not None or record is None:
            chosen.check(waiting=waiting)
            return self._signed_now(asked, record, chosen, now)
        return self._kept(asked, record, chosen, now, waiting=waiting)

    def _kept(self, asked: Question, record: bytes, chosen: "_Chosen", now: datetime, *, waiting: bool) -> Reply:
        """From the book, or signed now and put there."""
        name, seconds = asked.certificate + record + chosen.mark, int(now.timestamp())
        page = self.book.find(name)
        certificates = chosen.responder.certificates
        if page is not None and page.produced_at <= seconds < _keep_until(page):
            body = assembled(page.signed, certificates)
        else:
            chosen.check(waiting=waiting)
            page, body = self._new_page(asked, record, chosen, now)
            self.book.keep(name, page)
        dates = caching(page.produced_at, page.next_update)
        return signed_reply(body, outcome_of(record), asked.digest, dates, page.sha256.hex(), _keep_until(page))

    def _new_page(self, asked: Question, record: bytes, chosen: "_Chosen", now: datetime) -> tuple[Page, bytes]:
        until = next_update(now, chosen.until, issued=True)
        octets = signed([self._single(asked, record)], chosen.responder, None, now, until)
        body = assembled(octets, chosen.responder.certificates)
        return Page(octets, int(now.timestamp()), int(until.timestamp()), sha256(body).digest()), body

    def _signed_now(self, asked: Question, record: bytes | None, chosen: "_Chosen", now: datetime) -> Reply:
        if asked.nonce is not None and record is not None and is_good(record):
            return self._template(asked, asked.nonce, chosen, now).reply(asked, asked.nonce, record)
        answers = [self._single(asked, record)]
        return _fresh(answers, chosen, asked.nonce, now, asked.digest, issued=record is not None)

    def _template(self, asked: Question, nonce: bytes, chosen: "_Chosen", now: datetime) -> Template:
        """For what is asked for most with a nonce: that one certificate is good."""
        name = Name(asked.authority, len(asked.certificate), len(nonce), chosen.changes)
        found = self._templates.find(name, now.timestamp())
        if found is not None:
            return found
        until = next_update(now.replace(microsecond=0), chosen.until, issued=True)
        return self._templates.make(name, chosen.responder, now, until, chosen.look_again)

    def _single(self, asked: Question, record: bytes | None) -> SingleAnswer:
        status = NeverIssued() if record is None else status_of(record)
        if isinstance(status, Pending):
            raise TypeError("whoever asks about what is pending is told to try later")
        return SingleAnswer(CertId(asked.certificate, asked.digest, b"", b"", 0), status, asked.authority.since)

    def _several(self, asked: StatusRequest, authority: Authority, digest: str, *, waiting: bool) -> Reply:
        """Exactly what was asked, or nothing while one of them is about to be issued."""
        now = self.clock.now()
        if not self._may_answer(now):
            return refused(Refusal.TRY_LATER, "not-fresh", digest)
        statuses = [(one, self.store.status(authority, one.serial_number)) for one in asked.certificates]
        answers = [SingleAnswer(one, told, authority.since) for one, told in statuses if not isinstance(told, Pending)]
        if len(answers) < len(statuses):
            return refused(Refusal.TRY_LATER, "pending", digest)
        chosen = self._choose(authority, now, waiting=waiting)
        if chosen is None:
            return refused(Refusal.INTERNAL_ERROR, "no-responder", digest)
        chosen.check(waiting=waiting)
        issued = not any(isinstance(told, NeverIssued) for _, told in statuses)
        return _fresh(answers, chosen, asked.nonce, now, digest, issued=issued)

    def _choose(self, authority: Authority, now: datetime, *, waiting: bool) -> "_Chosen | None":
        """The responder for `authority` at `now`, looked for once a second and after each change. Raises _MustWait."""
        chosen = self._chosen.get(authority)
        if chosen is None or chosen.changes != self._changes or not chosen.since <= now < chosen.look_again:
            return self._chosen_anew(authority, now, waiting=waiting)
        if waiting and not chosen.newest:
            return self._chosen_anew(authority, now, waiting=True)
        return chosen

    def _chosen_anew(self, authority: Authority, now: datetime, *, waiting: bool) -> "_Chosen | None":
        """As `_choose`. While a key is not open yet one asker a second waits for it, and all if there is no other."""
        changes = self._changes
        if waiting:
            found = self.keys.find(authority, now)
        else:
            found, newest = self.keys.at_hand(authority, now)
            if found is None and not newest:
                raise _MustWait(authority.name)
        if found is None:
            return None
        chosen = self._chosen[authority] = _chosen(found, authority, now, changes)
        if not found.newest:
            raise _MustWait(authority.name)
        return chosen


class _Fresh(NamedTuple):
    """What was known of the ledger, and from when until when status may be told by it."""

    looked_at: datetime | None
    newest: datetime | None
    since: datetime
    until: datetime


class _MustWait(Exception):
    """Nothing can be signed at once for the issuer `whose`."""

    def __init__(self, whose: str) -> None:
        super().__init__(whose)
        self.whose = whose


class _Chosen(NamedTuple):
    """Who signs for an authority from `since` to before `look_again`; `mark` tells its answers from another's."""

    responder: Responder
    until: datetime
    mark: bytes
    since: datetime
    look_again: datetime
    changes: int
    """How many there had been when it was looked for."""
    waits_for: str | None
    """The authority's name, if its key is in a token or slow."""
    newest: bool
    """Whether there is none newer whose key is not open yet."""

    def check(self, *, waiting: bool) -> None:
        """Raises _MustWait if who does not wait were to sign with a key in a token, or a slow one."""
        if self.waits_for is not None and not waiting:
            raise _MustWait(self.waits_for)


def _chosen(found: Signing, authority: Authority, now: datetime, changes: int) -> _Chosen:
    mark = sha256(found.responder.certificates).digest()[:8]
    waits_for = None if signs_at_once(found.responder.signer) else authority.name
    look_again = min(now + _LOOK_FOR_KEYS_EVERY, found.until)
    return _Chosen(found.responder, found.until, mark, now, look_again, changes, waits_for, found.newest)


def _keep_until(page: Page) -> int:
    """Till then the page is given; caches may have it a while longer, and not past its time (RFC 9919 clause 6.2)."""
    return min(page.produced_at + _RENEWED_AFTER, page.next_update - _MAX_AGE)


def _fresh(
    answers: Sequence[SingleAnswer], chosen: _Chosen, nonce: bytes | None, now: datetime, digest: str, *, issued: bool
) -> Reply:
    """A reply that is signed now, for this asker."""
    until = next_update(now, chosen.until, issued=issued)
    body = response(answers, chosen.responder, nonce, now, until)
    outcome = type(answers[0].status).__name__.lower() if len(answers) == 1 else "several"
    dates = caching(int(now.timestamp()), int(until.timestamp()))
    return signed_reply(body, outcome, digest, dates, sha256(body).hexdigest())
