"""Our CAs under a root of others, with another CA between: status is carried to whoever has that root, or ours."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.subordinate import request, take_answer
from ledger.certificates import Issuer
from pki.certificate import certificates_from_pem
from pki.trust_list import parse_trust_list
from tests.ca.conftest import PracticeCa, ca  # noqa: F401 - `ca` is a fixture
from tests.ca.outside import SOUND, OutsideRoot
from tests.ocsp.far.test_verbs import Office, office, officer_of_the_second  # noqa: F401 - `office` is a fixture
from web.home import Mode

pytestmark = pytest.mark.sqlite_only("the verbs read by `populations`, which is tested on both engines")


@dataclass
class Nation:
    """The national root, and its CA that certifies ours."""

    root: OutsideRoot
    between: OutsideRoot

    def certify(self, ceremony: Ceremony, name: str) -> Issuer:
        above = [one.certificate.read_bytes() for one in (self.between, self.root)]
        asked = request(ceremony, name, above[1])
        taken = take_answer(ceremony, self.between.answer(asked.request), above)
        assert isinstance(taken, Issuer)
        return taken


@pytest.fixture
def nation(tmp_path: Path) -> Nation:
    root = OutsideRoot(tmp_path / "national").made()
    between = OutsideRoot(tmp_path / "between", name="National CA").made()
    between.openssl("req", "-in", "root.csr", "-outform", "DER", "-out", "asked.der")
    extensions = SOUND.format(length="") + "subjectKeyIdentifier=hash\n"
    between.certificate.write_bytes(root.answer((between.folder / "asked.der").read_bytes(), extensions=extensions))
    return Nation(root, between)


@pytest.fixture
def ceremony(ca: PracticeCa) -> Ceremony:  # noqa: F811
    return Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE)


def checked(office: Office, certificate: Path, out: Path, *roots: Path) -> dict[str, object]:  # noqa: F811
    """What a checker says who has these roots, and the trust list and digest in `out`."""
    words = [word for root in roots for word in ("--root", root)]
    words += ["--status", out / "status.bin", "--trust", out / "trust.bin", "--seen", out / "seen.json"]
    result = office.typed("status-check", certificate, *words)
    return {"exit": result.exit_code, "said": result.stdout}


def test_whoever_has_the_national_root_alone_or_ours_alone_reaches_all_that_is_under_ours(
    office: Office, ceremony: Ceremony, nation: Nation  # noqa: F811
) -> None:  # fmt: skip
    nation.certify(ceremony, "root")
    office.clock.turn(seconds=2)
    centre, folder = office.folder / "centre", office.folder
    office.said("ocsp-export", centre, "--no-files")
    out, officer, quantum = office.digest("out"), office.certificate(), office.home.certificate("root-pq")

    by_theirs = office.said("ocsp-mirror", centre, folder / "a", "--root", nation.root.certificate, "--root", quantum)
    by_ours = office.said("ocsp-mirror", centre, folder / "b", "--root", office.root, "--root", quantum)

    assert by_theirs["number"] == by_ours["number"]
    assert checked(office, officer, out, nation.root.certificate)["exit"] == 0
    assert checked(office, officer, out, office.root)["exit"] == 0


def test_a_ca_that_stands_under_the_national_root_alone_is_carried_and_not_signed_again_and_again(
    office: Office, ca: PracticeCa, ceremony: Ceremony, nation: Nation  # noqa: F811
) -> None:  # fmt: skip
    issuer = nation.certify(ceremony, "officers")
    ceremony.service(f"ocsp-{issuer.key_name}", "ocsp-responder", ca.key_of(issuer))
    office.clock.turn(seconds=2)
    newest, centre = officer_of_the_second(ca, office.folder), office.folder / "centre"
    first = office.said("ocsp-export", centre, "--no-files")
    office.clock.turn(seconds=2)

    again = office.said("ocsp-export", centre, "--no-files")
    roots = nation.root.certificate, *(office.home.certificate(name) for name in ("root", "root-pq"))
    named = [word for root in roots for word in ("--root", root)]
    told = office.said("ocsp-mirror", centre, office.folder / "mirror", *named)
    out = office.digest("out")

    assert (first["signed"], again["signed"], told["number"]) == (first["certificates"], 0, again["number"])
    assert checked(office, newest, out, *roots[:2])["exit"] == 0
    assert checked(office, office.certificate(), out, *roots[:2])["exit"] == 0


def test_who_has_our_root_alone_is_told_that_a_ca_of_the_digest_stands_under_another(
    office: Office, ca: PracticeCa, ceremony: Ceremony, nation: Nation  # noqa: F811
) -> None:  # fmt: skip
    issuer = nation.certify(ceremony, "officers")
    ceremony.service(f"ocsp-{issuer.key_name}", "ocsp-responder", ca.key_of(issuer))
    office.clock.turn(seconds=2)
    out = office.digest("out")

    told = office.check(office.certificate(), out, code=1)

    assert told["error"] == "path.no-anchor"


def test_the_national_root_itself_does_not_travel(office: Office, ceremony: Ceremony, nation: Nation) -> None:  # noqa: F811
    nation.certify(ceremony, "root")

    trust = parse_trust_list((office.digest("out") / "trust.bin").read_bytes())

    [root], [between] = (certificates_from_pem(one.certificate.read_bytes()) for one in (nation.root, nation.between))
    assert between.der in trust.authorities
    assert root.der not in trust.authorities
