"""Whether CAs above leave us our names, purposes and policies (RFC 5280 clauses 4.2.1.10 and 6.1)."""

from dataclasses import replace

import pytest

from pki import der, oids, zone
from pki.coverage import names_are_confined, names_are_left, policies_are_left, purposes_are_left
from pki.parsed import ParsedCertificate, parse_certificate
from pki.reading import name_constraints
from tests.issuing import PracticeIssuer

OURS = name_constraints(zone.constraints(practice=False))
PRACTICE = name_constraints(zone.constraints(practice=True))


@pytest.mark.parametrize(
    "above",
    [
        (),
        OURS,
        ("permitted dns la", "permitted mail .la", "permitted mail gov.la", "permitted directory C=LA"),
        ("permitted dns ", "excluded dns gov.th"),
        ("excluded ip 0.0.0.0/0", "excluded ip ::/0"),
        ("permitted uri example.com",),
        ("permitted mail .la",),
        ("permitted mail gov.la", "permitted mail .gov.la"),
    ],
)
def test_what_permits_the_state_s_names_whole_leaves_them(above: tuple[str, ...]) -> None:
    assert names_are_left(OURS, above)


@pytest.mark.parametrize(
    "above",
    [
        ("permitted dns mtc.gov.la",),
        ("permitted dns overgov.la",),
        ("permitted mail gov.la",),
        ("permitted directory C=TH",),
        ("permitted directory C=LA, O=Ministry",),
        ("excluded dns gov.la",),
        ("excluded dns mtc.gov.la",),
        ("excluded dns la",),
        ("permitted dns gov.la", "excluded mail gov.la"),
    ],
)
def test_what_permits_less_or_cuts_a_part_out_does_not(above: tuple[str, ...]) -> None:
    assert not names_are_left(OURS, above)


def test_in_practice_this_machine_must_be_left_too() -> None:
    assert names_are_left(PRACTICE, ("permitted dns gov.la", "permitted dns localhost", "permitted ip 127.0.0.0/8"))
    assert not names_are_left(PRACTICE, ("permitted dns gov.la",))
    assert not names_are_left(PRACTICE, ("permitted ip 127.0.0.0/16",))
    assert not names_are_left(PRACTICE, OURS)


@pytest.mark.parametrize(
    "answered",
    [
        OURS,
        (*OURS, "permitted dns mtc.gov.la", "excluded dns example.com", "permitted uri example.com"),
        (*(one for one in OURS if not one.startswith("excluded")), "excluded ip 0.0.0.0/0", "excluded ip ::/0"),
    ],
)
def test_what_permits_no_more_than_was_asked_for_confines(answered: tuple[str, ...]) -> None:
    assert names_are_confined(OURS, answered)


@pytest.mark.parametrize(
    "answered",
    [
        (),
        ("excluded dns example.com",),
        (*OURS, "permitted dns la"),
        (*OURS, "permitted dns "),
        (*OURS, "permitted directory C=TH"),
        tuple(one for one in OURS if one != "permitted directory C=LA"),
        tuple(one for one in OURS if one != "excluded ip ::/0"),
        (*(one for one in OURS if one != "excluded ip ::/0"), "excluded ip ::/1"),
    ],
)
def test_what_permits_more_or_excludes_less_does_not(answered: tuple[str, ...]) -> None:
    assert not names_are_confined(OURS, answered)


def saying(oid: str, value: bytes) -> ParsedCertificate:
    """A CA's certificate, with this extension."""
    read = parse_certificate(PracticeIssuer().der)
    shape = read.extensions[0]
    return replace(read, extensions=(*read.extensions, replace(shape, oid=oid, critical=False, value=value)))


def purposes(*said: str) -> ParsedCertificate:
    return saying(oids.EXTENDED_KEY_USAGE, der.sequence(*map(der.oid, said)))


def policies(*said: str) -> ParsedCertificate:
    return saying(oids.CERTIFICATE_POLICIES, der.sequence(*(der.sequence(der.oid(one)) for one in said)))


def test_purposes_that_are_said_bind_and_unsaid_ones_do_not() -> None:
    needed = frozenset({oids.EKU_CLIENT_AUTH, oids.EKU_DOCUMENT_SIGNING})

    assert purposes_are_left(needed, parse_certificate(PracticeIssuer().der))
    assert purposes_are_left(needed, purposes(oids.EKU_ANY))
    assert purposes_are_left(needed, purposes(*needed, oids.EKU_SERVER_AUTH))
    assert not purposes_are_left(needed, purposes(oids.EKU_CLIENT_AUTH))


def test_policies_that_are_said_bind_and_unsaid_ones_do_not() -> None:
    needed = frozenset({"1.2.3.1", "1.2.3.2"})

    assert policies_are_left(needed, parse_certificate(PracticeIssuer().der))
    assert policies_are_left(needed, policies(oids.ANY_POLICY))
    assert policies_are_left(needed, policies(*needed))
    assert not policies_are_left(needed, policies("1.2.3.1"))
