"""The CA's numbers and switches, in one frozen value: what it may do is code, how long and how many is here.

Every rule takes its number from the Configuration in force; the practice statement prints the same ones. A new version
comes only by a change that another person approved.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Any
from unicodedata import category

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.policy import EvidenceKind
from ca.profiles import PROFILES
from ca.tables.configuration import ConfigurationVersion
from ledger.addresses import parse_mail
from ledger.canonical import canonical
from ledger.facts import Facts

CONTACTS = ("contact_address_lo", "contact_address_en", "contact_telephone", "contact_mail")


class ConfigurationUnfit(Exception):
    """The configuration contradicts itself or the code; `faults` has one sentence for each, with what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class SecondJudge(Enum):
    """When pkilint looks at to-be-signed bytes of a profile before a key does."""

    ALWAYS = "always"
    SAMPLE = "sample"
    """The first of a batch, and of the others by chance one in `second_judge_sample`."""
    OFF = "off"


@dataclass(frozen=True)
class Configuration:
    """One version of the CA's numbers. Constructing one that is not coherent raises ConfigurationUnfit."""

    decisions_needed: int = 2
    """Yes-decisions by different registration officers."""
    decisions_needed_renewal: int = 0
    """Of these, how many are given anew when a certificate is renewed with its key: nothing in it is new."""
    decisions_needed_rekey: int = 1
    """… and when a key is new: else the key for signing in alone could have any other certified."""
    identity_days: int = 825
    """So long after they were seen papers support a further certificate (CA/B Forum S/MIME BR clause 4.2.1)."""
    key_days: int = 1095
    """So long after its first certificate began a key is certified (NIST SP 800-57 part 1 clause 5.3.6: 3 years)."""
    officer_age: int = 18
    """Years that a person must have lived to hold an officer's certificate."""
    evidence: tuple[tuple[str, ...], ...] = (
        ("national-identity-card",),
        ("chip-identity-card",),
        ("passport",),
        ("household-book", "witness"),
    )
    """Sets of papers of which one must be complete; the words are those of `EvidenceKind`."""
    mail_code_minutes: int = 60
    """How long a code that was mailed to an address may be brought back (GV-02)."""
    mail_proof_days: int = 30
    """How long before a request the address may have been proved."""
    validity_days: Mapping[str, int] = field(default_factory=dict)
    """By profile; a profile that is not named lives as long as it may."""
    second_judge: Mapping[str, str] = field(default_factory=dict)
    """By profile, a value of `SecondJudge`; a profile that is not named has `second_judge_default`."""
    second_judge_default: str = SecondJudge.SAMPLE.value
    second_judge_sample: int = 200
    """Of certificates that are looked at by sample, the share: by chance one in so many."""
    crl_every_hours: int = 24
    """A new CRL at least so often, changes or not (RV-08)."""
    crl_life_hours: int = 72
    """From `thisUpdate` to `nextUpdate`."""
    crl_shards: int = 1
    """Partitions of the CRL of an issuer that is made from now on; an issuer keeps the number that it was made with.

    1 is one whole list.
    """
    crl_full: bool = True
    """Whether an issuer whose CRL is partitioned publishes the whole list too."""
    crl_delta: bool = False
    """Whether each list has a delta beside it …"""
    crl_base_minutes: int = 30
    """… and how long a complete list may then lack a change that its delta has (RV-03)."""
    hold_days: int = 30
    """The longest pause; a hold past its end becomes a revocation (RV-05)."""
    replacement_grace_hours: int = 24
    """So long after its replacement was issued a certificate still counts; then it is `superseded`."""
    revocation_alarm_hours: int = 12
    revocation_escalation_hours: int = 20
    revocation_limit_hours: int = 24
    """How long a request to revoke may be open (RV-03)."""
    expiry_notice_days: tuple[int, ...] = (60, 30, 7)
    """So many days before its certificate ends a holder is told (RV-06)."""
    mail_sender: str = "ca@egov.gov.la"
    """From whom letters come."""
    machine_requests_open: int = 50
    """Requests of machines that wait at once under one allowance."""
    machine_secret_days: int = 14
    """How long a secret with which machines begin to ask is taken."""
    machine_refusals_hour: int = 20
    """Refusals of one secret, certificate or account of machines that are entered within an hour."""
    scep: bool = False
    """Whether SCEP is served, which old devices know and nothing else."""
    acme_order_hours: int = 7
    """How long an order and what was shown for it count; with CAA that is no older (RFC 8659 clause 2.2)."""
    acme_accounts: int = 1000
    """ACME accounts that live at once under one allowance."""
    acme_orders_hour: int = 100
    """Orders of one account within an hour."""
    acme_failures_hour: int = 10
    """Failed validations of one name by one account within an hour."""
    acme_same_names_week: int = 10
    """Certificates for the very same names within seven days."""
    token_key_days: int = 90
    """So long a key of the provider's tokens signs before the next takes its place by itself; 0: only by verb."""
    token_key_announced_hours: int = 24
    """So long the next is in the key set before that; services may keep the set for an hour."""
    token_key_overlap_hours: int = 48
    """So long what the one before has signed is still verified."""
    retention_years: int = 7
    """Records are kept so long after the last certificate that is based on them has ended (AU-04)."""
    ceremony_operators: int = 3
    """Operators (n) who are named for a ceremony in production …"""
    ceremony_quorum: int = 2
    """… and how many of them (m) must take part (CA-05)."""
    contact_address_lo: str = "ຝຶກ: ບໍ່ມີທີ່ຢູ່ຈິງ"
    contact_address_en: str = "practice: no real address"
    contact_telephone: str = "+856 21 000 000"
    contact_mail: str = "pki@practice.invalid"
    """Where people turn to, as the statements print it (CA-08); production does not start while any is of practice."""

    def __post_init__(self) -> None:
        """Refuse numbers that do not go together."""
        if faults := _strange(self) or _faults(self):
            raise ConfigurationUnfit(faults)

    @property
    def body(self) -> str:
        """Canonical JSON of all fields."""
        return canonical(asdict(self)).decode()

    @property
    def digest(self) -> str:
        """Hex SHA-256 of `body`."""
        return sha256(self.body.encode()).hexdigest()

    def decisions_needed_anew(self, *, same_key: bool) -> int:
        """How many of the officers who stand by a request that follows an earlier one must decide on it anew."""
        return self.decisions_needed_renewal if same_key else self.decisions_needed_rekey

    def longest_days(self, profile: str) -> int:
        """Days that a certificate of this profile lives."""
        return self.validity_days.get(profile, PROFILES[profile].longest_validity.days)

    def longest(self, profile: str) -> timedelta:
        """How long a certificate of this profile lives; for some it is minutes."""
        cap = PROFILES[profile].longest_validity
        return min(cap, timedelta(days=self.validity_days[profile])) if profile in self.validity_days else cap

    def judge_of(self, profile: str) -> SecondJudge:
        """When the second judge looks at certificates of this profile."""
        return SecondJudge(self.second_judge.get(profile, self.second_judge_default))


@lru_cache(maxsize=8)
def parse_configuration(body: str) -> Configuration:
    """The configuration of a JSON object; fields that are left out have their defaults. Raises ConfigurationUnfit."""
    try:
        given = json.loads(body)
    except ValueError:
        raise ConfigurationUnfit(["this is no JSON: write an object of the fields to be changed"]) from None
    known = {each.name for each in fields(Configuration)}
    if not isinstance(given, dict) or given.keys() - known:
        strange = sorted(given.keys() - known) if isinstance(given, dict) else []
        raise ConfigurationUnfit([f"not a field of the configuration: {', '.join(strange) or 'this is no object'}"])
    return Configuration(**{name: _frozen(value) for name, value in given.items()})


_NEWEST = Facts(select(ConfigurationVersion.body).order_by(ConfigurationVersion.number.desc()).limit(1))


def current(session: Session) -> Configuration:
    """The configuration in force in this snapshot."""
    return next((parse_configuration(body) for (body,) in _NEWEST.once(session)), DEFAULT)


def difference(old: Configuration, new: Configuration) -> dict[str, tuple[Any, Any]]:
    """What a change would alter: each field that differs, with its value before and after."""
    before, after = asdict(old), asdict(new)
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def practice_contacts(chosen: Configuration) -> list[str]:
    """The names of the contact fields that nobody has set yet."""
    return [name for name in CONTACTS if getattr(chosen, name) == getattr(DEFAULT, name)]


def _frozen(value: Any) -> Any:
    """JSON's lists as tuples, whatever is in them."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _line(value: Any) -> bool:
    """Text of one line: it goes into the heads of letters and into statements."""
    return isinstance(value, str) and not any(category(sign) in _UNSEEN for sign in value)


def _all(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, tuple) and all(fits(one) for one in value)


def _named(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) and fits(one) for name, one in value.items())


_UNSEEN = ("Cc", "Zl", "Zp")
"""Unicode's categories of signs that control or end a line."""
_KINDS: Mapping[Any, tuple[Callable[[Any], bool], str]] = {
    int: (_whole, "a whole number"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    str: (_line, "text of one line"),
    tuple[int, ...]: (lambda value: _all(value, _whole), "a list of whole numbers"),
    tuple[tuple[str, ...], ...]: (lambda value: _all(value, lambda one: _all(one, _line)), "a list of lists of words"),
    Mapping[str, int]: (lambda value: _named(value, _whole), "an object of whole numbers"),
    Mapping[str, str]: (lambda value: _named(value, _line), "an object of words"),
}
"""By a field's annotation: whether a value is of it, and what it is called."""


def _strange(chosen: Configuration) -> list[str]:
    """A sentence for each field of another type than it should be."""
    kinds = ((each.name, *_KINDS[each.type]) for each in fields(chosen))
    return [f"{name} is not {called}" for name, fits, called in kinds if not fits(getattr(chosen, name))]


def _faults(chosen: Configuration) -> list[str]:
    kinds = {kind.value for kind in EvidenceKind}
    strange = {kind for papers in chosen.evidence for kind in papers} - kinds
    unknown = (chosen.validity_days.keys() | chosen.second_judge.keys()) - PROFILES.keys()
    longer = [
        name
        for name, days in chosen.validity_days.items()
        if name in PROFILES and not 1 <= days <= PROFILES[name].longest_validity.days
    ]
    words = {judge.value for judge in SecondJudge}
    asked = (chosen.revocation_alarm_hours, chosen.revocation_escalation_hours, chosen.revocation_limit_hours)
    rules = (
        (not 2 <= chosen.decisions_needed <= 1000, "decisions_needed is not from 2 to 1000: two officers decide"),
        (
            not 0 <= chosen.decisions_needed_renewal <= chosen.decisions_needed,
            "decisions_needed_renewal is not from 0 to decisions_needed",
        ),
        (
            not 1 <= chosen.decisions_needed_rekey <= chosen.decisions_needed,
            "decisions_needed_rekey is not from 1 to decisions_needed: an officer looks at each new key",
        ),
        (not 1 <= chosen.identity_days <= 1825, "identity_days is not from 1 to 1825"),
        (not 1 <= chosen.key_days <= 1825, "key_days is not from 1 to 1825"),
        (not 15 <= chosen.officer_age <= 100, "officer_age is not from 15 to 100: cards begin at that age"),
        (not chosen.evidence or not all(chosen.evidence), "evidence is empty: name at least one set of papers"),
        (bool(strange), f"evidence names no paper that there is: {', '.join(sorted(strange))}"),
        (not 5 <= chosen.mail_code_minutes <= 60, "mail_code_minutes is not from 5 to 60"),
        (not 1 <= chosen.mail_proof_days <= 365, "mail_proof_days is not from 1 to 365"),
        (bool(unknown), f"not a profile: {', '.join(sorted(unknown))}"),
        (bool(longer), f"validity_days is under 1 or over the profile's cap: {', '.join(sorted(longer))}"),
        (not {*chosen.second_judge.values(), chosen.second_judge_default} <= words, "second_judge has another word"),
        (not 1 <= chosen.second_judge_sample <= 1000, "second_judge_sample is not from 1 to 1000"),
        (not 1 <= chosen.crl_every_hours <= 24, "crl_every_hours is not from 1 to 24: a CRL is made each day"),
        (not 2 * chosen.crl_every_hours <= chosen.crl_life_hours <= 168, "crl_life_hours is not from two CRLs to 168"),
        (not 1 <= chosen.crl_shards <= 4096, "crl_shards is not from 1 to 4096"),
        (not 1 <= chosen.crl_base_minutes <= 60, "crl_base_minutes is not from 1 to 60: an hour is the most"),
        (not 1 <= chosen.hold_days <= 365, "hold_days is not from 1 to 365"),
        (not 0 < asked[0] < asked[1] < asked[2] <= 24, "revocation hours must rise from alarm to limit, 24 at most"),
        (not 0 <= chosen.replacement_grace_hours <= 720, "replacement_grace_hours is not from 0 to 720"),
        (
            not chosen.expiry_notice_days or not all(0 < days <= 365 for days in chosen.expiry_notice_days),
            "expiry_notice_days are none, or not from 1 to 365: holders are told in time",
        ),
        (parse_mail(chosen.mail_sender) is None, "mail_sender is no mail address"),
        (not 1 <= chosen.machine_requests_open <= 1000, "machine_requests_open is not from 1 to 1000"),
        (not 1 <= chosen.machine_secret_days <= 365, "machine_secret_days is not from 1 to 365"),
        (not 1 <= chosen.machine_refusals_hour <= 1000, "machine_refusals_hour is not from 1 to 1000"),
        (not 1 <= chosen.acme_order_hours <= 8, "acme_order_hours is not from 1 to 8: CAA is read again after that"),
        (not 1 <= chosen.acme_accounts <= 10_000, "acme_accounts is not from 1 to 10000"),
        (not 1 <= chosen.acme_orders_hour <= 10_000, "acme_orders_hour is not from 1 to 10000"),
        (not 1 <= chosen.acme_failures_hour <= 1000, "acme_failures_hour is not from 1 to 1000"),
        (not 1 <= chosen.acme_same_names_week <= 1000, "acme_same_names_week is not from 1 to 1000"),
        (not 0 <= chosen.token_key_days <= 730, "token_key_days is not from 0 to 730"),
        (not 2 <= chosen.token_key_announced_hours <= 168, "token_key_announced_hours is not from 2 to 168"),
        (not 24 <= chosen.token_key_overlap_hours <= 720, "token_key_overlap_hours is not from 24 to 720"),
        (
            0 < 24 * chosen.token_key_days < chosen.token_key_announced_hours + chosen.token_key_overlap_hours,
            "token_key_days is shorter than notice and overlap together: keys would pile up",
        ),
        (not 7 <= chosen.retention_years <= 100, "retention_years is not from 7 to 100: under 7 is not lawful"),
        (not 2 <= chosen.ceremony_quorum <= chosen.ceremony_operators, "ceremony_quorum is not from 2 to all"),
        (chosen.ceremony_operators > 100, "ceremony_operators is over 100"),
        (not all(getattr(chosen, name) for name in CONTACTS), "a contact_… is empty"),
        (parse_mail(chosen.contact_mail) is None, "contact_mail is no mail address"),
    )
    return [sentence for wrong, sentence in rules if wrong]


DEFAULT = Configuration()
