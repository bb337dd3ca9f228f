"""The numbers and lists that the statements print, read from where the rules themselves read them.

All of the Configuration is here by the names of its fields, so that no number of it can change unseen, and so are the
profiles and the closed lists of the code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from enum import Enum
from typing import Any

from ca.configuration import Configuration
from ca.endings.grounds import WORDS as GROUND_WORDS
from ca.policy import EvidenceKind, IdentificationMethod
from ca.profiles import NEVER_FOLLOWED, NEVER_HELD, PROFILES
from ca.publication.crl import ROOT_LIFE
from ledger.acts import FRESHNESS
from ledger.canonical import Portable, portable
from ledger.people import DutyKind
from pki import oids
from pki.keys import RSA_BITS
from pki.profile import CertificateProfile
from pki.signing import SignatureAlgorithm
from web.home import Home, Mode

Figures = Mapping[str, Portable]
"""By name; the value is an integer, a word, or a list or table of them."""
PROHIBITED = ("will", "civil-status", "ownership", "power-of-attorney", "land-sale", "petition", "claim-paper")
"""The seven kinds of act that the law on electronic transactions leaves out (ET-11)."""
PERSONS = 2
"""Who must agree to a new version of a statement, each under his own key."""
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def figures(configuration: Configuration, home: Home | None = None) -> Figures:
    """What is in force with this configuration; without a home, all but its addresses and its policies."""
    values: dict[str, Any] = asdict(configuration) | {
        "profiles": {name: _profile(profile, configuration) for name, profile in PROFILES.items()},
        "evidence_kinds": [kind.value for kind in EvidenceKind],
        "identification_methods": [method.value for method in IdentificationMethod],
        "grounds": GROUND_WORDS,
        "never_followed": sorted(NEVER_FOLLOWED),
        "never_suspended": sorted(NEVER_HELD),
        "duties": [duty.value for duty in DutyKind],
        "prohibited_acts": PROHIBITED,
        "key_algorithms": [algorithm.value for algorithm in SignatureAlgorithm],
        "rsa_bits_from": RSA_BITS.start,
        "rsa_bits_to": RSA_BITS.stop - 1,
        "statement_persons": PERSONS,
        "act_minutes": FRESHNESS // _MINUTE,
        "root_crl_days": ROOT_LIFE.days,
    }
    values |= _of(home) if home else {}
    return {name: _plain(value) for name, value in values.items()}


def flat(figures: Figures) -> Iterator[tuple[str, Portable]]:
    """Each number or list by its full name (`profiles.officer-signing.policy`), in the order of the names."""
    for name, value in sorted(figures.items()):
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", each) for inner, each in flat(value))
        else:
            yield name, value


def changed(before: Figures, now: Figures) -> list[tuple[str, Portable, Portable]]:
    """What differs: name, the value before and the value now; None for what there was not, or is no more."""
    old, new = dict(flat(before)), dict(flat(now))
    names = sorted(old.keys() | new.keys())
    return [(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _profile(profile: CertificateProfile, configuration: Configuration) -> dict[str, Any]:
    """All that a profile says, without what it says no to, and how long its certificates live."""
    longest = profile.longest_validity
    if profile.name in configuration.validity_days:
        longest = timedelta(days=configuration.longest_days(profile.name))
    life = {"longest_days": longest.days} if longest >= _DAY else {"longest_minutes": longest // _MINUTE}
    said = {field.name: getattr(profile, field.name) for field in fields(profile)}
    del said["name"], said["longest_validity"]
    kept = {name: value for name, value in said.items() if value not in (None, (), "") and value is not False}
    return kept | life | {"second_judge": configuration.judge_of(profile.name)}


def _of(home: Home) -> dict[str, Any]:
    mode = home.mode()
    return {
        "mode": mode,
        "policy_arc": oids.PRACTICE_ARC if mode is Mode.PRACTICE else oids.PRODUCTION_ARC,
        "ca_url": home.url("ca"),
        "ocsp_url": home.url("ocsp"),
        "audit_url": home.url("audit"),
    }


def _plain(value: Any) -> Portable:
    """The value in the portable types of the ledger; bits by their name."""
    match value:
        case Enum():
            return value.value if isinstance(value.value, str) else value.name
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case None | bool() | int() | str():
            return portable(value)
        case _:
            return str(value)
