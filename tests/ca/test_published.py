"""What anybody fetches over HTTP: the newest CRL of each shard, every earlier one, and what caches need."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from ca.configuration import Configuration
from pki.crl import parse_crl
from tests.ca.agreeing import agree
from tests.ca.publishing import Published, house_of
from web.home import Home

VIENTIANE_AHEAD = timedelta(hours=7)


@pytest.fixture
def client(published: Published, tmp_path: Path) -> FlaskClient:
    """Somebody who fetches."""
    return house_of(published.issuer.ledger, Home(tmp_path)).test_client()


def test_each_shard_and_the_whole_list_are_fetched_at_the_address_that_they_name(
    client: FlaskClient, published: Published
) -> None:
    agree(published.issuer.ledger, Configuration(crl_delta=True))
    published.publish()

    files = ["officers-1", "officers-1-0", "officers-1-3", "officers-1-delta", "officers-1-3-delta"]
    answers = [client.get(f"/crl/{file}.crl") for file in files]

    assert {(answer.status_code, answer.content_type) for answer in answers} == {(200, "application/pkix-crl")}
    scopes = [parse_crl(answer.data).scope for answer in answers]
    points = [scope.distribution_point.rpartition("/")[2] for scope in scopes]
    assert points == ["", "officers-1-0.crl", "officers-1-3.crl", "", "officers-1-3.crl"]
    assert [scope.base_number is not None for scope in scopes] == [False, False, False, True, True]


def test_caches_learn_how_long_a_list_is_fresh_and_ask_again_for_nothing(
    client: FlaskClient, published: Published
) -> None:
    first = client.get("/crl/officers-1-2.crl")

    by_tag = client.get("/crl/officers-1-2.crl", headers={"If-None-Match": first.headers["ETag"]})
    by_time = client.get("/crl/officers-1-2.crl", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    head = client.head("/crl/officers-1-2.crl")

    assert first.headers["ETag"] == f'"{sha256(first.data).hexdigest()}"'
    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert first.last_modified == parse_crl(first.data).this_update
    assert first.expires == published.clock.now().replace(microsecond=0) + timedelta(minutes=1)
    assert [(by_tag.status_code, by_tag.data), (by_time.status_code, by_time.data)] == [(304, b""), (304, b"")]
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(first.data))
    assert head.headers["ETag"] == first.headers["ETag"]


def test_a_new_list_is_sent_to_who_has_the_one_before(client: FlaskClient, published: Published) -> None:
    before = client.get("/crl/officers-1.crl")
    _, serial = published.revoked()
    published.publish()

    after = client.get("/crl/officers-1.crl", headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert list(parse_crl(after.data).by_serial) == [serial]


def test_an_issuers_certificate_has_its_media_type_and_a_tag(client: FlaskClient, published: Published) -> None:
    answer = client.get("/issuer/officers-1.cer")

    assert (answer.data, answer.content_type) == (published.issuer.issuer.der, "application/pkix-cert")
    assert answer.headers["ETag"] == f'"{sha256(answer.data).hexdigest()}"'
    assert answer.headers["Cache-Control"] == "public, max-age=86400"


def test_the_list_of_any_past_day_is_the_one_in_force_at_its_end_in_vientiane(
    client: FlaskClient, published: Published
) -> None:
    """RV-09."""
    days = []
    for _ in range(5):
        days.append((published.clock.now() + VIENTIANE_AHEAD).date())
        published.revoked()
        published.publish()
        published.clock.turn(days=1)

    answers = [client.get(f"/crl/officers-1.crl?as_of={day}") for day in days]

    assert [len(parse_crl(answer.data).entries) for answer in answers] == [1, 2, 3, 4, 5]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"public, max-age=86400"}


def test_an_instant_tells_two_lists_of_one_day_apart(client: FlaskClient, published: Published) -> None:
    before = published.clock.now()
    published.clock.turn(minutes=5)
    published.revoked()
    published.publish()

    counts = [
        len(parse_crl(client.get(f"/crl/officers-1.crl?as_of={quote(at.isoformat())}").data).entries)
        for at in (before, published.clock.now())
    ]

    assert counts == [0, 1]


def test_a_moment_just_past_is_kept_for_a_day_only_when_no_list_of_it_can_come_any_more(
    client: FlaskClient, published: Published
) -> None:
    """A list says the second before it was signed, and lies here when it is: after that moment was asked for."""
    published.clock.turn(seconds=30, milliseconds=-published.clock.now().microsecond // 1000)
    published.revoked()
    published.clock.turn(milliseconds=300)
    asked = f"/crl/officers-1.crl?as_of={quote(published.clock.now().isoformat())}"
    published.clock.turn(milliseconds=100)

    before = client.get(asked)
    published.publisher.publish_due()
    after = client.get(asked)
    published.clock.turn(hours=2)
    settled = client.get(asked)

    assert [len(parse_crl(answer.data).entries) for answer in (before, after, settled)] == [0, 1, 1]
    lives = [answer.headers["Cache-Control"] for answer in (before, after, settled)]
    assert lives == ["public, max-age=60", "public, max-age=60", "public, max-age=86400"]


def test_today_is_now_and_may_change(client: FlaskClient, published: Published) -> None:
    today = (published.clock.now() + VIENTIANE_AHEAD).date()

    answer = client.get(f"/crl/officers-1.crl?as_of={today}")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=60")


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/crl/officers-1.crl?as_of=2020-01-01", 404, "crl.none-then"),
        ("/crl/officers-1.crl?as_of=0001-01-01", 404, "crl.none-then"),
        ("/crl/officers-1.crl?as_of=9999-12-31", 400, "crl.as-of-future"),
        ("/crl/officers-1.crl?as_of=9999-12-31T23:59:59Z", 400, "crl.as-of-future"),
        ("/crl/officers-1.crl?as_of=yesterday", 400, "crl.as-of-malformed"),
        ("/crl/officers-1.crl?as_of=2026-11-24T10:00:00", 400, "crl.as-of-malformed"),
        ("/crl/officers-1.crl?as_of=", 400, "crl.as-of-malformed"),
        ("/crl/officers-1-4.crl", 404, "crl.none"),
        ("/crl/officers-1-999999999.crl", 404, "crl.none"),
        ("/crl/officers-1-0-delta.crl", 404, "crl.none"),
        ("/crl/officers-2.crl", 404, "crl.none"),
        ("/crl/nobody-1.crl", 404, "crl.none"),
        ("/crl/OFFICERS.crl", 404, "request.not-found"),
    ],
)
def test_what_is_not_there_or_not_meant_is_answered_with_a_clear_problem(
    client: FlaskClient, address: str, status: int, code: str
) -> None:
    answer = client.get(address)

    assert (answer.status_code, answer.json and answer.json["code"]) == (status, code)


def test_a_day_on_which_every_list_had_lapsed_has_none(client: FlaskClient, published: Published) -> None:
    published.clock.turn(days=5)
    day = (published.clock.now() + VIENTIANE_AHEAD).date() - timedelta(days=1)

    answer = client.get(f"/crl/officers-1.crl?as_of={day}")

    assert (answer.status_code, answer.json and answer.json["code"]) == (404, "crl.none-then")
