"""An organisation with its name, and a person who gets a post in it and leaves it."""

from datetime import datetime

from ledger.ledger import Ledger
from ledger.people import Appointment, AppointmentTerm, Organisation, OrganisationDetail, Post
from tests.idp.desk import TEST, Arranged

CODE = "MTC"


def open_office(ledger: Ledger, at: datetime, code: str = CODE) -> str:
    """The id of an organisation that is in the register with its name, and with one post."""
    body = f"o-{code.lower()}"
    with ledger.entry(Arranged("organisation"), TEST) as tx:
        tx.add(Organisation(id=body, code=code))
    with ledger.entry(Arranged("office"), TEST) as tx:
        tx.add(
            OrganisationDetail(
                id=f"d-{body}", organisation_id=body, number=1, kind="ministry", name_lo=f"ກະຊວງ {code}",
                name_en=f"Ministry {code}", domains="", contact=None, valid_from=at, valid_to=None,
            ),
            Post(id=f"post-{body}", code=f"{code}/dg", organisation_id=body, name_lo="ຫົວໜ້າ", name_en="Head"),
        )  # fmt: skip
    return body


def appoint(ledger: Ledger, person_id: str, at: datetime, body: str = "o-mtc") -> None:
    """The person holds the post from then on."""
    with ledger.entry(Arranged(f"appointed-{person_id}"), TEST) as tx:
        tx.add(Appointment(id=f"a-{person_id}", person_id=person_id, post_id=f"post-{body}"))
    _term(ledger, person_id, 1, at, None)


def leave(ledger: Ledger, person_id: str, since: datetime, at: datetime) -> None:
    """He held it until then."""
    _term(ledger, person_id, 2, since, at)


def _term(ledger: Ledger, person_id: str, number: int, since: datetime, until: datetime | None) -> None:
    with ledger.entry(Arranged(f"term-{person_id}-{number}"), TEST) as tx:
        tx.add(
            AppointmentTerm(
                id=f"t-{person_id}-{number}", appointment_id=f"a-{person_id}", number=number, valid_from=since,
                valid_to=until, acting=False, decree="011/MTC",
            )
        )  # fmt: skip
