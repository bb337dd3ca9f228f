"""The verbs of status far away over a practice CA, as an operator types them; a scanner's program reads the codes."""

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree
from ssl import DER_cert_to_PEM_cert
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.rollover import roll_over
from ledger.certificates import Certificate, Revocation
from ledger.clock import SystemClock
from ledger.ledger import Ledger
from ocsp.far.digest import carried
from ocsp.far.export import voice_of
from ocsp.far.population import populations
from ocsp.far.shelf import Shelf
from pki.certificate import certificates_from_pem
from pki.crl import parse_crl
from pki.trust_list import parse_trust_list
from scripts.__main__ import Verbs
from signers import open_signer
from tests.ca.conftest import PracticeCa, ca  # noqa: F401 - `ca` is a fixture
from tests.ca.held import register_person
from tests.doubles import TurnedClock
from tests.far import serial
from tests.issuing import PracticeIssuer, pem
from tests.recorded import TESTER, Noted
from web.home import Home, Mode
from web.lock import alone
from web.words import WORDS

pytestmark = pytest.mark.sqlite_only("the verbs read by `populations`, which is tested on both engines")


@dataclass
class Office:
    """A home after its ceremony, and a hand that types verbs."""

    home: Home
    ledger: Ledger
    clock: TurnedClock
    folder: Path

    def typed(self, *words: object) -> Result:
        return CliRunner().invoke(Verbs("laotrust"), [*map(str, words), "--home", str(self.home.path), "--json"])

    def said(self, *words: object, code: int = 0) -> dict[str, Any]:
        result = self.typed(*words)
        assert result.exit_code == code, result.output
        return dict(json.loads(result.stdout))

    @property
    def root(self) -> Path:
        return self.home.certificate("root")

    @property
    def first_roots(self) -> list[object]:
        """As they are named to a verb: those of the first generation alone."""
        return [word for name in ("root", "root-pq") for word in ("--root", self.home.certificate(name))]

    def certificate(self) -> Path:
        """The first officer's certificate."""
        with self.ledger.read() as session:
            officers = session.query(Certificate).filter_by(profile="officer-authentication")
            found = officers.order_by(Certificate.id).first()
        assert found
        file = self.folder / "officer.pem"
        file.write_text(DER_cert_to_PEM_cert(bytes(found.der)))
        return file

    def revoke(self, file: Path | None = None, sha256: str = "") -> None:
        """The certificate in this file, or with this digest."""
        sha256 = sha256 if file is None else certificates_from_pem(file.read_bytes())[0].sha256
        with self.ledger.read() as session:
            found = session.query(Certificate).filter_by(sha256=sha256).one()
        with self.ledger.entry(Noted(found.id), TESTER) as tx:
            tx.add(Revocation(certificate_id=found.id, at=self.ledger.clock.now(), reason="superseded"))

    def digest(self, name: str, **later: float) -> Path:
        """The digest of so much later."""
        self.clock.turn(**later)
        self.said("status-digest", self.folder / name)
        return self.folder / name

    def digest_of_before(self) -> Path:
        """A digest as it was before any certificate was there."""
        with self.ledger.read() as session:
            known = [one for one in populations(session, self.clock.now()) if not one.name.endswith("-pq")]
        found = [replace(one, lives=()) for one in known]
        voices = [voice_of(one, lambda name: open_signer(self.home.key_uri(f"ocsp-{name}"))) for one in known]
        made = carried(found, voices, (), self.clock.now())
        (self.folder / "status.bin").write_bytes(made.digest)
        (self.folder / "trust.bin").write_bytes(made.trust_list)
        return self.folder

    def check(self, certificate: Path, out: Path, code: int = 0, **other: Path) -> dict[str, Any]:
        status, trust = other.get("status", out / "status.bin"), other.get("trust", out / "trust.bin")
        seen = ["--seen", self.folder / "seen.json"]
        words = ["status-check", certificate, "--status", status, "--trust", trust, "--root", self.root, *seen]
        return self.said(*words, code=code)


@pytest.fixture
def office(
    ca: PracticeCa,  # noqa: F811
    clock: TurnedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    """The machine's clock is the test's: verbs go by no other."""
    monkeypatch.setenv("LAOTRUST_DATABASE_URL", ca.ledger.url)
    monkeypatch.setattr(SystemClock, "now", lambda _machine: clock.now())
    clock.turn(minutes=1)
    return Office(ca.home, ca.ledger, clock, tmp_path)


def scanned(picture: Path) -> str:
    """What a program that reads QR codes makes of a picture."""
    done = subprocess.run(["zbarimg", "--quiet", "--raw", str(picture)], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_nation_is_checked_from_its_scanned_codes_alone(office: Office) -> None:
    out = office.folder / "out"
    made = office.said("status-digest", out)
    words: list[object] = ["status-check", office.certificate(), "--root", office.root]
    for kind in ("status", "trust"):
        for picture in sorted(out.glob(f"{kind}-*.png")):
            file = office.folder / f"{picture.stem}.scanned"
            file.write_text(scanned(picture))
            words += [f"--{kind}", file]

    told = office.said(*words)

    assert made["codes"] == 1
    assert (told["status"], told["age"]) == ("good", "fresh")
    assert told["lo"].startswith(WORDS["carried.good"][0])


def test_octets_and_text_say_the_same(office: Office) -> None:
    office.said("status-digest", office.folder / "out")
    out, certificate = office.folder / "out", office.certificate()

    by_text = office.check(certificate, out, status=out / "status.txt", trust=out / "trust.txt")

    assert office.check(certificate, out)["made_at"] == by_text["made_at"]


def test_a_revoked_certificate_is_revoked_and_so_is_all_of_a_revoked_issuer(office: Office) -> None:
    certificate = office.certificate()
    before = office.check(certificate, office.digest("before"))
    office.revoke(office.home.certificate("officers"))

    told = office.check(certificate, office.digest("after", seconds=5), code=1)

    assert (before["status"], told["status"]) == ("good", "revoked")


def test_all_of_an_issuer_that_the_carried_crl_calls_revoked_is_revoked(office: Office) -> None:
    certificate = office.certificate()
    office.revoke(office.home.certificate("officers"))
    office.said("crl-publish", "root")

    told = office.check(certificate, office.digest("after", seconds=5), code=1)

    assert (told.get("status"), told.get("age")) == ("revoked", "fresh")


def test_a_certificate_that_is_newer_than_the_digest_is_not_covered(office: Office) -> None:
    certificate = office.certificate()

    told = office.check(certificate, office.digest_of_before(), code=1)

    assert told["status"] == "not-covered"


@pytest.mark.parametrize(
    ("days", "status", "age", "code"), [(0.5, "good", "fresh", 0), (2, "good", "aged", 0), (8, "unknown", "past", 1)]
)
def test_a_digest_says_its_age_and_calls_nothing_good_after_its_time(
    office: Office, days: float, status: str, age: str, code: int
) -> None:
    certificate, out = office.certificate(), office.digest("out")
    office.clock.turn(days=days)

    told = office.check(certificate, out, code=code)

    assert (told["status"], told["age"], told["age_seconds"]) == (status, age, int(days * 86_400))
    assert WORDS[f"carried.age-{age}"][0] in told["lo"]


def test_what_was_revoked_stays_revoked_after_the_time_of_the_digest(office: Office) -> None:
    office.revoke(office.certificate())
    out = office.digest("out")
    office.clock.turn(days=60)

    assert office.check(office.certificate(), out, code=1)["status"] == "revoked"


def test_a_certificate_of_strangers_is_refused_in_words(office: Office) -> None:
    strange = office.folder / "strange.pem"
    strange.write_bytes(pem(PracticeIssuer("Practice officers", PracticeIssuer()).leaf("ສົມພອນ", serial(3))))

    told = office.check(strange, office.digest("out"), code=1)

    assert (told["error"], told["lo"]) == ("path.no-anchor", WORDS["path.no-anchor"][0])


def test_an_older_digest_than_one_seen_before_is_refused(office: Office) -> None:
    certificate, older = office.certificate(), office.digest("older")
    office.check(certificate, older)
    office.check(certificate, office.digest("newer", hours=1))

    assert office.check(certificate, older, code=1)["error"] == "digest.rolled-back"


def test_who_is_cut_off_while_he_checks_remembers_what_he_had_seen(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, older, write = office.certificate(), office.digest("older"), Path.write_text
    office.check(certificate, older)
    newer = office.digest("newer", hours=1)

    def cut_off(path: Path, text: str) -> int:
        write(path, text[:10])
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", cut_off)
        office.typed("status-check", certificate, "--status", newer / "status.bin", "--trust", newer / "trust.bin",
                     "--root", office.root, "--seen", office.folder / "seen.json")  # fmt: skip

    office.check(certificate, newer)
    assert office.check(certificate, older, code=1)["error"] == "digest.rolled-back"


@pytest.mark.parametrize("octets", [b"", b"{", b"\xff\xfe", b"[]", b'{"a": 1}', b'{"a": ["x", "y"]}'])
def test_who_cannot_know_what_he_saw_believes_no_digest_and_is_told_why(office: Office, octets: bytes) -> None:
    certificate, out = office.certificate(), office.digest("out")
    (office.folder / "seen.json").write_bytes(octets)

    said = office.check(certificate, out, code=1)

    assert said["error"] == "digest.memory"
    assert (office.folder / "seen.json").read_bytes() == octets


def test_a_digest_with_the_trust_list_of_another_is_mixed(office: Office) -> None:
    one = office.digest("one")
    made = office.said("status-digest", office.folder / "other", "--issuer", "officers")

    told = office.check(office.certificate(), one, code=1, trust=office.folder / "other" / "trust.bin")

    assert "citizens" in made["without"]
    assert told["error"] == "digest.mixed"


def test_a_forged_digest_is_refused_in_words(office: Office) -> None:
    out = office.digest("out")
    octets = bytearray((out / "status.bin").read_bytes())
    octets[-1] ^= 1
    (out / "status.bin").write_bytes(octets)

    told = office.check(office.certificate(), out, code=1)

    assert (told["error"], told["lo"]) == ("digest.forged", WORDS["digest.forged"][0])


def test_an_export_reaches_a_mirror_by_a_delta(office: Office) -> None:
    centre, mirror, files = (office.folder / name for name in ("centre", "mirror", "files"))
    first = office.said("ocsp-export", centre)
    office.said("ocsp-mirror", centre, mirror, "--root", office.root, "--root", office.home.certificate("root-pq"))
    office.revoke(office.certificate())
    office.clock.turn(seconds=2)
    second = office.said("ocsp-export", centre)

    told = office.said("ocsp-mirror", centre, mirror, "--files", files)

    assert (first["signed"], second["signed"], told["by_deltas"]) == (first["certificates"], 1, True)
    assert told["octets"] == second["delta_octets"]
    assert told["en"] == WORDS["mirror.fresh"][1]
    assert {one.name: one.read_bytes() for one in files.iterdir()} == {
        one.name: one.read_bytes() for one in (centre / "static").iterdir()
    }


def test_two_exports_and_two_runs_of_a_mirror_are_not_made_at_a_time(office: Office) -> None:
    centre, mirror = office.folder / "centre", office.folder / "mirror"
    office.said("ocsp-export", centre, "--no-files")
    office.said("ocsp-mirror", centre, mirror)
    before = (centre / "bundle").read_bytes()
    office.clock.turn(seconds=2)

    with alone(centre / ".lock"), alone(mirror / ".lock"):
        second = office.said("ocsp-export", centre, "--no-files", code=1)
        other = office.said("ocsp-mirror", centre, mirror, code=1)

    assert (second["error"], other["error"]) == ("export.busy", "mirror.busy")
    assert (centre / "bundle").read_bytes() == before
    office.said("ocsp-export", centre, "--no-files")
    office.said("ocsp-mirror", centre, mirror)


def test_a_second_root_is_one_of_our_own(office: Office, ca: PracticeCa) -> None:  # noqa: F811
    ceremony = Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE)
    roll_over(ceremony, "root", office.clock.now())
    office.clock.turn(seconds=2)
    centre = office.folder / "centre"
    first = office.said("ocsp-export", centre, "--no-files")
    office.clock.turn(seconds=2)

    again = office.said("ocsp-export", centre, "--no-files")
    told = office.said("ocsp-mirror", centre, office.folder / "mirror")
    out = office.digest("out")

    trust = parse_trust_list((out / "trust.bin").read_bytes())
    status = ["--status", out / "status.bin", "--trust", out / "trust.bin"]
    assert (first["signed"], again["signed"], told["number"]) == (first["certificates"], 0, again["number"])
    assert {parse_crl(one).issuer for one in trust.crls} == {
        certificates_from_pem(office.home.certificate(name).read_bytes())[0].subject for name in ("root", "root-2")
    }
    assert office.said("status-check", office.certificate(), *status)["status"] == "good"


def test_whoever_has_only_the_former_root_reaches_what_is_under_the_next(
    office: Office,
    ca: PracticeCa,  # noqa: F811
) -> None:
    centre, mirror, former = office.folder / "centre", office.folder / "mirror", office.first_roots
    office.said("ocsp-export", centre, "--no-files")
    office.said("ocsp-mirror", centre, mirror, *former)
    ceremony = Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE)
    roll_over(ceremony, "root", office.clock.now())
    office.clock.turn(seconds=2)
    roll_over(ceremony, "officers", office.clock.now())
    office.clock.turn(seconds=2)
    newest = officer_of_the_second(ca, office.folder)
    office.said("ocsp-export", centre, "--no-files")

    told = office.said("ocsp-mirror", centre, mirror, *former)
    out = office.digest("out")

    bundle = Shelf(mirror).bundle()
    assert bundle is not None
    assert told["number"] == bundle.number
    assert {"root-2", "officers-2"} <= {part.head.name for part in bundle.parts}
    assert office.check(newest, out)["status"] == "good"
    assert office.check(office.certificate(), out)["status"] == "good"
    assert [len(parse_trust_list((out / "trust.bin").read_bytes()).authorities), len(bundle.crosses)] == [8, 2]


def test_without_the_crosses_nobody_believes_the_next_root(
    office: Office,
    ca: PracticeCa,  # noqa: F811
) -> None:
    ceremony = Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE)
    roll_over(ceremony, "root", office.clock.now())
    office.clock.turn(seconds=2)
    with ca.ledger.read() as session:
        found = select(Certificate.sha256).where(Certificate.profile == "cross-certificate")
        for one in session.scalars(found):
            office.revoke(sha256=one)
    office.said("ocsp-export", office.folder / "centre", "--no-files")

    folders = office.folder / "centre", office.folder / "mirror"
    told = office.said("ocsp-mirror", *folders, *office.first_roots, code=1)

    assert told["error"] == "bundle.forged"


def officer_of_the_second(ca: PracticeCa, folder: Path) -> Path:  # noqa: F811
    """The certificate of an officer whom the second generation certified."""
    register_person(ca.ledger, "10000018")
    ca.approved("10000018")
    [issued] = ca.room().turn().issued
    file = folder / "newest.pem"
    file.write_text(DER_cert_to_PEM_cert(bytes(issued.der)))
    return file


def test_a_mirror_refuses_what_is_older_and_what_another_root_sealed(office: Office) -> None:
    centre, mirror, older = (office.folder / name for name in ("centre", "mirror", "older"))
    office.said("ocsp-export", centre, "--no-files")
    copytree(centre, older)
    office.clock.turn(seconds=2)
    office.said("ocsp-export", centre, "--no-files")
    office.said("ocsp-mirror", centre, mirror)

    back = office.said("ocsp-mirror", older, mirror, code=1)
    strange = office.said("ocsp-mirror", centre, office.folder / "new", "--root", office.certificate(), code=1)

    assert (back["error"], strange["error"]) == ("mirror.rolled-back", "bundle.forged")
