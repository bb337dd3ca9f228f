"""What an allowance allows: pure functions of what was read and of `now`, the same at the door and beside the key."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ca.policy import Applicant, DeskSpan, may_be_certified
from ca.registration.case import Case, Source, at_desk
from ca.tables.machines import Allowance, AllowanceAcceptance
from ledger.clock import VIENTIANE
from ledger.decision import Allow, Decision, Refuse

MACHINE_PROFILES = ("tls-server", "tls-client", "device")
"""What a machine may ask for: certificates of hosts, services and devices; none by which anybody signs."""
HOSTS = "tls-server"


class Protocol(Enum):
    """By which a machine asks."""

    ACME = "acme"
    EST = "est"
    CMP = "cmp"
    SCEP = "scep"
    """Only while the configuration has it switched on."""


class CredentialKind(Enum):
    """By what a request was let in."""

    SECRET = "secret"  # noqa: S105 - the word, not one
    """An AllowanceSecret."""
    CERTIFICATE = "certificate"
    """A certificate of the same allowance, whose key asked."""
    ACCOUNT = "account"
    """An account of the protocol's own, bound to the allowance when it was made."""


@dataclass(frozen=True)
class Names:
    """The names that an allowance has."""

    zones: tuple[str, ...]
    hosts: tuple[str, ...]
    common_names: tuple[str, ...]

    @classmethod
    def of(cls, allowance: Allowance) -> "Names":
        """Those of this allowance."""
        held = json.loads(allowance.names)
        return cls(tuple(held["zones"]), tuple(held["hosts"]), tuple(held["common_names"]))

    def has_host(self, host: str) -> bool:
        """Whether the host is one of them, or in one of the zones."""
        return host in self.hosts or any(host == zone or host.endswith(f".{zone}") for zone in self.zones)


@dataclass(frozen=True)
class Granted:
    """An allowance as the rules look at it, in one snapshot."""

    allowance: Allowance
    at: datetime
    """Of the entry that granted it."""
    believed: bool
    """Whether two officers provably agreed on it; the process that listens takes the ledger's word."""
    ended: bool
    confirmed: Decision
    """What became of the organisation's word."""
    accepted: Decision
    desk: DeskSpan | None
    running: int
    """Certificates that live or wait under it, beside the one in question."""
    open: int
    """Requests under it for which nothing is intended yet."""
    acceptance: AllowanceAcceptance | None = None
    """The newest that provably is the responsible person's."""


@dataclass(frozen=True)
class Worn:
    """The names of the certificate that a machine shows."""

    names: frozenset[str]
    common_name: str | None


@dataclass(frozen=True)
class Shown:
    """By what a request was let in, as far as the rules go."""

    protocol: str
    kind: CredentialKind
    same_key: bool
    """Whether the key has had a certificate of this allowance."""
    worn: Worn | None = None
    """Of a certificate, whose names it has; None if it is no machine's."""


def may_run(granted: Granted, applicant: Applicant, posts: Sequence[str] | frozenset[str], now: datetime) -> Decision:
    """Whether anything at all may be asked for under the allowance now: it, the people behind it and the desk stand.

    A Cutoff of the responsible person kills every allowance that was granted before it.
    """
    allowance = granted.allowance
    cut = applicant.cut_off is not None and applicant.cut_off >= granted.at
    rules = (
        (not granted.believed, "machine.allowance-unproven"),
        (granted.ended, "machine.allowance-ended"),
        (now < allowance.valid_from, "machine.allowance-not-yet"),
        (now >= allowance.valid_to, "machine.allowance-over"),
        (allowance.profile not in MACHINE_PROFILES, "machine.profile"),
        (cut, "enrolment.person-cut-off"),
        (allowance.organisation_id not in posts, "machine.person-left"),
        (granted.desk is None or not granted.desk.open_at(now), "desk.closed"),
    )
    refusal = next((Refuse(code) for wrong, code in rules if wrong), None)
    return (granted.confirmed and granted.accepted) if refusal is None else refusal


def may_ask(granted: Granted, shown: Shown, case: Case, most_open: int, now: datetime, officer_age: int) -> Decision:
    """Whether this request may be taken up, or still may be: names, profile, protocol, keys and numbers."""
    allowance = granted.allowance
    day = now.astimezone(VIENTIANE).date()
    by_certificate = shown.kind is CredentialKind.CERTIFICATE
    own = Worn(frozenset(case.asked.names), case.asked.common_name)
    rules = (
        (case.asked.profile != allowance.profile, "machine.profile"),
        (shown.protocol not in json.loads(allowance.protocols), "machine.protocol"),
        (granted.running >= allowance.most, "machine.too-many"),
        (granted.open >= most_open, "machine.too-many-open"),
        (by_certificate and shown.worn is None, "machine.certificate-unknown"),
        (by_certificate and shown.worn != own, "machine.other-names"),
        (by_certificate and not shown.same_key and not allowance.new_keys, "machine.new-key"),
    )
    refusal = next((Refuse(code) for wrong, code in rules if wrong), None)
    if refusal is not None:
        return refusal
    backing = allowed_backing(granted, case)
    return (
        may_be_certified(case.asked.profile, case.applicant, case.asked_at, day, officer_age)
        and at_desk(case, now)
        and _named(Names.of(allowance), case)
        and (backing if isinstance(backing, Refuse) else Allow())
    )


def allowed_backing(granted: Granted, case: Case) -> dict[str, tuple[str, str]] | Refuse:
    """What backs each attribute of the certificate, the allowance among it."""
    backing = case.backing
    if isinstance(backing, Refuse):
        return backing
    return {**backing, "allowance": (Source.ALLOWANCE.value, granted.allowance.id)}


def _named(names: Names, case: Case) -> Decision:
    hosts = case.asked.profile != HOSTS or all(map(names.has_host, case.asked.names))
    called = case.asked.common_name is None or case.asked.common_name in names.common_names
    return Allow() if hosts and called else Refuse("machine.name-outside-zone")
