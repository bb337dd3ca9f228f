"""The code on paper: whoever has the slip revokes what it was printed for, once, with nothing else (RV-01).

Six groups of five digits. The first finds the code, the other 25 (83 bits) are the secret, of which the ledger holds a
salted digest under an officer's act. Once used the code itself stands in the ledger: it is no secret any more, and
whoever doubts the revocation hashes it again (`proven`).
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.closing.finality import changeable
from ca.endings import letters
from ca.endings.asking import GRANTED, answers
from ca.endings.blocked import end_living
from ca.endings.channels import Channel, Wish
from ca.endings.concerned import person_concerned
from ca.endings.grounds import ground_of
from ca.endings.on_duty import on_duty
from ca.endings.revocation import MOST_AT_ONCE, beside, unblocked_keys
from ca.events.endings import (
    RevocationCodeGuessed,
    RevocationCodeIssued,
    RevocationCodeRefused,
    RevocationCodeUsed,
)
from ca.issuance.abandonment import end_of_keys, end_of_person
from ca.policy import may_revoke
from ca.registration.applicants import duties
from ca.tables.endings import (
    EndingRequest,
    EndingRequestEnd,
    RevocationCode,
    RevocationCodeCertificate,
    RevocationCodeGuess,
    RevocationCodeUse,
)
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct, proof_columns
from ledger.base import Fact, without
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.decision import Refuse
from ledger.event import ANYONE, Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import Cutoff, Person
from ledger.spelling import digits

KIND = "revocation-code.issue"
GROUPS, GROUP = 6, 5
GROUND = "key-loss"
"""What entering the code means: the person has lost what he had."""
WINDOW_SECONDS = 15 * 60
MOST_OF_ONE = 10
"""Attempts in one window at the codes of one first group. None for all together: 83 bits need none, and whoever used
it up would shut the code for everybody."""
_SALT = 16
_TRIES = 5


@dataclass(frozen=True)
class Slip:
    """What is printed: the code, shown this once, and what it revokes."""

    code: str
    """Thirty digits."""
    code_id: str
    serial_numbers: tuple[str, ...]
    entry_id: str

    @property
    def grouped(self) -> str:
        """As people read it: `12345 67890 …`."""
        return " ".join(self.code[at : at + GROUP] for at in range(0, len(self.code), GROUP))


@dataclass(frozen=True)
class Drawn:
    """A new code before its officer has signed for it."""

    code: str
    salt: bytes
    certificates: tuple[Certificate, ...]
    person_id: str

    @property
    def digest(self) -> str:
        """What the ledger keeps."""
        return digest_of(self.salt, self.code)

    def act(self, at: datetime) -> Act:
        """What the officer signs: the digest and the certificates, never the code."""
        return code_act(self.digest, [certificate.id for certificate in self.certificates], at)


def code_act(digest: str, certificate_ids: list[str], at: datetime) -> Act:
    """The act behind a code."""
    return Act(KIND, {"digest": digest, "certificates": sorted(certificate_ids)}, at)


def digest_of(salt: bytes, code: str) -> str:
    """Hex SHA-256 over salt and code."""
    return sha256(salt + code.encode()).hexdigest()


def draw(ledger: Ledger, number: str) -> Drawn | Refuse:
    """A fresh code for all that the person `number` has and that could still be revoked; nothing is written yet."""
    with ledger.read() as session:
        person_id = session.scalar(select(Person.id).where(Person.number == number))
        found = _valid(session, person_id, ledger.clock.now()) if person_id else []
    if person_id is None:
        return Refuse("revocation.person-unknown")
    if not found or len(found) > MOST_AT_ONCE:
        return Refuse("revocation.too-many" if found else "revocation.nothing-to-revoke")
    # 256 random bits over 10^30: the bias is under 2^-156.
    whole = int.from_bytes(ledger.randomness(32), "big") % 10 ** (GROUPS * GROUP)
    return Drawn(f"{whole:0{GROUPS * GROUP}}", ledger.randomness(_SALT), tuple(found), person_id)


def issue(ledger: Ledger, drawn: Drawn, signed: SignedAct) -> Slip | Refuse:
    """The code counts from now on. An officer on duty signed for it."""
    now = ledger.clock.now()
    if signed.act.message() != drawn.act(signed.act.at).message():
        return Refuse("revocation.not-about-this")
    with ledger.read() as session:
        by = on_duty(session, signed, now)
    if isinstance(by, Refuse):
        return by
    code_id = ledger.new_id()
    row = RevocationCode(
        id=code_id,
        person_id=drawn.person_id,
        officer_id=by,
        locator=drawn.code[:GROUP],
        code_salt=drawn.salt,
        digest=drawn.digest,
        **proof_columns(signed),
    )
    bound = [
        RevocationCodeCertificate(id=ledger.new_id(), code_id=code_id, certificate_id=certificate.id)
        for certificate in drawn.certificates
    ]
    event = RevocationCodeIssued(code_id, drawn.person_id, len(bound), by)
    [entry_id] = ledger.entries([Deed(event, Actor.person(by), [row, *bound])])
    return Slip(drawn.code, code_id, tuple(one.serial_number for one in drawn.certificates), entry_id)


def use(ledger: Ledger, typed: str) -> tuple[str, ...] | Refuse:
    """The serial numbers that ended by this code; Lao and Thai digits count, whatever stands between them does not.

    Where there is a code of this first group an attempt is used up before it is compared, so that guesses side by side
    do not help. What hits no first group leaves nothing in the ledger: it is the web's to count.
    """
    code = "".join(letter for letter in digits(typed) if letter.isascii() and letter.isdigit())
    if len(code) != GROUPS * GROUP:
        return Refuse("code.form")
    with ledger.read() as session:
        candidates = _candidates(session, code)
    if not candidates:
        return Refuse("code.unknown")
    if not _attempt(ledger, _of(code), MOST_OF_ONE):
        return Refuse("code.too-many")
    found = [one for one in candidates if hmac.compare_digest(one.digest, _hashed(one, code))]
    if not found:
        return _refused(ledger, "code.unknown")
    for _ in range(_TRIES):
        try:
            return _used(ledger, found[0], code)
        except Taken:
            continue  # the code was used meanwhile, which is seen now, or somebody ended one of its certificates
    return _refused(ledger, "code.used")


def proven(session: Session, used: RevocationCodeUse) -> bool:
    """Whether the code that was entered is of the slip that an officer signed for; for whoever doubts a revocation."""
    row = session.get_one(RevocationCode, used.code_id)
    act = code_act(row.digest, bound(session, row.id), row.act_at)
    signed = SignedAct(act, row.act_certificate, row.act_signature)
    try:
        signer = ActVerifier(session, [row.act_certificate]).verify(signed, judged=row.act_at)
    except ActInvalid:
        return False
    allowed = may_revoke(duties(session, [signer]).get(signer, ()), row.act_at)
    return signer == row.officer_id and bool(allowed) and row.digest == _hashed(row, used.code)


def _used(ledger: Ledger, row: RevocationCode, code: str) -> tuple[str, ...] | Refuse:
    now, ground = ledger.clock.now(), ground_of(GROUND)
    assert ground is not None
    with ledger.read() as session:
        if session.get(RevocationCodeUse, row.id) is not None:
            return _refused(ledger, "code.used")
        covered = select(Intent).where(Intent.id.in_(bound(session, row.id)))
        living = changeable(session, session.scalars(without(covered, Intent.id, Revocation)), now)
        # Those of what has ended too: a renewal has the key of the slip, and outlives what it followed.
        keys = unblocked_keys(session, session.scalars(covered).all())
        serials = tuple(intent.serial_number for intent in living)
        about = person_concerned(session, row.person_id, now)
        ends = {intent.id for intent in living}
        left = [one for one in _valid(session, row.person_id, now) if one.id not in ends and one.key_sha256 not in keys]
        # Who asked about the person has his answer where nothing of his lives any more.
        answered = answers(session, ends if left else {*ends, row.person_id}, now)
        spared = beside(session, row.person_id, living)
        told = letters.told(ledger, session, letters.REVOKED, about, serials, now, ground=ground)
    facts: list[Fact] = [
        RevocationCodeUse(code_id=row.id, code=code, at=now),
        *_request(ledger, row, now),
        *(Revocation(certificate_id=intent.id, at=now, reason=ground.reason) for intent in living),
        *(KeyBlock(key_sha256=key, at=now) for key in keys),
        Cutoff(id=ledger.new_id(), person_id=row.person_id, at=now, reason=ground.reason),
        *answered,
    ]
    ledger.entries(letters.in_full(Deed(RevocationCodeUsed(row.id, len(living)), ANYONE, facts), told))
    of_keys = [serial for key in keys for serial in end_living(ledger, key, ANYONE)]
    late = end_of_keys(ledger, keys, row.person_id) if keys else []
    late += end_of_person(ledger, row.person_id, ground.reason, row.person_id, now, spared)
    return (*serials, *of_keys, *(intent.serial_number for intent in late))


def _request(ledger: Ledger, row: RevocationCode, now: datetime) -> list[Fact]:
    own = EndingRequest(
        id=ledger.new_id(),
        wish=Wish.REVOKE.value,
        ground=GROUND,
        channel=Channel.PAPER_CODE.value,
        authentication="code",
        subject=row.person_id,
        at=now,
    )
    return [own, EndingRequestEnd(request_id=own.id, code=GRANTED, decided_by=None, at=now)]


def _valid(session: Session, person_id: str, now: datetime) -> list[Certificate]:
    held = select(Certificate).where(Certificate.person_id == person_id, Certificate.not_after > now)
    return list(session.scalars(without(held, Certificate.id, Revocation).order_by(Certificate.id)))


def _candidates(session: Session, code: str) -> list[RevocationCode]:
    """The codes with this first group: few, since there are a hundred thousand groups."""
    return list(session.scalars(select(RevocationCode).where(RevocationCode.locator == code[:GROUP])))


def bound(session: Session, code_id: str) -> list[str]:
    """The ids of the certificates that the slip is for."""
    found = select(RevocationCodeCertificate.certificate_id).where(RevocationCodeCertificate.code_id == code_id)
    return list(session.scalars(found))


def _hashed(row: RevocationCode, code: str) -> str:
    return digest_of(bytes(row.code_salt), code)


def _of(code: str) -> str:
    return sha256(f"revocation code {code[:GROUP]}".encode()).hexdigest()


def _attempt(ledger: Ledger, subject: str, most: int) -> bool:
    """One attempt of the window is used up; False if there was none left. Two at once meet at the UNIQUE slot."""
    window = int(ledger.clock.now().timestamp()) // WINDOW_SECONDS
    with ledger.read() as session:
        highest = select(func.max(RevocationCodeGuess.number)).where(
            RevocationCodeGuess.subject == subject, RevocationCodeGuess.window == window
        )
        number = (session.scalar(highest) or 0) + 1
    while number <= most:
        guess = RevocationCodeGuess(id=ledger.new_id(), subject=subject, window=window, number=number)
        try:
            ledger.entries([Deed(RevocationCodeGuessed(subject, number), ANYONE, [guess])])
        except Taken:
            number += 1
        else:
            return True
    return False


def _refused(ledger: Ledger, code: str) -> Refuse:
    ledger.record(RevocationCodeRefused(code), ANYONE)
    return Refuse(code)
