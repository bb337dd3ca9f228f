"""CMP at the door (RFC 9810, RFC 9483): octets in, octets out; what is asked for ends in `requests.take_up`.

The protection of an answer is of the kind of the question's: the same secret, or our own signature.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.machines.acceptance import accept
from ca.machines.chain import chain
from ca.machines.denials import Denied, failure_of, refused
from ca.machines.doors import Doors, shown_under
from ca.machines.endings import ask, ends_of, reject, revokes, said_reason
from ca.machines.fates import Fate, Issued, Refused, outcome, wait
from ca.machines.forms import parsed_form, wish_of
from ca.machines.proofs.cmp import CLOCKS_APART, transaction_key, updates
from ca.machines.proofs.shown import bearer, certificate_counts
from ca.machines.requests import Asking, take_up
from ca.machines.rules import HOSTS, CredentialKind, Protocol
from ca.tables.machines import Allowance, MachineRequest, MachineTransaction
from ledger.certificates import Certificate, Issuer
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Ledger
from ledger.lookout import await_found
from ledger.rounds import looked_up
from pki import certificate as x509
from pki.cmp import answer
from pki.cmp.answer import ACCEPTED, REJECTION, WAITING, Failure, Reply
from pki.cmp.message import (
    Body,
    Message,
    confirmations,
    parse_message,
    request_of,
    verdict_on,
    wanted_information,
)
from pki.cmp.protection import (
    is_password_based,
    password_algorithm,
    password_mac,
    verify_password,
    verify_signature,
)
from pki.crmf import identifier_of
from pki.errors import PkiError, Unsupported
from pki.keys import algorithm_identifier, key_identifier
from pki.signing import Signer

_NONCE = 16
_COME_AGAIN = 5
"""Seconds."""
_ANSWERS = {Body.IR: Body.IP, Body.CR: Body.CP, Body.KUR: Body.KUP, Body.P10CR: Body.CP}


@dataclass(frozen=True)
class Bearer:
    """Who provably sent a message, and by what: a secret, or a certificate's key."""

    allowance: Allowance
    kind: CredentialKind
    credential: str
    secret: bytes | None
    certificate: Certificate | None


@dataclass(frozen=True)
class Own:
    """By what we sign: our key, its certificate, and those above it, as DER."""

    signer: Signer
    certificates: Sequence[bytes]

    @cached_property
    def name(self) -> bytes:
        """Who we are."""
        return x509.parse_certificate(self.certificates[0]).subject

    @cached_property
    def key(self) -> bytes:
        """The identifier of our key, as the certificate has it."""
        return key_identifier(self.signer.public_key)


class Said(NamedTuple):
    """An answer's body, and what goes along with it beside our own certificates."""

    kind: Body
    content: bytes
    above: Sequence[bytes] = ()
    """The CAs under which the certificate in it was issued, but for the roots (RFC 9483 clause 4.1.1)."""


@dataclass(frozen=True)
class CmpDoor:
    """The door. `admit` says whether an allowance may knock once more."""

    ledger: Ledger
    doors: Doors | None
    own: Own
    actor: Actor
    practice: bool
    patience: timedelta
    admit: Callable[[str], bool]

    def answer(self, octets: bytes) -> bytes:
        """The answer to one message. Raises ParseError for what is no message at all."""
        message = parse_message(octets)
        bearer: Bearer | None = None
        try:
            self._check_header(message)
            bearer = self._bearer(message)
            said = self._said(message, octets, bearer)
        except Denied as refusal:
            said = Said(Body.ERROR, answer.error(answer.status(REJECTION, refusal.words, refusal.failure)))
        except PkiError:
            words = "enrolment.request-malformed"
            said = Said(Body.ERROR, answer.error(answer.status(REJECTION, words, Failure.BAD_DATA_FORMAT)))
        return self._protected(message, said, bearer)

    def _check_header(self, message: Message) -> None:
        header, now = message.header, self.ledger.clock.now()
        rules = (
            (header.version not in (2, 3), Failure.UNSUPPORTED_VERSION, "machine.protocol"),
            (not header.transaction, Failure.BAD_REQUEST, "enrolment.request-malformed"),
            (len(header.sender_nonce) < _NONCE, Failure.BAD_SENDER_NONCE, "enrolment.request-malformed"),
            (not self._is_ours(header.recipient), Failure.WRONG_AUTHORITY, "enrolment.no-issuer"),
            (
                header.time is not None and abs(header.time - now) > CLOCKS_APART,
                Failure.BAD_TIME,
                "machine.proof-stale",
            ),
        )
        for wrong, failure, words in rules:
            if wrong:
                raise Denied(failure, words)

    def _is_ours(self, recipient: bytes | None) -> bool:
        """Whether that is nobody, ourselves, or a CA of ours, of whichever generation.

        Who updates names the issuer of what he has (RFC 9483 clause 3.1), which a roll-over made a former one.
        """
        if recipient in {self.own.name, answer.EMPTY_NAME, None}:
            return True
        with self.ledger.read() as session:
            cas = session.scalars(select(Issuer.certificate).order_by(Issuer.id.desc()))
            return any(x509.parse_certificate(bytes(one)).subject == recipient for one in cas)

    def _bearer(self, message: Message) -> Bearer:
        if message.protection is None or message.header.algorithm is None:
            raise Denied(Failure.BAD_MESSAGE_CHECK, "machine.proof-wrong")
        with self.ledger.read() as session:
            if is_password_based(message):
                return self._by_secret(session, message)
            return self._by_certificate(session, message)

    def _by_secret(self, session: Session, message: Message) -> Bearer:
        reference = message.header.sender_key.decode("ascii", "replace")
        found = shown_under(session, Protocol.CMP, reference)
        if found is None or self.doors is None:
            raise refused("machine.secret-unknown" if self.doors else "machine.no-doors")
        row, used, allowance = found
        secret = self.doors.secret(row)
        try:
            verify_password(message, secret)
        except Unsupported:
            raise Denied(Failure.BAD_ALG, "machine.proof-wrong") from None
        except PkiError:
            raise refused("machine.secret-unknown") from None
        over = self.ledger.clock.now() >= row.not_after
        if over or used:
            raise refused("machine.secret-over" if over else "machine.secret-used")
        return Bearer(allowance, CredentialKind.SECRET, row.id, secret, None)

    def _by_certificate(self, session: Session, message: Message) -> Bearer:
        """The sender's certificate comes first among the extra ones (RFC 9483 clause 3.3)."""
        digest = sha256(message.certificates[0]).hexdigest() if message.certificates else ""
        found = bearer(session, digest)
        if found is None:
            raise refused("machine.certificate-unknown")
        certificate, allowance = found
        try:
            verify_signature(message, x509.parse_certificate(bytes(certificate.der)).spki)
        except Unsupported:
            raise Denied(Failure.BAD_ALG, "machine.proof-wrong") from None
        except PkiError:
            raise refused("machine.proof-wrong") from None
        if not certificate_counts(session, certificate, self.ledger.clock.now()):
            raise refused("machine.certificate-ended")
        return Bearer(allowance, CredentialKind.CERTIFICATE, digest, None, certificate)

    def _said(self, message: Message, octets: bytes, bearer: Bearer) -> Said:
        if not self.admit(bearer.allowance.id):
            raise Denied(Failure.SYSTEM_UNAVAIL, "request.too-many")
        match message.body:
            case Body.IR | Body.CR | Body.KUR | Body.P10CR:
                return self._enrolled(message, octets, bearer)
            case Body.CERTCONF:
                return self._confirmed(message, octets, bearer)
            case Body.POLLREQ:
                return self._polled(message, bearer)
            case Body.RR:
                return self._ended(message, octets, bearer)
            case Body.GENM:
                with self.ledger.read() as session:
                    above = chain(session, HOSTS, self.ledger.clock.now())
                return Said(Body.GENP, answer.information(above, wanted_information(message)))
            case Body.ERROR:
                return Said(Body.PKICONF, answer.NOTHING)  # It ends the transaction (RFC 9810 clause 5.3.21).
            case _:
                raise Denied(Failure.BAD_REQUEST, "machine.protocol")

    def _above(self, certificate: Certificate) -> tuple[bytes, list[bytes]]:
        """Whoever issued the certificate, and the roots; in a round each issuer is looked for once."""
        with self.ledger.read() as session:
            found: tuple[bytes, list[bytes]] = looked_up(session, self._issuers, certificate.issuer_id)
        return found

    def _issuers(self, session: Session, ids: Sequence[str]) -> Mapping[str, tuple[bytes, list[bytes]]]:
        roots = [one for one in chain(session, HOSTS, self.ledger.clock.now()) if _is_root(one)]
        return {one: (bytes(session.get_one(Issuer, one).certificate), roots) for one in ids}

    def _enrolled(self, message: Message, octets: bytes, bearer: Bearer) -> Said:
        if message.body is Body.KUR and bearer.kind is not CredentialKind.CERTIFICATE:
            raise Denied(Failure.WRONG_INTEGRITY, "machine.credential")
        if bearer.certificate is not None and not updates(message, bearer.certificate):
            raise Denied(Failure.BAD_CERT_ID, "machine.certificate-unknown")
        asked = parsed_form(request_of(message))
        if isinstance(asked, Refuse):
            raise refused(asked.code)
        wish = wish_of(asked, bearer.allowance.profile)
        if isinstance(wish, Refuse):
            raise refused(wish.code)
        asking = Asking(
            bearer.allowance.id, Protocol.CMP, asked, bearer.kind, bearer.credential, octets, wish.names,
            wish.common_name,
        )  # fmt: skip
        return self._fate(message, self._taken(message, asking, bearer))

    def _taken(self, message: Message, asking: Asking, bearer: Bearer) -> Fate | Refuse:
        """Of a transaction that is there: who sends the very same message again hears of it, another is refused."""
        key = transaction_key(bearer.allowance, message)

        def repeats(session: Session) -> str | Refuse | None:
            kept: tuple[str, bytes] | None = looked_up(session, _kept, key)
            if kept is None:
                return None
            return kept[0] if kept[1] == asking.proof else Refuse("machine.transaction-used")

        with self.ledger.read() as session:
            before = repeats(session)
        if isinstance(before, str):
            return self._wait(before)
        taken = take_up(
            self.ledger, asking, self.actor, practice=self.practice, repeats=repeats, new=before is None,
            further=lambda enrolment_id: [MachineTransaction(id=key, enrolment_id=enrolment_id)],
        )  # fmt: skip
        return taken if isinstance(taken, Refuse) else self._wait(taken)

    def _wait(self, enrolment_id: str) -> Fate:
        return wait(self.ledger, enrolment_id, self.ledger.clock.now() + self.patience)

    def _fate(self, message: Message, fate: Fate | Refuse) -> Said:
        """The answer to what asked for a certificate."""
        kind, number = _ANSWERS[message.body], _number(message)
        match fate:
            case Issued(certificate):
                issuer, roots = self._above(certificate)
                return Said(kind, answer.certificate_answer(number, bytes(certificate.der), roots), [issuer])
            case Refused(code) | Refuse(code):
                return Said(kind, answer.status_answer(number, answer.status(REJECTION, code, failure_of(code))))
            case _:
                return Said(kind, answer.status_answer(number, answer.status(WAITING)))

    def _asked(self, session: Session, message: Message, bearer: Bearer) -> MachineRequest:
        """The request of this transaction, for who sent it and has read what we answered to it."""
        nonce = self._nonce(message)
        transaction = session.get(MachineTransaction, transaction_key(bearer.allowance, message))
        if transaction is None:
            raise Denied(Failure.BAD_REQUEST, "enrolment.request-malformed")
        if message.header.recipient_nonce != nonce:
            raise Denied(Failure.BAD_RECIPIENT_NONCE, "machine.proof-wrong")
        row = session.get_one(MachineRequest, transaction.enrolment_id)
        if (row.credential_kind, row.credential) != (bearer.kind.value, bearer.credential):
            raise Denied(Failure.NOT_AUTHORIZED, "machine.credential")
        return row

    def _confirmed(self, message: Message, octets: bytes, bearer: Bearer) -> Said:
        """What the machine says must be of this certificate. One that it rejects ends (RFC 9483 clause 4.1.1)."""
        with self.ledger.read() as session:
            row = self._asked(session, message, bearer)
            fate = outcome(session, row.enrolment_id)
        asked, said = parse_message(bytes(row.proof)), confirmations(message)
        if len(said) > 1 or any(one.number not in _numbers(asked) or one.contradicts for one in said):
            raise Denied(Failure.BAD_REQUEST, "enrolment.request-malformed")
        verdict = verdict_on(bytes(fate.certificate.der), message) if isinstance(fate, Issued) else None
        if not isinstance(fate, Issued) or verdict is None:
            raise Denied(Failure.BAD_CERT_ID, "machine.certificate-unknown")
        if verdict:
            replaces = bearer.certificate if asked.body is Body.KUR else None
            accept(self.ledger, fate.certificate, replaces, octets, self.actor)
        else:
            reject(self.ledger, fate.certificate, octets, self.actor)
        return Said(Body.PKICONF, answer.NOTHING)

    def _polled(self, message: Message, bearer: Bearer) -> Said:
        with self.ledger.read() as session:
            row = self._asked(session, message, bearer)
        first, fate = parse_message(bytes(row.proof)), self._wait(row.enrolment_id)
        if isinstance(fate, Issued | Refused):
            return self._fate(first, fate)
        return Said(Body.POLLREP, answer.poll_answer(_number(first), _COME_AGAIN))

    def _ended(self, message: Message, octets: bytes, bearer: Bearer) -> Said:
        """A machine ends the certificate whose key signs this, and no other."""
        own = bearer.certificate
        if own is None:
            raise Denied(Failure.WRONG_INTEGRITY, "machine.credential")
        if not revokes(message, own):
            raise Denied(Failure.BAD_CERT_ID, "machine.certificate-unknown")
        if said_reason(message) is None:
            raise Denied(Failure.BAD_REQUEST, "revocation.reason-unknown")
        if message.header.time is None:
            raise Denied(Failure.BAD_TIME, "machine.proof-stale")
        wish = ask(self.ledger, own, message, octets, self.actor)
        if isinstance(wish, Refuse):
            raise refused(wish.code)
        code = self._settled(wish)
        if code in ("ended", None):
            return Said(Body.RP, answer.revocation_answer(answer.status(ACCEPTED if code else WAITING)))
        raise refused(code)

    def _settled(self, wish: str) -> str | None:
        code: str | None = await_found(self.ledger, ends_of, wish, self.ledger.clock.now() + self.patience)
        return code

    def _nonce(self, message: Message) -> bytes:
        if self.doors is None:
            return self.ledger.randomness(_NONCE)
        return self.doors.nonce(message.header.transaction.hex())

    def _protected(self, message: Message, said: Said, bearer: Bearer | None) -> bytes:
        secret = bearer.secret if bearer else None
        signer = self.own.signer
        salt, asked = self.ledger.randomness(16), message.header.algorithm
        algorithm = password_algorithm(salt, like=asked) if secret else algorithm_identifier(signer.algorithm)
        confirm = message.header.implicit_confirm and said.kind in _ANSWERS.values()
        reply = Reply(
            message.header, self.own.name, self.ledger.clock.now(), algorithm, self._nonce(message),
            message.header.sender_key if secret else self.own.key, implicit_confirm=confirm,
        )  # fmt: skip
        header, body = reply.header(), answer.body(said.kind, said.content)
        protected = answer.protected_part(header, body)
        if secret:
            return answer.assembled(header, body, password_mac(algorithm, secret, protected), said.above)
        along = dict.fromkeys([*self.own.certificates, *said.above])
        return answer.assembled(header, body, signer.sign(protected), [*along])


_KEYS: BindParameter[Sequence[str]] = bindparam("keys", expanding=True)
_KEPT = Facts(
    select(MachineTransaction.id, MachineTransaction.enrolment_id, MachineRequest.proof)
    .join(MachineRequest, MachineRequest.enrolment_id == MachineTransaction.enrolment_id)
    .where(MachineTransaction.id.in_(_KEYS))
)


def _kept(session: Session, keys: Sequence[str]) -> Mapping[str, tuple[str, bytes]]:
    """By transaction its request, and the message that it came by, if it was here."""
    found = _KEPT.rows(session, {"keys": list(keys)})
    return {key: (enrolment_id, bytes(proof)) for key, enrolment_id, proof in found}


def _number(message: Message) -> int:
    """The certReqId; of a PKCS#10, which has none, -1 (RFC 9483 clause 4.1.4)."""
    return -1 if message.body is Body.P10CR else identifier_of(request_of(message))


def _is_root(certificate: bytes) -> bool:
    parsed = x509.parse_certificate(certificate)
    return parsed.subject == parsed.issuer


def _numbers(message: Message) -> frozenset[int]:
    """By which a certConf may name what this asked for: who sent a PKCS#10 says 0 as often as -1."""
    return frozenset({0, -1}) if message.body is Body.P10CR else frozenset({_number(message)})
