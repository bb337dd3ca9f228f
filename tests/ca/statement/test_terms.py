"""Subscriber terms have a digest that an acceptance can name."""

from ca.configuration import DEFAULT
from ca.statement import terms
from ca.statement.figures import figures
from ca.statement.text import render
from ledger.ledger import Ledger


def test_terms_have_a_digest_before_any_was_published(ledger: Ledger) -> None:
    with ledger.read() as session:
        known = terms.current(session)

    assert known == terms.current()
    assert (known.version, known.digest) == (0, render("terms", figures(DEFAULT)).digest)


def test_another_number_in_the_terms_is_another_digest() -> None:
    longer = dict(figures(DEFAULT)) | {"retention_years": 8}

    assert render("terms", longer).digest != terms.current().digest
