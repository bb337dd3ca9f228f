"""What the register knows of the persons in a stretch of a list, and what the lines before have added to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.base import Fact
from ledger.people import Appointment, AppointmentTerm, Mandate, MandateTerm, Person, PersonDetail, Post
from register.organisations import Body, bodies

Likeness = tuple[str, str]
"""Search key and birth date: two persons who share both may be one."""


@dataclass
class Registered:
    """One person: his newest detail (None once erased), and the newest term of each appointment and mandate."""

    id: str
    detail: PersonDetail | None = None
    appointments: dict[str, tuple[Appointment, AppointmentTerm]] = field(default_factory=dict)
    mandates: dict[str, tuple[Mandate, MandateTerm]] = field(default_factory=dict)


@dataclass
class View:
    """The register as far as it was asked for, by number and by code."""

    bodies: dict[str, Body]
    posts: dict[str, Post]
    persons: dict[str, Registered] = field(default_factory=dict)
    likenesses: dict[Likeness, set[str]] = field(default_factory=dict)
    """The numbers of the persons who share a name and a birth date."""
    spoken_of: set[str] = field(default_factory=set)
    """Numbers of which an earlier line of the list was taken."""
    _by_id: dict[str, Registered] = field(default_factory=dict)
    _numbers: dict[str, str] = field(default_factory=dict)
    _appointments: dict[str, Appointment] = field(default_factory=dict)
    _mandates: dict[str, Mandate] = field(default_factory=dict)

    @classmethod
    def open(cls, session: Session) -> "View":
        """Every organisation and post, and no person yet."""
        return cls(bodies(session), {post.code: post for post in session.scalars(select(Post))})

    def look_up(self, session: Session, numbers: Iterable[str], likenesses: Iterable[Likeness]) -> None:
        """The view has all that the register knows of these numbers, and who else bears these likenesses."""
        wanted = [number for number in set(numbers) if number not in self.persons]
        self.absorb(session.scalars(select(Person).where(Person.number.in_(wanted))))
        self._look_up_versions(session, [self.persons[number].id for number in wanted if number in self.persons])
        self._look_up_likenesses(session, set(likenesses))

    def absorb(self, facts: Iterable[Fact]) -> None:
        """The view is as if it had read these facts in the register; each comes after what it speaks of."""
        for fact in facts:
            match fact:
                case Person():
                    self.persons[fact.number] = self._by_id[fact.id] = Registered(fact.id)
                    self._numbers[fact.id] = fact.number
                case PersonDetail():
                    self._by_id[fact.person_id].detail = fact
                    self._liken(fact.search_key, fact.born, self._numbers[fact.person_id])
                case Post():
                    self.posts[fact.code] = fact
                case Appointment():
                    self._appointments[fact.id] = fact
                case AppointmentTerm():
                    held = self._appointments[fact.appointment_id]
                    self._by_id[held.person_id].appointments[held.id] = (held, fact)
                case Mandate():
                    self._mandates[fact.id] = fact
                case MandateTerm():
                    given = self._mandates[fact.mandate_id]
                    self._by_id[str(given.person_id)].mandates[given.id] = (given, fact)

    def _look_up_versions(self, session: Session, persons: list[str]) -> None:
        of_person = Appointment.person_id.in_(persons)
        mandated = Mandate.person_id.in_(persons)
        details = select(PersonDetail).where(PersonDetail.person_id.in_(persons))
        terms = select(AppointmentTerm).join(Appointment).where(of_person)
        mandate_terms = select(MandateTerm).join(Mandate).where(mandated)
        self.absorb(session.scalars(details.order_by(PersonDetail.number)))
        self.absorb(session.scalars(select(Appointment).where(of_person)))
        self.absorb(session.scalars(terms.order_by(AppointmentTerm.number)))
        self.absorb(session.scalars(select(Mandate).where(mandated)))
        self.absorb(session.scalars(mandate_terms.order_by(MandateTerm.number)))

    def _look_up_likenesses(self, session: Session, wanted: set[Likeness]) -> None:
        statement = select(PersonDetail.search_key, PersonDetail.born, Person.number).join(Person)
        for key, born, number in session.execute(statement.where(PersonDetail.search_key.in_({k for k, _ in wanted}))):
            if (key, born) in wanted:
                self._liken(key, born, number)

    def _liken(self, key: str, born: str | None, number: str) -> None:
        self.likenesses.setdefault((key, born or ""), set()).add(number)
