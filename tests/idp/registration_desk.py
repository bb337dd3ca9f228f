"""A service without a registration yet, and the person who invites it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from idp.agreements import Agreed
from idp.registration.invitations import Invited, Terms, invite, inviting
from ledger.people import Organisation, OrganisationDetail
from tests.idp.desk import TEST, Arranged, Desk
from tests.idp.visitor import ISSUER

ORGANISATION = "MTC"
CALLBACK = "https://shop.la/callback"


def open_organisation(desk: Desk, contact: str | None = None) -> None:
    """The organisation is in the register, with the address at which it is written to."""
    detail = OrganisationDetail(
        id="o-mtc-1", organisation_id="o-mtc", number=1, kind="ministry", name_lo="ກະຊວງ", name_en="Ministry",
        domains="mtc.gov.la", contact=contact, valid_from=desk.now,
    )  # fmt: skip
    with desk.ledger.entry(Arranged("organisation"), TEST) as tx:
        tx.add(Organisation(id="o-mtc", code=ORGANISATION), *([detail] if contact else []))


def agreed(desk: Desk, days: int = 30) -> Agreed:
    """An agreement of so many days from yesterday on."""
    return Agreed(ORGANISATION, "12/MTC", desk.now - timedelta(days=1), desk.now + timedelta(days=days))


def invited(desk: Desk, **changes: Any) -> Invited:
    """A fresh invitation of one registration of profile `standard`, good for a week."""
    usual: dict[str, Any] = {
        "profile": "standard",
        "most": 1,
        "until": desk.now + timedelta(days=7),
        "agreed": agreed(desk),
    }
    terms = Terms(**(usual | changes))
    done = invite(desk.ledger, terms, desk.sign(inviting(terms, desk.now)))
    assert isinstance(done, Invited), done
    return done


@dataclass(frozen=True)
class Candidate:
    """The service, with the token that it shows."""

    app: Flask
    token: str

    def register(self, **metadata: Any) -> TestResponse:
        return self.send("POST", "/register", {"redirect_uris": [CALLBACK], **metadata})

    def send(self, method: str, path: str, said: Any = None, token: str = "", **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        sent = {"json": said} if said is not None else more
        return self.app.test_client().open(path, method=method, base_url=ISSUER, headers=headers, **sent)
