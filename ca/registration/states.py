"""The life of an enrolment as a graph: its states, what leads from one to another, and who may do that.

A request that follows a certificate begins where that one is, never anywhere else: its way is the continuation of a way
on which the identity was checked. What a machine asks for begins at an allowance, which is reached from such a
certificate alone: that of the person who answers for it.

The facts are the state (`ca.registration.progress` reads it off them). Use cases ask `may_step` before they record,
so a way that is not in this table is not there; a test searches it for ways around the identity check.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from ledger.decision import Allow, Decision, Refuse


class State(Enum):
    """Where an enrolment is."""

    ASKED = "asked"
    """Somebody hands a request in; nothing is recorded yet."""
    NOT_TAKEN_UP = "not-taken-up"
    IDENTITY_CHECKED = "identity-checked"
    """Papers that suffice were seen by an officer of an open desk; all that the certificate will say is backed."""
    CARRIED = "carried"
    """It follows a confirmed certificate by the holder's act: papers were seen for that one, and both they and all that
    was signed about it still hold."""
    GRANTED = "granted"
    """Two officers agreed on what machines may ask for under a person's checked identity, which he had confirmed."""
    ALLOWED = "allowed"
    """An officer of the organisation, and the person who answers for it, signed for that."""
    ORGANISATION_CONFIRMED = "organisation-confirmed"
    APPROVED = "approved"
    """As many officers as the configuration asks for said yes, or stand by what they said of the request before; or a
    machine asked under what is allowed."""
    ISSUED = "issued"
    CONFIRMED = "confirmed"
    """Its holder looked at the certificate and found the names right."""
    REVOKED = "revoked"
    ENDED = "ended"
    """Refused by an officer, by the rules or by a lint: it is never issued."""


class Step(Enum):
    """What somebody does to an enrolment."""

    SUBMIT = "submit"
    FOLLOW = "follow"
    """Ask for a certificate in the place of this one: the same, or with another key alone (renew, rekey)."""
    MODIFY = "modify"
    """Ask for one in the place of this one that says what the register says now."""
    GRANT = "grant"
    """Agree on an allowance for machines: one officer plans, another approves."""
    ALLOW = "allow"
    """Confirm it for the organisation, and accept to answer for it."""
    ASK_AS_MACHINE = "ask-as-machine"
    """Ask under the allowance, by a protocol whose proof the signing room verifies again."""
    CARRY_OVER = "carry-over"
    """Find that what was signed about the request before is enough."""
    REFUSE_REQUEST = "refuse-request"
    CONFIRM_AS_ORGANISATION = "confirm-as-organisation"
    DECIDE = "decide"
    APPROVE_LAST = "approve-last"
    REJECT = "reject"
    ISSUE = "issue"
    END = "end"
    CONFIRM_AS_HOLDER = "confirm-as-holder"
    REVOKE = "revoke"


class Who(Enum):
    """Who may take a step."""

    REGISTRATION_OFFICER = "registration officer of the desk"
    ORGANISATION_OFFICER = "officer of the organisation that is named"
    SIGNING_ROOM = "signing room"
    MACHINE = "machine under an allowance"
    HOLDER = "holder, or an officer before whom he stands"
    REVOKER = "whoever may revoke"


@dataclass(frozen=True)
class Transition:
    """`step`, taken by `who`, leads from `source` to `target`. Some are for enrolments that name an organisation."""

    source: State
    step: Step
    target: State
    who: Who
    naming_organisation: bool | None = None
    """True: only for those that name one; False: only for those that do not; None: for both."""


_OFFICER, _ROOM = Who.REGISTRATION_OFFICER, Who.SIGNING_ROOM
TRANSITIONS = (
    Transition(State.ASKED, Step.SUBMIT, State.IDENTITY_CHECKED, _OFFICER),
    Transition(State.ASKED, Step.REFUSE_REQUEST, State.NOT_TAKEN_UP, _OFFICER),
    Transition(
        State.IDENTITY_CHECKED,
        Step.CONFIRM_AS_ORGANISATION,
        State.ORGANISATION_CONFIRMED,
        Who.ORGANISATION_OFFICER,
        naming_organisation=True,
    ),
    Transition(State.IDENTITY_CHECKED, Step.DECIDE, State.IDENTITY_CHECKED, _OFFICER, naming_organisation=False),
    Transition(State.IDENTITY_CHECKED, Step.APPROVE_LAST, State.APPROVED, _OFFICER, naming_organisation=False),
    Transition(State.ORGANISATION_CONFIRMED, Step.DECIDE, State.ORGANISATION_CONFIRMED, _OFFICER),
    Transition(State.ORGANISATION_CONFIRMED, Step.APPROVE_LAST, State.APPROVED, _OFFICER),
    Transition(State.CONFIRMED, Step.FOLLOW, State.CARRIED, Who.HOLDER),
    Transition(State.CONFIRMED, Step.MODIFY, State.IDENTITY_CHECKED, Who.HOLDER),
    Transition(State.CONFIRMED, Step.GRANT, State.GRANTED, _OFFICER),
    Transition(State.GRANTED, Step.ALLOW, State.ALLOWED, Who.ORGANISATION_OFFICER, naming_organisation=True),
    Transition(State.ALLOWED, Step.ASK_AS_MACHINE, State.APPROVED, Who.MACHINE, naming_organisation=True),
    Transition(State.CARRIED, Step.CARRY_OVER, State.APPROVED, _ROOM),
    Transition(State.CARRIED, Step.DECIDE, State.CARRIED, _OFFICER),
    Transition(State.CARRIED, Step.APPROVE_LAST, State.APPROVED, _OFFICER),
    Transition(State.CARRIED, Step.REJECT, State.ENDED, _OFFICER),
    Transition(State.CARRIED, Step.END, State.ENDED, _ROOM),
    Transition(State.IDENTITY_CHECKED, Step.REJECT, State.ENDED, _OFFICER),
    Transition(State.ORGANISATION_CONFIRMED, Step.REJECT, State.ENDED, _OFFICER),
    Transition(State.APPROVED, Step.DECIDE, State.APPROVED, _OFFICER),
    Transition(State.APPROVED, Step.REJECT, State.ENDED, _OFFICER),
    Transition(State.APPROVED, Step.ISSUE, State.ISSUED, _ROOM),
    Transition(State.APPROVED, Step.END, State.ENDED, _ROOM),
    Transition(State.ISSUED, Step.CONFIRM_AS_HOLDER, State.CONFIRMED, Who.HOLDER),
    Transition(State.ISSUED, Step.REVOKE, State.REVOKED, Who.REVOKER),
    Transition(State.CONFIRMED, Step.REVOKE, State.REVOKED, Who.REVOKER),
)


def may_step(state: State, step: Step, *, names_organisation: bool) -> Decision:
    """Whether the step may be taken in this state; a step that needs the organisation's word first says so."""
    if any(
        (one.source, one.step) == (state, step) and one.naming_organisation in (None, names_organisation)
        for one in TRANSITIONS
    ):
        return Allow()
    if state is State.IDENTITY_CHECKED and names_organisation:
        return Refuse("enrolment.organisation-unconfirmed")
    return Refuse(_CLOSED.get(step, "enrolment.step-not-open"))


_CLOSED = {
    Step.FOLLOW: "replacement.unconfirmed",
    Step.MODIFY: "replacement.unconfirmed",
    Step.DECIDE: "decision.enrolment-ended",
    Step.REJECT: "decision.enrolment-ended",
    Step.CONFIRM_AS_ORGANISATION: "confirmation.not-open",
    Step.CONFIRM_AS_HOLDER: "certificate.confirmation-not-open",
}


def ways(start: State, goal: State, *, names_organisation: bool) -> Iterator[Sequence[Transition]]:
    """Every way from `start` to `goal` that enters no state twice."""
    open_to_it = [one for one in TRANSITIONS if one.naming_organisation in (None, names_organisation)]
    yield from _ways(start, goal, open_to_it, ())


def _ways(
    at: State, goal: State, table: Sequence[Transition], taken: tuple[Transition, ...]
) -> Iterator[Sequence[Transition]]:
    if at is goal:
        yield taken
        return
    seen = {at, *(one.source for one in taken)}
    for one in table:
        if one.source is at and one.target not in seen:
            yield from _ways(one.target, goal, table, (*taken, one))
