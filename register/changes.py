"""From a line and what the register knows: its verdict, what would change, and the deeds that change it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from typing import TypeVar

from ledger.base import Fact
from ledger.canonical import canonical
from ledger.event import Event
from ledger.people import Appointment, AppointmentTerm, Mandate, MandateTerm, Person, PersonDetail, Post
from ledger.sheet import Reason
from ledger.spelling import fold_name
from register.events import (
    AppointmentChanged,
    AppointmentMade,
    MandateChanged,
    MandateGranted,
    PersonChanged,
    PersonRegistered,
    PostCreated,
)
from register.line import Line, Office
from register.policy import doubts, faults
from register.view import Registered, View

NEW_POST = "post"


class Verdict(Enum):
    """What is to become of a line: the first two are applied, the fourth only when a person vouches for it."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    SUSPICIOUS = "suspicious"
    BAD = "bad"


@dataclass(frozen=True)
class Change:
    """What changes in a field, in words; `before` is None for what is new."""

    field: str
    before: str | None
    after: str | None


@dataclass
class Decided:
    """A line with its verdict and, unless it is bad, what applying it does: events, each with its facts."""

    line: int
    number: str
    verdict: Verdict
    reasons: Sequence[Reason] = ()
    changes: list[Change] = field(default_factory=list)
    deeds: list[tuple[Event, tuple[Fact, ...]]] = field(default_factory=list)

    def digest(self) -> str:
        """SHA-256 (hex) over verdict, reasons and changes: two looks at a line agree if these are equal.

        Which line is the first to name a new post does not count: that changes with the lines vouched for.
        """
        reasons = [[reason.field, reason.code] for reason in self.reasons]
        changes = [[one.field, one.before, one.after] for one in self.changes if one.field != NEW_POST]
        return sha256(canonical([self.line, self.verdict, reasons, changes])).hexdigest()


@dataclass
class Decision:
    """Decides lines beside one view; `decide` writes nothing and leaves the view as it was."""

    view: View
    new_id: Callable[[], str]
    import_id: str
    today: date

    def decide(self, line: Line, doubled: frozenset[str]) -> Decided:
        """The line's verdict. `doubled` are the numbers that stand beside more than one name in the list."""
        wrong = tuple(faults(line, self.view, self.today))
        if wrong:
            return Decided(line.line, line.number, Verdict.BAD, wrong)
        known = self.view.persons.get(line.number)
        unsure = tuple(doubts(line, self.view, number_twice=line.number in doubled))
        decided = Decided(line.line, line.number, Verdict.NEW if known is None else Verdict.CHANGED)
        person = known or Registered(self.new_id())
        self._person(line, person, decided, is_new=known is None)
        if line.office is not None:
            self._office(line, line.office, person, decided)
        if not decided.deeds:
            decided.verdict = Verdict.SAME
        elif unsure:
            decided.verdict, decided.reasons = Verdict.SUSPICIOUS, unsure
        return decided

    def _person(self, line: Line, person: Registered, decided: Decided, *, is_new: bool) -> None:
        values = line.person_values() | {"source": line.source}
        before = person.detail
        if before is not None and before.source == "officers":
            values["source"] = "officers"
        differing = _differing(before, values)
        if not differing:
            return
        number = before.number + 1 if before else 1
        detail = PersonDetail(
            id=self.new_id(),
            person_id=person.id,
            number=number,
            search_key=fold_name(line.given_lo, line.family_lo),
            search_key_en=fold_name(line.given_en, line.family_en),
            **values,
        )
        decided.changes += differing
        if is_new:
            event: Event = PersonRegistered(person.id, line.source, self.import_id, line.line)
            decided.deeds.append((event, (Person(id=person.id, number=line.number), detail)))
        else:
            decided.deeds.append((PersonChanged(person.id, number, self.import_id, line.line), (detail,)))

    def _office(self, line: Line, office: Office, person: Registered, decided: Decided) -> None:
        post = self.view.posts.get(office.post) or self._new_post(line, office, decided)
        values = {
            "valid_from": office.valid_from,
            "valid_to": office.valid_to,
            "acting": office.acting,
            "decree": office.decree,
        }
        held = _appointment(person, post.id, office)
        differing = [_under(office.post, change) for change in _differing(held[1] if held else None, values)]
        if differing and held is None:
            self._appoint(line, office, person, post, values, decided)
        elif differing and held is not None:
            thing, term = held
            version = AppointmentTerm(id=self.new_id(), appointment_id=thing.id, number=term.number + 1, **values)
            event = AppointmentChanged(thing.id, version.number, office.decree, self.import_id, line.line)
            decided.deeds.append((event, (version,)))
        decided.changes += differing
        if office.mandate:
            self._mandate(line, office, office.mandate, person, post, decided)

    def _new_post(self, line: Line, office: Office, decided: Decided) -> Post:
        organisation_id = self.view.bodies[office.organisation].id
        post = Post(
            id=self.new_id(),
            code=office.post,
            organisation_id=organisation_id,
            name_lo=office.name_lo,
            name_en=office.name_en,
        )
        decided.changes.append(Change(NEW_POST, None, office.post))
        decided.deeds.append((PostCreated(post.id, organisation_id, self.import_id, line.line), (post,)))
        return post

    def _appoint(
        self, line: Line, office: Office, person: Registered, post: Post, values: Mapping[str, object], decided: Decided
    ) -> None:
        thing = Appointment(id=self.new_id(), person_id=person.id, post_id=post.id)
        term = AppointmentTerm(id=self.new_id(), appointment_id=thing.id, number=1, **values)
        event = AppointmentMade(thing.id, person.id, post.id, office.decree, self.import_id, line.line)
        decided.deeds.append((event, (thing, term)))

    def _mandate(self, line: Line, office: Office, act: str, person: Registered, post: Post, decided: Decided) -> None:
        values = {
            "valid_from": office.valid_from,
            "valid_to": office.valid_to,
            "limit_lak": office.limit_lak,
            "decree": office.decree,
        }
        given = _mandate_of(person, post.id, act, office)
        differing = [
            _under(f"{office.post}:{act}", change) for change in _differing(given[1] if given else None, values)
        ]
        if not differing:
            return
        decided.changes += differing
        thing = given[0] if given else Mandate(id=self.new_id(), act=act, post_id=post.id, person_id=person.id)
        number = given[1].number + 1 if given else 1
        term = MandateTerm(id=self.new_id(), mandate_id=thing.id, number=number, delegated_by=None, **values)
        if given:
            event: Event = MandateChanged(thing.id, number, office.decree, self.import_id, line.line)
            decided.deeds.append((event, (term,)))
        else:
            event = MandateGranted(thing.id, person.id, post.id, act, office.decree, self.import_id, line.line)
            decided.deeds.append((event, (thing, term)))


def _appointment(person: Registered, post_id: str, office: Office) -> tuple[Appointment, AppointmentTerm] | None:
    """The appointment that the line speaks of: the same post, and the same beginning or the same decree."""
    in_post = [held for held in person.appointments.values() if held[0].post_id == post_id]
    return _spoken_of(in_post, office)


def _mandate_of(person: Registered, post_id: str, act: str, office: Office) -> tuple[Mandate, MandateTerm] | None:
    in_post = [given for given in person.mandates.values() if given[0].post_id == post_id and given[0].act == act]
    return _spoken_of(in_post, office)


_Pair = TypeVar("_Pair", tuple[Appointment, AppointmentTerm], tuple[Mandate, MandateTerm])


def _spoken_of(pairs: Sequence[_Pair], office: Office) -> _Pair | None:
    same_beginning = [pair for pair in pairs if pair[1].valid_from == office.valid_from]
    same_decree = [pair for pair in pairs if pair[1].decree == office.decree]
    return next(iter(same_beginning or same_decree), None)


def _differing(fact: Fact | None, values: Mapping[str, object]) -> list[Change]:
    before = {name: getattr(fact, name) if fact is not None else None for name in values}
    return [
        Change(name, None if fact is None else _words(before[name]), _words(value))
        for name, value in values.items()
        if (fact is None and value is not None) or (fact is not None and before[name] != value)
    ]


def _under(heading: str, change: Change) -> Change:
    return Change(f"{heading} {change.field}", change.before, change.after)


def _words(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value).lower()
