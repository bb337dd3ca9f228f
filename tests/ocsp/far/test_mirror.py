"""A mirror without a key: the answers that were signed, octet for octet, while they count."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response

from ocsp.far.bundle import opened
from ocsp.far.files import name_of, write_files
from ocsp.far.mirror import Mirror
from ocsp.far.seals import verify_bundle
from ocsp.far.shelf import RolledBack, Shelf, bring
from ocsp.policy import MAX_AGE
from pki.errors import PkiError
from pki.ocsp import parse_request, plain_request
from tests.issuing import PracticeIssuer
from tests.ocsp.conftest import asked, together
from tests.ocsp.far.conftest import Centre

Opened = Callable[[], Mirror]


@pytest.fixture
def mirrored(centre: Centre, tmp_path: Path) -> Opened:
    def mirrored() -> Mirror:
        shelf = Shelf(tmp_path / "mirror")
        bring(centre.shelf, shelf, centre.roots, centre.now())
        return Mirror(shelf, centre.roots, centre.clock)

    return mirrored


def status(mirror: Mirror, certificate: x509.Certificate, centre: Centre) -> OCSPCertStatus:
    """What it says once it has looked."""
    mirror.look()
    return load_der_ocsp_response(mirror.respond(asked(certificate, centre.issuer.issuer)).body).certificate_status


def refused(body: bytes) -> OCSPResponseStatus:
    return load_der_ocsp_response(body).response_status


def test_every_answer_of_the_mirror_is_the_file_of_the_export(centre: Centre, mirrored: Opened, tmp_path: Path) -> None:
    (revoked, _), (held, _), *_ = issued = centre.issue(5)
    centre.issuer.revoke(revoked, centre.now())
    centre.issuer.hold(held, centre.now())
    write_files(centre.bundle(), tmp_path / "static")
    mirror = mirrored()

    requests = [asked(one, centre.issuer.issuer, digest=digest) for _, one in issued for digest in (SHA1(), SHA256())]

    answers = [mirror.respond(request).body for request in requests]
    assert answers == [(tmp_path / "static" / name_of(request)).read_bytes() for request in requests]
    assert len(list((tmp_path / "static").iterdir())) == 6 * 2 + 1
    assert [load_der_ocsp_response(one).certificate_status.name for one in answers[::2]] == [
        "REVOKED", "REVOKED", "GOOD", "GOOD", "GOOD",
    ]  # fmt: skip


def test_the_shortest_request_is_what_other_libraries_write(centre: Centre) -> None:
    _, certificate = centre.issuer.issue()
    request = asked(certificate, centre.issuer.issuer)
    part = centre.bundle().parts[0]

    assert plain_request(part.certificate_id(certificate.serial_number, "sha256"), None) == request
    assert parse_request(request).certificates == (part.certificate_id(certificate.serial_number, "sha256"),)


def test_files_of_answers_that_did_not_change_are_left_alone(centre: Centre, tmp_path: Path) -> None:
    centre.issue(3)

    first = write_files(centre.bundle(), tmp_path / "static")
    centre.issue()
    second = write_files(centre.bundle(), tmp_path / "static")

    assert (first, second) == (8, 2)


def test_what_the_bundle_does_not_hold_is_unauthorized(centre: Centre, mirrored: Opened) -> None:
    _, held = centre.issuer.issue()
    centre.exported()
    mirror = mirrored()
    _, newer = centre.issuer.issue()
    stranger = PracticeIssuer("Practice officers", PracticeIssuer())

    bodies = [
        mirror.respond(together(*[asked(held, centre.issuer.issuer)] * 2)).body,
        mirror.respond(asked(newer, centre.issuer.issuer)).body,
        mirror.respond(asked(stranger.leaf("x", newer.serial_number), stranger)).body,
    ]

    assert {refused(body) for body in bodies} == {OCSPResponseStatus.UNAUTHORIZED}


@pytest.mark.parametrize("request_octets", [b"", b"x", b"\x30\x00", bytes(5_000)])
def test_garbage_is_malformed(centre: Centre, mirrored: Opened, request_octets: bytes) -> None:
    centre.exported()

    assert refused(mirrored().respond(request_octets).body) is OCSPResponseStatus.MALFORMED_REQUEST


def test_a_nonce_is_not_echoed_and_the_answer_is_the_signed_one(centre: Centre, mirrored: Opened) -> None:
    _, certificate = centre.issuer.issue()
    centre.exported()
    mirror = mirrored()

    with_nonce, without = (
        mirror.respond(asked(certificate, centre.issuer.issuer, nonce=nonce)).body for nonce in (bytes(16), None)
    )

    assert with_nonce == without


@pytest.mark.parametrize(
    "left", [timedelta(), MAX_AGE], ids=["its time is over", "a cache would have it behind its time"]
)
def test_an_answer_past_its_time_is_not_given(centre: Centre, mirrored: Opened, left: timedelta) -> None:
    _, certificate = centre.issuer.issue()
    centre.exported()
    mirror = mirrored()
    centre.clock.time += timedelta(days=7) - left

    assert refused(mirror.respond(asked(certificate, centre.issuer.issuer)).body) is OCSPResponseStatus.TRY_LATER


def test_an_answer_before_its_time_is_not_given(centre: Centre, mirrored: Opened) -> None:
    _, certificate = centre.issuer.issue()
    centre.exported()
    mirror = mirrored()
    centre.clock.turn(seconds=-10)

    assert refused(mirror.respond(asked(certificate, centre.issuer.issuer)).body) is OCSPResponseStatus.TRY_LATER


def test_a_newer_bundle_is_taken_up_while_it_runs(centre: Centre, mirrored: Opened) -> None:
    certificate_id, certificate = centre.issuer.issue()
    centre.exported()
    mirror = mirrored()
    before = status(mirror, certificate, centre)
    centre.issuer.revoke(certificate_id, centre.now())
    centre.exported()
    mirrored()

    assert (before, status(mirror, certificate, centre)) == (OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED)


@pytest.mark.parametrize("what", ["older", "forged"])
def test_an_older_or_a_false_bundle_is_not_taken_up_and_it_says_so(
    centre: Centre, mirrored: Opened, tmp_path: Path, what: str
) -> None:
    certificate_id, certificate = centre.issuer.issue()
    older = centre.bundle().octets[:]
    centre.issuer.revoke(certificate_id, centre.now())
    newer = bytearray(centre.bundle().octets)
    mirror = mirrored()
    newer[-3] ^= 1
    replacement = tmp_path / "replacement"
    replacement.write_bytes({"older": older, "forged": bytes(newer)}[what])
    replacement.replace(tmp_path / "mirror" / "bundle")
    centre.clock.turn(seconds=2)

    assert status(mirror, certificate, centre) is OCSPCertStatus.REVOKED
    assert "not taken up" in (mirror.fault() or "")


def test_a_mirror_does_not_start_from_a_false_bundle(centre: Centre) -> None:
    octets = bytearray(centre.bundle().octets)
    octets[-1] ^= 1
    centre.shelf.bundle_file.write_bytes(octets)

    with pytest.raises(PkiError):
        Mirror(centre.shelf, centre.roots, centre.clock)


def test_a_mirror_does_not_start_from_what_is_older_than_it_had(
    centre: Centre, mirrored: Opened, tmp_path: Path
) -> None:
    older = centre.bundle().octets[:]
    centre.exported()
    mirrored()
    (tmp_path / "mirror" / "bundle").write_bytes(older)

    with pytest.raises(RolledBack):
        Mirror(Shelf(tmp_path / "mirror"), centre.roots, centre.clock)


def test_another_bundle_of_the_same_moment_is_not_taken_up(centre: Centre, mirrored: Opened, tmp_path: Path) -> None:
    certificate_id, certificate = centre.issuer.issue()
    good = centre.bundle().octets[:]
    centre.shelf.bundle_file.unlink()
    centre.issuer.revoke(certificate_id, centre.now())
    centre.exported(later=0)
    mirror = mirrored()
    (tmp_path / "replacement").write_bytes(good)
    (tmp_path / "replacement").replace(tmp_path / "mirror" / "bundle")
    centre.clock.turn(seconds=2)

    assert status(mirror, certificate, centre) is OCSPCertStatus.REVOKED
    assert "not taken up" in (mirror.fault() or "")


def test_a_bundle_that_came_while_the_clock_was_behind_is_taken_up_when_the_clock_is_right(
    centre: Centre, mirrored: Opened
) -> None:
    certificate_id, certificate = centre.issuer.issue()
    centre.exported()
    mirror = mirrored()
    centre.issuer.revoke(certificate_id, centre.now())
    centre.exported()
    mirrored()
    centre.clock.turn(seconds=-10)
    meanwhile, trouble = status(mirror, certificate, centre), mirror.fault()

    centre.clock.turn(minutes=2)

    assert (meanwhile, "not taken up" in (trouble or "")) == (OCSPCertStatus.GOOD, True)
    assert (status(mirror, certificate, centre), mirror.fault()) == (OCSPCertStatus.REVOKED, None)


def test_who_was_cut_off_while_he_kept_a_bundle_takes_none_that_is_older(
    centre: Centre, mirrored: Opened, tmp_path: Path
) -> None:
    older = Shelf(tmp_path / "older")
    older.keep(opened(centre.bundle().octets[:]))
    newer = centre.bundle().number
    mirrored()
    (tmp_path / "mirror" / "newest").write_text(f"{older.newest()}\n")

    with pytest.raises(RolledBack):
        bring(older, Shelf(tmp_path / "mirror"), centre.roots, centre.now())

    assert bring(centre.shelf, Shelf(tmp_path / "mirror"), centre.roots, centre.now()).bundle.number == newer


def test_the_same_bundle_put_in_place_again_is_no_fault(centre: Centre, mirrored: Opened, tmp_path: Path) -> None:
    same = centre.bundle().octets[:]
    mirror = mirrored()
    (tmp_path / "replacement").write_bytes(same)
    (tmp_path / "replacement").replace(tmp_path / "mirror" / "bundle")
    centre.clock.turn(seconds=2)

    mirror.look()

    assert mirror.fault() is None


@pytest.mark.parametrize("asked_by", ["an asker", "the clock of a worker"])
def test_who_asks_waits_for_no_bundle_to_be_judged(
    centre: Centre, mirrored: Opened, monkeypatch: pytest.MonkeyPatch, asked_by: str
) -> None:
    certificate_id, certificate = centre.issuer.issue()
    centre.exported()
    mirror, taken_up, judging, judged = mirrored(), Event(), Event(), Event()
    mirror.watch(taken_up.set)
    centre.issuer.revoke(certificate_id, centre.now())
    centre.exported()
    mirrored()
    question = asked(certificate, centre.issuer.issuer)

    def slowly(*judged_by: object) -> None:
        judging.set()
        assert judged.wait(20)
        verify_bundle(*judged_by)  # type: ignore[arg-type]

    monkeypatch.setattr("ocsp.far.mirror.verify_bundle", slowly)
    if asked_by == "an asker":
        mirror.respond(question)
    else:
        mirror.fresh_until()
    begun = judging.wait(20)
    meanwhile = load_der_ocsp_response(mirror.respond(question).body).certificate_status
    judged.set()

    assert begun
    assert meanwhile is OCSPCertStatus.GOOD
    assert taken_up.wait(20)
    assert status(mirror, certificate, centre) is OCSPCertStatus.REVOKED


def test_it_says_its_age_and_complains_after_a_day(centre: Centre, mirrored: Opened) -> None:
    centre.exported()
    mirror = mirrored()

    fresh = mirror.fault()
    centre.clock.turn(hours=25)

    assert fresh is None
    assert mirror.age() == timedelta(hours=25)
    assert "fetch a newer one" in (mirror.fault() or "")
