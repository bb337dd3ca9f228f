"""The role matrix (CA-07): which duty allows which action, and which duties nobody may have at once. All of it is data.

Every use case that acts for a person asks `may_act`; a new action is a line of `MATRIX`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ledger.decision import Allow, Decision, Refuse
from ledger.people import Duty, DutyKind


class Action(Enum):
    """What a person does in this system under his own key."""

    ENROL = "enrolment.submit"
    DECIDE = "enrolment.decide"
    END = "certificate.end"
    """Revoke, hold and release."""
    PAUSE = "certificate.pause"
    """Hold for somebody who calls; nothing that is final."""
    KEEP_REGISTER = "register.apply"
    MANAGE_ACCOUNTS = "account.manage"
    """Open and unlock accounts, register and retire relying services."""
    HOLD_RECORDS = "records.hold"
    """Keep a person's records from being erased."""
    RELEASE_RECORDS = "records.release"
    ERASE_RECORDS = "records.erase"
    """Order that what need not be kept any longer is erased."""
    CLOSE = "issuer.close"
    """Be one of the two who end an issuer; enter the leave of the ministry."""
    HALT = "issuance.halt"
    """Press the stop button of all issuing, or halt a campaign that replaces certificates."""
    RESUME = "issuance.resume"
    AGREE_STATEMENT = "statement.agree"
    """Be one of the two who publish what the CA says about itself."""
    PLAN_PEOPLE = "change.plan-people"
    """Plan, and have applied, a change of duties or desks."""
    APPROVE_PEOPLE = "change.approve-people"
    PLAN_RULES = "change.plan-rules"
    """Plan, and have applied, a change of the configuration or of a profile."""
    APPROVE_RULES = "change.approve-rules"
    PLAN_MACHINES = "change.plan-machines"
    """Plan, and have applied, what machines may ask for by themselves; make and withdraw their secrets."""
    APPROVE_MACHINES = "change.approve-machines"


class Area(Enum):
    """What must be in different hands (CA-07; EN 319 401 clause 7.1.2)."""

    REGISTRATION = "registration"
    CA_OPERATION = "ca-operation"
    SYSTEM = "system"
    AUDIT = "audit"


AREAS: Mapping[DutyKind, Area] = {
    DutyKind.REGISTRATION_OFFICER: Area.REGISTRATION,
    DutyKind.REGISTER_CLERK: Area.REGISTRATION,
    DutyKind.HELP_DESK: Area.REGISTRATION,
    DutyKind.CA_OPERATOR: Area.CA_OPERATION,
    DutyKind.SYSTEM_ADMINISTRATOR: Area.SYSTEM,
    DutyKind.AUDITOR: Area.AUDIT,
}

OFFICER, CLERK, OPERATOR, ADMINISTRATOR = (
    DutyKind.REGISTRATION_OFFICER,
    DutyKind.REGISTER_CLERK,
    DutyKind.CA_OPERATOR,
    DutyKind.SYSTEM_ADMINISTRATOR,
)


@dataclass(frozen=True)
class Rule:
    """The duties of which one is needed, and the code for who has none of them."""

    duties: Sequence[DutyKind]
    refusal: str


def _rule(refusal: str, *duties: DutyKind) -> Rule:
    return Rule(duties, refusal)


MATRIX: Mapping[Action, Rule] = {
    Action.ENROL: _rule("decision.no-duty", OFFICER),
    Action.DECIDE: _rule("decision.no-duty", OFFICER),
    Action.END: _rule("revocation.no-duty", OFFICER, OPERATOR),
    Action.PAUSE: _rule("revocation.no-duty", OFFICER, OPERATOR, DutyKind.HELP_DESK),
    # Who recorded papers does not say that they may go.
    Action.HOLD_RECORDS: _rule("erasure.no-duty", OFFICER, OPERATOR),
    Action.RELEASE_RECORDS: _rule("erasure.no-duty", OPERATOR),
    Action.ERASE_RECORDS: _rule("erasure.no-duty", OPERATOR),
    Action.KEEP_REGISTER: _rule("register.no-duty", OFFICER, CLERK, ADMINISTRATOR),
    Action.MANAGE_ACCOUNTS: _rule("management.not-on-duty", OFFICER, ADMINISTRATOR),
    Action.CLOSE: _rule("closing.no-duty", OPERATOR),
    # Who sees that something is wrong stops it at once; that it goes on is for those who run the CA.
    Action.HALT: _rule("issuance.no-duty", OFFICER, OPERATOR, ADMINISTRATOR),
    Action.RESUME: _rule("issuance.no-duty", OPERATOR),
    Action.AGREE_STATEMENT: _rule("statement.no-duty", OFFICER, OPERATOR),
    Action.PLAN_PEOPLE: _rule("change.no-duty", OFFICER, OPERATOR, ADMINISTRATOR),
    Action.APPROVE_PEOPLE: _rule("change.no-duty", OFFICER, OPERATOR),
    Action.PLAN_RULES: _rule("change.no-duty", OFFICER, OPERATOR, ADMINISTRATOR),
    Action.APPROVE_RULES: _rule("change.no-duty", OPERATOR),
    Action.PLAN_MACHINES: _rule("change.no-duty", OFFICER),
    Action.APPROVE_MACHINES: _rule("change.no-duty", OFFICER),
}
"""The auditor is in no line: he reads. The administrator is in none by which a certificate comes to be."""


@dataclass(frozen=True)
class DutySpan:
    """A duty as the rules look at it; `ends` already takes an early end into account."""

    kind: DutyKind
    begins: datetime
    ends: datetime | None
    desk: str | None = None
    """The code of the one desk where it counts; None: everywhere."""

    def holds(self, kind: DutyKind, at: datetime) -> bool:
        """Whether it is this duty and runs at `at`."""
        return self.kind is kind and self.begins <= at and (self.ends is None or at < self.ends)

    def meets(self, other: "DutySpan") -> bool:
        """Whether there is a moment at which both run."""
        return (other.ends is None or self.begins < other.ends) and (self.ends is None or other.begins < self.ends)


def span_of(duty: Duty, ended: datetime | None = None) -> DutySpan:
    """The duty, over at `ended` if that comes first."""
    ends = min((end for end in (duty.valid_to, ended) if end is not None), default=None)
    return DutySpan(DutyKind(duty.kind), duty.valid_from, ends, duty.desk)


def may_act(action: Action, duties: Iterable[DutySpan], now: datetime, desk: str | None = None) -> Decision:
    """Whether one of a person's duties allows the action at `now`; with `desk`, at that desk."""
    rule = MATRIX[action]
    for duty in duties:
        there = desk is None or duty.desk is None or duty.desk == desk
        if there and duty.kind in rule.duties and duty.holds(duty.kind, now):
            return Allow()
    return Refuse(rule.refusal)


def clash(one: DutyKind, other: DutyKind) -> bool:
    """Whether nobody may have both at once: they are of different areas."""
    return AREAS[one] is not AREAS[other]


def may_have(wanted: DutySpan, held: Sequence[DutySpan]) -> Decision:
    """Whether a person who has these duties may have this one too: no clash, and not the same twice."""
    if any((one.kind, one.desk) == (wanted.kind, wanted.desk) and wanted.meets(one) for one in held):
        return Refuse("duty.held")
    if any(clash(wanted.kind, one.kind) and wanted.meets(one) for one in held):
        return Refuse("duty.clash")
    return Allow()
