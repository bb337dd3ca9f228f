"""Facts that are read without the ORM's bookkeeping are the facts that were written."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from sqlalchemy import bindparam, func, literal_column, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from ledger.arrays import array_text
from ledger.entry import Entry, fact_hash
from ledger.event import Actor, Event, Id
from ledger.facts import Facts, unwatched
from ledger.ledger import Ledger, LedgerUnavailable
from ledger.people import Person, PersonDetail
from tests.ledger.doubles import Trips, counted_trips, note_people

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class PersonNoted(Event):
    kind: ClassVar[str] = "test.person-noted"
    person: Id


OTHER = aliased(Person)
FOUND = Facts(
    select(Person, Person.number.label("called"), PersonDetail, OTHER)
    .outerjoin(PersonDetail, PersonDetail.person_id == Person.id)
    .outerjoin(OTHER, (OTHER.id != Person.id) & (OTHER.number > Person.number))
    .where(Person.id.in_(bindparam("persons", expanding=True)))
    .order_by(Person.number)
)


def test_each_part_of_a_row_is_what_was_written_and_what_is_not_there_is_none(ledger: Ledger) -> None:
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        one, two = Person(id="p1", number="1"), Person(id="p2", number="2")
        detail = PersonDetail(
            id="d1", person_id="p1", number=1, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Somphone",
            family_en=None, born="1980-01-31", mail=None, search_key="1", source="officers",
        )  # fmt: skip
        tx.add(one, two, detail)

    with ledger.read() as reading:
        rows = FOUND.rows(reading, {"persons": ["p1", "p2"]})

    first, second = rows
    read = [fact_hash(fact) for fact in (first[0], first[2], first[3])]
    assert read == [fact_hash(fact) for fact in (one, detail, two)]
    assert (first[1], first[2].given_lo, first[2].family_en) == ("1", "ສົມພອນ", None)
    assert (second[0].id, second[1:]) == ("p2", ("2", None, None))


def test_what_was_read_belongs_to_no_session(ledger: Ledger) -> None:
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        tx.add(Person(id="p1", number="1"))

    with ledger.read() as reading:
        ((person, *_),) = FOUND.rows(reading, {"persons": ["p1"]})
        known = list(reading.identity_map.values())

    assert (person.number, known) == ("1", [])


def test_its_columns_are_values_of_its_own_and_it_is_of_its_kind(ledger: Ledger) -> None:
    """The ORM's attributes are called at each look."""
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        tx.add(Person(id="p1", number="1"))

    with ledger.read() as reading:
        ((person, *_),) = FOUND.rows(reading, {"persons": ["p1"]})

    assert isinstance(person, Person)
    assert {type(getattr(type(person), name)) for name in vars(person)} == {type(None)}


def test_a_fact_that_nobody_watches_is_written_as_any_other(ledger: Ledger) -> None:
    values = {"id": "p1", "number": "1"}
    plain, unknown = unwatched(Person, **values), {"numbr": "1"}
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        tx.add(plain)

    with ledger.read() as reading:
        read = reading.get_one(Person, "p1")

    assert isinstance(plain, Person)
    assert fact_hash(plain) == fact_hash(read) == fact_hash(Person(**values, entry_id=plain.entry_id))
    with pytest.raises(TypeError, match="Person has no numbr"):
        unwatched(Person, **unknown)


NOTED = Facts(
    select(Entry.at, Entry.facts, PersonDetail.number, PersonDetail.salt, (PersonDetail.number == 1).label("first"))
    .join(PersonDetail, PersonDetail.entry_id == Entry.id)
    .where(Entry.at > bindparam("since"), Entry.at <= bindparam("until"), PersonDetail.source == "officers")
    .where(PersonDetail.number.in_([1, 7]), PersonDetail.person_id.in_(bindparam("persons", expanding=True)))
    .where(PersonDetail.id.in_(bindparam("details", expanding=True)), PersonDetail.salt != bindparam("other"))
    .order_by(PersonDetail.number)
    .limit(2)
)


def test_values_go_to_the_driver_and_come_back_as_their_columns_say(ledger: Ledger) -> None:
    """Instants, octets, truth and JSON, given by name and in the statement itself, and lists of whatever length."""
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        tx.add(Person(id="p1", number="1"), _detail(1), _detail(7), _detail(8))
        at = tx.at
    given = {"since": at - SECOND, "until": at, "other": b"\0" * 16, "nowhere": 7}

    with ledger.read() as reading:
        rows = NOTED.rows(reading, {**given, "persons": ["p1"], "details": ["d1", "d7", "d8"]})
        more = NOTED.rows(reading, {"details": ["d7"], "persons": ["p1", "p2", "p3"], **given})
        none = NOTED.rows(reading, {**given, "persons": ["p1"], "details": []})
        late = NOTED.rows(reading, {**given, "since": at, "persons": ["p1"], "details": ["d1"]})
        asked = reading.execute(select(Entry.facts, PersonDetail.salt).join(PersonDetail).order_by("number")).all()

    assert [(row[0], row[2], row[4]) for row in rows] == [(at, 1, True), (at, 7, False)]
    assert [(row[1], row[3]) for row in rows] == [tuple(row) for row in asked[:2]]
    assert ([row[2] for row in more], none, late) == ([7], [], [])


def test_a_fault_of_the_database_is_the_one_that_everybody_knows(ledger: Ledger) -> None:
    """What SQLAlchemy would raise is raised, so that `Ledger.read` names it; the connection serves on."""
    broken = Facts(select(literal_column("no_such_column")).select_from(Person))

    with pytest.raises((DBAPIError, LedgerUnavailable), match="no_such_column"), ledger.read() as reading:
        broken.rows(reading, {})

    with ledger.read() as reading:
        assert FOUND.rows(reading, {"persons": ["p1"]}) == []


@pytest.mark.postgresql_only("SQLite has no server that could end it")
def test_a_connection_that_is_gone_is_followed_by_another(ledger: Ledger) -> None:
    suicide = Facts(select(func.pg_terminate_backend(func.pg_backend_pid())))

    with pytest.raises(LedgerUnavailable), ledger.read() as reading:
        suicide.rows(reading, {})

    with ledger.read() as reading:
        assert FOUND.rows(reading, {"persons": ["p1"]}) == []


@pytest.mark.postgresql_only("SQLite has no arrays")
def test_a_list_of_any_length_is_one_statement(ledger: Ledger) -> None:
    with ledger.read() as reading:
        for number in (1, 2, 3, 9, 1, 2, 3, 9):
            FOUND.rows(reading, {"persons": [f"p{one}" for one in range(number)]})
        prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM person LEFT OUTER%'")
        planned = reading.scalar(prepared)

    assert planned == 1


HOSTILE = [*"\"\\ ,;'{}%\n\t\x01\x7f😀", "", "NULL", "null", '\\"', "{}", "{a,b}", "%s", "ສົມພອນ", "\\x00"]


@pytest.mark.postgresql_only("SQLite has no arrays")
@pytest.mark.parametrize(
    ("kind", "values"),
    [("text", [*HOSTILE, None]), ("bigint", [0, -1, 2**62, None]), ("boolean", [True, False, None]), ("text", [])],
)
def test_arrays_in_text_of_ours_are_what_the_driver_makes_of_the_list(
    ledger: Ledger, kind: str, values: list[object]
) -> None:
    with ledger.read() as reading:
        driver = reading.connection().connection.driver_connection
        assert driver is not None
        asked = f"SELECT to_json(%s::{kind}[]), to_json(%s::{kind}[])"
        ours, the_drivers = driver.execute(asked, (array_text(values), values)).fetchone()

    assert ours == the_drivers == values


def test_a_list_of_what_has_no_text_of_ours_stays_a_list() -> None:
    assert array_text([b"octets", None]) == [b"octets", None]


def test_in_pieces_are_all_rows_so_many_at_a_time(ledger: Ledger) -> None:
    numbers = Facts(select(Person.number, Person.id).order_by(Person.number))
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        tx.add(*(Person(id=f"p{number}", number=str(number)) for number in range(7)))

    with ledger.read() as reading:
        pieces = list(numbers.pieces(reading, 3))
        left = next(numbers.pieces(reading, 3))  # and the rest is not asked for
        again = list(numbers.pieces(reading, 9))

    assert [[tuple(row) for row in some] for some in pieces] == [
        [("0", "p0"), ("1", "p1"), ("2", "p2")], [("3", "p3"), ("4", "p4"), ("5", "p5")], [("6", "p6")],
    ]  # fmt: skip
    assert (left, [row for some in again for row in some]) == (pieces[0], [row for some in pieces for row in some])


def test_what_has_to_be_read_as_its_column_says_does_not_come_in_pieces(ledger: Ledger) -> None:
    dated = Facts(select(Entry.at))

    with ledger.read() as reading, pytest.raises(TypeError, match="as it is"):
        next(dated.pieces(reading, 3))


def test_who_is_asked_for_by_more_than_a_key_can_have_is_nobody(ledger: Ledger) -> None:
    longest = "p" * 64
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        tx.add(Person(id=longest, number="1"))

    with ledger.read() as reading:
        assert FOUND.rows(reading, {"persons": [longest + "p"]}) == []


def _detail(number: int) -> PersonDetail:
    return PersonDetail(
        id=f"d{number}", person_id="p1", number=number, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Somphone",
        family_en=None, born="1980-01-31", mail=None, search_key="1", source="officers",
    )  # fmt: skip


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Trips:
    return counted_trips(monkeypatch)


NUMBERED = Facts(select(Person.id).where(Person.number.in_(bindparam("numbers", expanding=True))).order_by(Person.id))


@pytest.mark.postgresql_only("a question to SQLite has no way to go")
def test_what_is_foreseen_is_answered_without_another_way_to_the_server(ledger: Ledger, trips: Trips) -> None:
    note_people(ledger, 1, 2)
    asked = [(FOUND, {"persons": ["1", "2"]}), (NUMBERED, {"numbers": ["10000002"]}), (NUMBERED, {"numbers": ["3"]})]
    with ledger.read() as reading:
        unforeseen = [facts.rows(reading, given) for facts, given in asked]
    trips.taken = 0

    with ledger.read() as reading:
        Facts.foresee(reading, asked[:2])
        first = [facts.rows(reading, given) for facts, given in asked[:2]]
        of_those, unasked = trips.taken, asked[2][0].rows(reading, asked[2][1])
        again = NUMBERED.rows(reading, asked[1][1])

        Facts.foresee(reading, asked[1:2])
        by_a_set = NUMBERED.rows(reading, {"numbers": {"10000002"}})

    assert (of_those, trips.taken, by_a_set) == (1, 4, again)
    assert [*map(str, first[1:]), str(unasked), str(again)] == [*map(str, unforeseen[1:]), str(unforeseen[1])]
    assert [row[1] for row in first[0]] == [row[1] for row in unforeseen[0]]


def test_foreseen_or_not_the_answers_are_those_of_the_snapshot(ledger: Ledger) -> None:
    note_people(ledger, 1)
    wanted = {"numbers": ["10000001", "10000002"]}
    with ledger.read() as reading:
        Facts.foresee(reading, [(NUMBERED, wanted)])
        nobody = NUMBERED.values(reading, {"numbers": ["10000009"]})
        seen = NUMBERED.values(reading, {"numbers": ["10000001"]})
        note_people(ledger, 2)
        foreseen, then = NUMBERED.values(reading, wanted), NUMBERED.values(reading, wanted)
    with ledger.read() as reading:
        later = NUMBERED.values(reading, wanted)

    assert (nobody, seen) == ([], foreseen)
    assert foreseen == then
    assert (len(then), len(later)) == (1, 2)


@pytest.mark.postgresql_only("a question to SQLite has no way to go")
def test_what_is_asked_together_is_not_asked_if_all_of_it_was_foreseen(ledger: Ledger, trips: Trips) -> None:
    note_people(ledger, 1, 2)
    first, second = ((NUMBERED, {"numbers": [f"1000000{number}"]}) for number in (1, 2))

    with ledger.read() as reading:
        unforeseen = Facts.rows_of_each(reading, [first, second])
        trips.taken = 0
        Facts.foresee(reading, [first])
        half = Facts.rows_of_each(reading, [first, second])
        of_half = trips.taken
        Facts.foresee(reading, [second, first])
        whole = Facts.rows_of_each(reading, [first, second])

    assert (of_half, trips.taken) == (2, 3)
    assert half == whole == unforeseen


@pytest.mark.postgresql_only("SQLite's glance is a snapshot like any other")
def test_what_is_asked_together_in_a_glance_is_of_one_moment(ledger: Ledger) -> None:
    moment = Facts(select(func.transaction_timestamp()))
    with ledger.read(glance=True) as reading:
        together = Facts.rows_of_each(reading, [(moment, {}), (moment, {})])
        other = moment.rows(reading)

    assert together[0] == together[1] != other
