"""Who may open accounts and register services: a person on duty, under his own key, whose act is kept.

The act's `subject` is what it is about, and is in the proof as it was signed: a person's number, a client's id, or
the digest of what a client is registered with. So whoever doubts the fact can verify the act again.
"""

from dataclasses import dataclass
from datetime import datetime

from idp.events import ManagementRefused
from idp.tables import ManagementProof
from ledger.acts import Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.roles import Action, may_act, span_of
from ledger.standing import duties


@dataclass(frozen=True)
class Manager:
    """A person on duty, with the act that he signed about `subject`."""

    person_id: str
    subject: str
    signed: SignedAct

    @property
    def actor(self) -> Actor:
        """For the entry that his act causes."""
        return Actor.person(self.person_id)

    def proof(self, proof_id: str) -> ManagementProof:
        """The fact that keeps his act; it belongs under the entry that the act causes."""
        kind, columns = self.signed.act.kind, proof_columns(self.signed)
        return ManagementProof(id=proof_id, kind=kind, subject=self.subject, person_id=self.person_id, **columns)


def act_of(kind: str, subject: str, at: datetime) -> Act:
    """What the person signs; `kind` is a word like `account.open`."""
    return Act(kind, {"subject": subject}, at)


def manager(ledger: Ledger, signed: SignedAct, kind: str, subject: str) -> Manager | Refuse:
    """The person who signed just this act a moment ago and is on duty, or the refusal, recorded."""
    now = ledger.clock.now()
    if act_of(kind, subject, signed.act.at).message() != signed.act.message():
        return refused(ledger, "unknown", "management.not-about-this")
    with ledger.read() as session:
        try:
            person_id = verify_act(session, signed, now)
        except ActInvalid as fault:
            return refused(ledger, "unknown", fault.code)
        held = [span_of(duty) for duty in duties(session, person_id, now)]
    allowed = may_act(Action.MANAGE_ACCOUNTS, held, now)
    if isinstance(allowed, Refuse):
        return refused(ledger, "unknown", allowed.code, person_id)
    return Manager(person_id, subject, signed)


def refused(ledger: Ledger, subject: str, code: str, by: str | None = None) -> Refuse:
    """The refusal, recorded: about whom or what (`unknown` when we do not know it), and who wanted it."""
    actor = Actor.person(by) if by else Actor.system(ledger.process)
    ledger.record(ManagementRefused(subject, code, by), actor)
    return Refuse(code)
