"""A practice nation: persons, bodies and certificates in the proportions of the whole country's 88,300."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256

from ca.ceremonies.steps.first_officer import DESK
from ca.policy import EvidenceKind
from ca.registration.application import Agreed, Application, Shown
from ca.registration.rules import REPRESENT
from ledger.base import Fact
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.people import (
    Appointment,
    AppointmentTerm,
    Mandate,
    MandateTerm,
    Organisation,
    OrganisationDetail,
    Person,
    PersonDetail,
    Post,
)
from register.events import PersonRegistered
from scripts.reissuing.keys import DeviceKey

WHOLE = 88_300
"""Certificates of the country: 3 for each of 10,000 officers, 2 for each citizen and business person, and bodies'."""
_OFFICERS, _BUSINESS, _SEALS, _DEVICES, _HOSTS = 10_000, 1_000, 2_973, 2_375, 952
FIRST, SECOND, OPERATOR = "90000001", "90000002", "90000003"
_BATCH = 40
"""Persons in a transaction; an entry each."""


@dataclass(frozen=True)
class Slot:
    """One certificate that somebody has: whose, of which profile, what it names."""

    number: str
    profile: str
    label: str
    """Names its key."""
    organisation: str | None = None
    names: tuple[str, ...] = ()
    common_name: str | None = None

    def key(self, seed: int) -> DeviceKey:
        """Its first key."""
        return DeviceKey.of(seed, self.label)


@dataclass(frozen=True)
class Nation:
    """So many certificates and whoever holds them, all by number: the same for the same arguments."""

    certificates: int
    seed: int

    def _share(self, count: int, least: int) -> int:
        return max(least, self.certificates * count // WHOLE)

    @cached_property
    def officers(self) -> list[str]:
        """Their numbers; the first is the CA operator to be."""
        return [OPERATOR, *(str(91_000_000 + place) for place in range(self._share(_OFFICERS, 4) - 1))]

    @cached_property
    def business(self) -> list[str]:
        """Numbers of business people."""
        return [str(92_000_000 + place) for place in range(self._share(_BUSINESS, 1))]

    @cached_property
    def bodies(self) -> list[str]:
        """Codes of organisations; each has two officers at least."""
        return [f"PRACTICE-{place}" for place in range(max(1, min(2_973, len(self.officers) // 3)))]

    def body_of(self, place: int) -> str:
        """The body of the officer or business person at this place of his list."""
        return self.bodies[place % len(self.bodies)]

    @cached_property
    def citizens(self) -> list[str]:
        """Numbers of citizens, who take what is left of the certificates, two each."""
        left = self.certificates - len(self._officers_slots) - len(self._bodies_slots) - len(self._business_slots)
        return [str(93_000_000 + place) for place in range((left + 1) // 2)]

    @property
    def persons_slots(self) -> Iterator[Slot]:
        """What persons hold for themselves."""
        yield from self._officers_slots
        for number in self.citizens:
            yield Slot(number, "citizen-authentication", f"{number} authentication")
            yield Slot(number, "citizen-signing", f"{number} signing")

    @cached_property
    def slots(self) -> list[Slot]:
        """All, cut to the number asked for; what names an organisation comes last."""
        naming = [*self._business_slots, *self._bodies_slots]
        persons = list(self.persons_slots)[: self.certificates - len(naming)]
        return persons + naming

    @cached_property
    def _officers_slots(self) -> list[Slot]:
        kinds = ("authentication", "signing", "encryption")
        return [Slot(one, f"officer-{kind}", f"{one} {kind}") for one in self.officers for kind in kinds]

    @cached_property
    def _business_slots(self) -> list[Slot]:
        slots = [Slot(one, "citizen-authentication", f"{one} authentication") for one in self.business]
        return slots + [
            Slot(one, "business-representative", f"{one} represents", self.body_of(place))
            for place, one in enumerate(self.business)
        ]

    @cached_property
    def _bodies_slots(self) -> list[Slot]:
        found = []
        for profile, count in (("organisation-seal", _SEALS), ("device", _DEVICES), ("tls-server", _HOSTS)):
            for place in range(self._share(count, 1)):
                holder, body = self.officers[place % len(self.officers)], self.body_of(place % len(self.officers))
                names = (f"{profile}-{place}.{_domain(body)}",) if profile == "tls-server" else ()
                said = f"kiosk {place}" if profile == "device" else None
                found.append(Slot(holder, profile, f"{profile} {place}", body, names, said))
        return found


def people_the_register(ledger: Ledger, nation: Nation, actor: Actor) -> None:
    """Everybody is in the register, officers and business people with their posts."""
    since = ledger.clock.now() - timedelta(days=30)
    deeds = [Deed(PersonRegistered(code, "officers", "drill", 1), actor, _body(code, since)) for code in nation.bodies]
    deeds += [_registered(number, "officers", nation.bodies[0], since, actor) for number in (FIRST, SECOND)]
    for numbers, source in ((nation.officers, "officers"), (nation.business, "citizens")):
        deeds += [
            _registered(number, source, nation.body_of(place), since, actor) for place, number in enumerate(numbers)
        ]
    deeds += [_registered(number, "citizens", None, since, actor) for number in nation.citizens]
    for start in range(0, len(deeds), 10 * _BATCH):
        ledger.entries(deeds[start : start + 10 * _BATCH])


def application(slot: Slot, seed: int, officer_id: str, agreed: Agreed) -> Application:
    """What the holder hands in at the desk for the slot's first key."""
    card = Shown(
        EvidenceKind.CHIP_IDENTITY_CARD, f"PRACTICE-{slot.number}", "MPS", date(2025, 12, 17), date(2035, 12, 16),
        sha256(f"sample scan of the card of {slot.number}".encode()).hexdigest(), officer_id, DESK,
    )  # fmt: skip
    return Application(
        slot.key(seed).request(), slot.number, slot.profile, [card], agreed, slot.organisation, slot.names,
        slot.common_name,
    )  # fmt: skip


def _domain(body: str) -> str:
    return f"{body.lower()}.gov.la"


def _body(code: str, since: object) -> Sequence[Fact]:
    detail = OrganisationDetail(
        id=f"d-{code}", organisation_id=f"o-{code}", number=1, kind="ministry", name_lo="ອົງການຝຶກ", name_en=code,
        domains=_domain(code), valid_from=since,
    )  # fmt: skip
    post = Post(id=f"t-{code}", code=f"{code}/clerk", organisation_id=f"o-{code}", name_lo="ພະນັກງານ", name_en="Clerk")
    term = MandateTerm(id=f"x-{code}", mandate_id=f"w-{code}", number=1, valid_from=since, decree="1/DRILL")
    mandate = Mandate(id=f"w-{code}", act=REPRESENT, post_id=f"t-{code}")
    return [Organisation(id=f"o-{code}", code=code), detail, post, mandate, term]


def _registered(number: str, source: str, body: str | None, since: object, actor: Actor) -> Deed:
    facts: list[Fact] = [
        Person(id=f"p{number}", number=number),
        PersonDetail(
            id=f"n{number}", person_id=f"p{number}", number=1, given_lo="ຝຶກ", family_lo="ຫັດ", given_en="Drill",
            family_en="Practice", born="1980-01-31", mail=f"drill{number}@gov.la", search_key=f"drill{number}",
            source=source,
        ),
    ]  # fmt: skip
    if body is not None:
        facts.append(Appointment(id=f"a{number}", person_id=f"p{number}", post_id=f"t-{body}"))
        facts.append(
            AppointmentTerm(
                id=f"m{number}", appointment_id=f"a{number}", number=1, valid_from=since, acting=False, decree="1/DRILL"
            )
        )
    return Deed(PersonRegistered(f"p{number}", source, "drill", 1), actor, facts)


