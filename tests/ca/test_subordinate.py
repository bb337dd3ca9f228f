"""Our CA under an outside root made with `openssl`: the request goes out, and only the right answer is taken."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.subordinate import chain_above, request, take_answer
from ca.endings.keys import block_act, block_by_officer
from ca.tables.hierarchy import IssuerImport, OutsideCertificate
from ledger.certificates import Issuer, KeyBlock
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Ledger
from pki.keys import key_identifier
from pki.parsed import certificates_from_pem, parse_certificate
from pki.request import parse_request
from pki.signing import SignatureAlgorithm
from tests.ca.conftest import FIRST, PracticeCa, register_person, request_for
from tests.ca.following import write
from tests.ca.outside import SOUND, OutsideRoot
from tests.ca.test_rollover import openssl_verify
from tests.issuing import new_key
from web.home import Home, Mode

OFFICER = "10000017"


@pytest.fixture
def ceremony(ca: PracticeCa) -> Ceremony:
    return Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE)


@pytest.fixture
def outside(tmp_path: Path) -> OutsideRoot:
    return OutsideRoot(tmp_path / "outside").made()


def test_an_issuing_ca_under_an_outside_root_issues_and_openssl_verifies_the_chain(
    ca: PracticeCa, ceremony: Ceremony, outside: OutsideRoot
) -> None:
    asked = request(ceremony, "officers", outside.certificate.read_bytes())

    issuer = take_answer(ceremony, outside.answer(asked.request), [outside.certificate.read_bytes()])

    assert isinstance(issuer, Issuer) and issuer.key_name == "officers-2"
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    [certificate] = ca.room().turn().issued
    leaf = ca.home.path / "leaf.pem"
    ceremony.keep_at(leaf, certificate.der)
    chain = ca.home.certificate("officers-2-chain")
    assert openssl_verify(ca.ledger.clock.now(), leaf, outside.certificate, chain).endswith("leaf.pem: OK")
    assert len(certificates_from_pem(chain.read_bytes())) == 2


def test_our_root_under_an_outside_root_makes_a_chain_of_four(
    ca: PracticeCa, ceremony: Ceremony, outside: OutsideRoot
) -> None:
    asked = request(ceremony, "root", outside.certificate.read_bytes())

    issuer = take_answer(ceremony, outside.answer(asked.request), [outside.certificate.read_bytes()])

    assert isinstance(issuer, Issuer) and (issuer.key_name, issuer.generation) == ("root", 1)
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    [certificate] = ca.room().turn().issued
    leaf = ca.home.path / "leaf.pem"
    ceremony.keep_at(leaf, certificate.der)
    between = (ca.home.certificate("officers"), ca.home.certificate("root-chain"))
    assert openssl_verify(ca.ledger.clock.now(), leaf, outside.certificate, *between).endswith("leaf.pem: OK")
    with ca.ledger.read() as session:
        assert chain_above(session, issuer) == [der_of(outside)]


def test_a_home_without_a_root_of_its_own_begins_under_the_outside_root(
    ledger: Ledger, tmp_path: Path, outside: OutsideRoot
) -> None:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    ceremony = Ceremony(ledger, home, HomeKeyring(home), Mode.PRACTICE)
    ceremony.begin()
    asked = request(ceremony, "root", outside.certificate.read_bytes())
    take_answer(ceremony, outside.answer(asked.request), [outside.certificate.read_bytes()])

    officers = ceremony.issuer("officers", ceremony.root())

    assert officers.view.not_after.year < 2046
    between, issuer = home.certificate("root-chain"), home.certificate("officers")
    answer = openssl_verify(ledger.clock.now(), issuer, outside.certificate, between)
    assert answer.endswith("officers.pem: OK")


def der_of(outside: OutsideRoot) -> bytes:
    return certificates_from_pem(outside.certificate.read_bytes())[0].der


def identifier_in(request: bytes) -> str:
    return f"subjectKeyIdentifier={key_identifier(parse_request(request).spki).hex()}\n"


Sign = Callable[[OutsideRoot, bytes], bytes]
ASKED_FOR = (
    "permitted;DNS:gov.la,permitted;email:gov.la,permitted;email:.gov.la,permitted;DNS:localhost,"
    "permitted;IP:127.0.0.0/255.0.0.0,excluded;IP:::/::"
)
"""The name constraints of a request for a root in practice, in openssl's words."""
REFUSED: dict[str, Sign] = {
    "import.key-other": lambda root, _: root.answer(request_for(new_key()), "-subj", "/C=LA/CN=x"),
    "import.name-other": lambda root, asked: root.answer(asked, "-subj", "/C=LA/O=Lao e-Government Center/CN=Other"),
    "import.not-ca": lambda root, asked: root.answer(
        asked, extensions="basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
    ),
    "import.path-too-short": lambda root, asked: root.answer(asked, extensions=SOUND, length=",pathlen:0"),
    "import.weak": lambda root, asked: root.answer(asked, "-md", "sha1"),
    "import.not-yet-valid": lambda root, asked: root.answer(
        asked, "-startdate", "20300101000000Z", "-enddate", "20400101000000Z"
    ),
    "import.expired": lambda root, asked: root.answer(
        asked, "-startdate", "20200101000000Z", "-enddate", "20210101000000Z"
    ),
    "import.constrained": lambda root, asked: root.answer(
        asked, extensions="1.2.3.4=critical,ASN1:NULL\n"
    ),
    "import.identifier-other": lambda root, asked: root.answer(
        asked, extensions="subjectKeyIdentifier=00112233\n"
    ),
    "import.path-too-long": lambda root, asked: root.answer(asked, extensions=SOUND, length=",pathlen:2"),
    "import.usage-other": lambda root, asked: root.answer(
        asked, extensions="keyUsage=critical,keyCertSign,cRLSign,digitalSignature\n"
    ),
    "import.unconfined": lambda root, asked: root.answer(
        asked, "-config", "bare.cnf", extensions=f"{SOUND}{identifier_in(asked)}", length=",pathlen:1"
    ),
    "import.not-critical": lambda root, asked: root.answer(
        asked, extensions="basicConstraints=CA:TRUE,pathlen:1\n"
    ),
    "import.names-not-covered": lambda root, asked: root.answer(
        asked, extensions=f"nameConstraints=critical,{ASKED_FOR.replace('DNS:gov.la', 'DNS:mtc.gov.la')}\n"
    ),
    "import.purposes-not-covered": lambda root, asked: root.answer(asked, extensions="extendedKeyUsage=serverAuth\n"),
    "import.policies-not-covered": lambda root, asked: root.answer(
        asked, extensions="certificatePolicies=1.3.6.1.4.1.99999.1\n"
    ),
    "import.outlives": lambda root, asked: root.answer(
        asked, "-startdate", "20200101000000Z", "-enddate", "20460101000000Z"
    ),
    "import.unreadable": lambda _root, _asked: b"nothing of the kind",
}


@pytest.mark.sqlite_only("nothing is written but the refusal")
@pytest.mark.parametrize("code", REFUSED)
def test_a_wrong_answer_is_refused_by_its_code_and_changes_nothing(
    ca: PracticeCa, ceremony: Ceremony, outside: OutsideRoot, code: str
) -> None:
    asked = request(ceremony, "root", outside.certificate.read_bytes())

    refused = take_answer(ceremony, REFUSED[code](outside, asked.request), [outside.certificate.read_bytes()])

    assert refused == Refuse(code)
    with ca.ledger.read() as session:
        assert session.scalars(select(OutsideCertificate)).all() == []
        assert session.scalars(select(IssuerImport)).all() == []
        assert session.scalar(select(func.count()).where(Entry.kind == "ceremony.import-refused")) == 1


@pytest.mark.sqlite_only("nothing is written but the refusal")
@pytest.mark.parametrize(
    "constraints",
    [
        "excluded;DNS:example.com",
        ASKED_FOR.replace("DNS:gov.la", "DNS:la"),
        f"{ASKED_FOR},permitted;DNS:example.com",
        ASKED_FOR.removesuffix(",excluded;IP:::/::"),
    ],
    ids=["a name excluded alone", "a domain too high", "a domain besides", "addresses not excluded"],
)
def test_an_answer_that_confines_less_than_was_asked_for_is_refused(
    ceremony: Ceremony, outside: OutsideRoot, constraints: str
) -> None:
    asked = request(ceremony, "root", outside.certificate.read_bytes())
    answer = outside.answer(asked.request, extensions=f"nameConstraints=critical,{constraints}\n")

    assert take_answer(ceremony, answer, [outside.certificate.read_bytes()]) == Refuse("import.unconfined")


ANOTHER_KEY = "2.5.29.35=ASN1:SEQUENCE:another\n[another]\nkey=IMPLICIT:0,FORMAT:HEX,OCTETSTRING:0011223344\n"
ANOTHER_NUMBER = "2.5.29.35=ASN1:SEQUENCE:another\n[another]\nnumber=IMPLICIT:2,INTEGER:7\n"


@pytest.mark.sqlite_only("nothing is written but the refusal")
@pytest.mark.parametrize(
    "authority",
    [ANOTHER_KEY, f"{ANOTHER_NUMBER}key=IMPLICIT:0,FORMAT:HEX,OCTETSTRING:{{key}}\n", "authorityKeyIdentifier=none\n"],
    ids=["another key", "another serial number", "nobody"],
)
def test_an_answer_that_says_of_another_key_that_it_signed_is_refused(
    ceremony: Ceremony, outside: OutsideRoot, authority: str
) -> None:
    """OpenSSL finds no issuer for it, and strict software takes nothing that does not say who signed."""
    [root] = certificates_from_pem(outside.certificate.read_bytes())
    asked = request(ceremony, "officers", root.der)
    said = authority.replace("{key}", (root.subject_key_identifier or b"").hex())

    refused = take_answer(ceremony, outside.answer(asked.request, authority=said), [root.der])

    assert refused == Refuse("import.authority-other")


@pytest.mark.sqlite_only("the engine has no part in it")
def test_an_answer_that_names_its_authority_by_key_name_and_number_is_taken(
    ceremony: Ceremony, outside: OutsideRoot
) -> None:
    asked = request(ceremony, "officers", outside.certificate.read_bytes())
    answer = outside.answer(asked.request, authority="authorityKeyIdentifier=keyid,issuer:always\n")

    assert isinstance(take_answer(ceremony, answer, [outside.certificate.read_bytes()]), Issuer)


@pytest.mark.sqlite_only("the engine has no part in it")
def test_of_several_certificates_of_the_outside_key_the_named_one_stands_above(
    ceremony: Ceremony, outside: OutsideRoot
) -> None:
    """Its root was made again, and what it signs names the newer one by its number."""
    older = outside.certificate.read_bytes()
    newer = outside.certified().certificate.read_bytes()
    asked = request(ceremony, "officers", newer)
    answer = outside.answer(asked.request, authority="authorityKeyIdentifier=keyid,issuer:always\n")

    taken = take_answer(ceremony, answer, [older, newer])

    assert isinstance(taken, Issuer)
    with ceremony.ledger.read() as session:
        assert chain_above(session, taken) == [der_of(outside)]


@pytest.mark.sqlite_only("nothing is written but the refusal")
@pytest.mark.parametrize(("country", "outcome"), [("TH", Refuse), ("LA", Issuer)])
def test_an_answer_leaves_the_country_of_our_names_though_none_was_asked_for(
    ceremony: Ceremony, outside: OutsideRoot, country: str, outcome: type
) -> None:
    """Under a subtree of another country nothing of ours would verify."""
    asked = request(ceremony, "root", outside.certificate.read_bytes())
    named = f"nameConstraints=critical,{ASKED_FOR},permitted;dirName:there\n"

    answer = outside.answer(asked.request, extensions=named, sections=f"[there]\nC={country}\n")

    taken = take_answer(ceremony, answer, [outside.certificate.read_bytes()])
    assert isinstance(taken, outcome)
    assert taken == Refuse("import.names-not-covered") or country == "LA"


@pytest.mark.sqlite_only("the engine has no part in it")
def test_an_answer_that_confines_more_and_leaves_our_names_is_taken(ceremony: Ceremony, outside: OutsideRoot) -> None:
    asked = request(ceremony, "root", outside.certificate.read_bytes())
    more = f"nameConstraints=critical,{ASKED_FOR},excluded;DNS:example.com\n"

    taken = take_answer(ceremony, outside.answer(asked.request, extensions=more), [outside.certificate.read_bytes()])

    assert isinstance(taken, Issuer)


@pytest.mark.sqlite_only("nothing is written but the refusal")
def test_an_answer_by_another_root_or_without_what_stands_between_is_refused(
    ceremony: Ceremony, outside: OutsideRoot, tmp_path: Path
) -> None:
    other = OutsideRoot(tmp_path / "other").made()
    asked = request(ceremony, "officers", outside.certificate.read_bytes())
    answer = other.answer(asked.request)

    by_another = take_answer(ceremony, answer, [other.certificate.read_bytes()])
    unconnected = take_answer(ceremony, answer, [outside.certificate.read_bytes()])

    assert (by_another, unconnected) == (Refuse("import.other-root"), Refuse("import.chain-broken"))


@pytest.mark.sqlite_only("nothing is written but the refusal")
@pytest.mark.parametrize(
    ("key", "length", "code"),
    [
        (("RSA", "-pkeyopt", "rsa_keygen_bits:2048"), "", "import.weak"),
        (("RSA", "-pkeyopt", "rsa_keygen_bits:3072"), ",pathlen:1", "import.path-too-short"),
    ],
    ids=["a key of 2048 bits", "no room below"],
)
def test_a_root_that_is_weaker_or_narrower_than_ours_is_refused(
    ceremony: Ceremony, tmp_path: Path, key: tuple[str, ...], length: str, code: str
) -> None:
    root = OutsideRoot(tmp_path / "weak", key=key, length=length).made()
    asked = request(ceremony, "root", root.certificate.read_bytes())

    refused = take_answer(ceremony, root.answer(asked.request), [root.certificate.read_bytes()])

    assert refused == Refuse(code)


@pytest.mark.sqlite_only("nothing is written but the refusal")
def test_a_key_stronger_than_the_outside_root_s_gains_nothing_by_it(ledger: Ledger, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    algorithm = SignatureAlgorithm.ECDSA_P384_SHA384
    ceremony = Ceremony(ledger, home, HomeKeyring(home), Mode.PRACTICE, algorithm=algorithm)
    ceremony.begin()
    root = OutsideRoot(tmp_path / "weaker", key=("EC", "-pkeyopt", "ec_paramgen_curve:P-256")).made()
    asked = request(ceremony, "root", root.certificate.read_bytes())

    refused = take_answer(ceremony, root.answer(asked.request), [root.certificate.read_bytes()])

    assert refused == Refuse("import.weak")


def test_the_request_asks_for_what_our_own_root_would_give(ceremony: Ceremony, outside: OutsideRoot) -> None:
    asked = request(ceremony, "officers", outside.certificate.read_bytes())

    [answer] = certificates_from_pem(outside.answer(asked.request))
    own = parse_certificate(ceremony.certificate_of("officers"))

    assert (answer.path_length, answer.key_usages, answer.name_constraints) == (
        own.path_length, own.key_usages, own.name_constraints,
    )  # fmt: skip


@pytest.mark.sqlite_only("the steps are the same on either engine")
def test_asked_or_taken_twice_nothing_is_doubled(ca: PracticeCa, ceremony: Ceremony, outside: OutsideRoot) -> None:
    asked = request(ceremony, "officers", outside.certificate.read_bytes())
    again = request(ceremony, "officers", outside.certificate.read_bytes())
    answer, chain = outside.answer(asked.request), [outside.certificate.read_bytes()]

    taken = [take_answer(ceremony, answer, chain) for _ in range(2)]

    assert asked.request == again.request
    assert isinstance(taken[0], Issuer) and isinstance(taken[1], Issuer)
    assert taken[0].id == taken[1].id
    assert parse_certificate(taken[0].certificate).spki == ca.key_of(taken[0]).spki


def test_what_is_no_root_is_not_asked(ceremony: Ceremony, ca: PracticeCa) -> None:
    with pytest.raises(CeremonyFailed, match="no root"):
        request(ceremony, "officers", ca.home.certificate("officers").read_bytes())


@pytest.mark.sqlite_only("the steps are the same on either engine")
def test_no_officer_alone_blocks_the_key_of_a_ca_that_an_outside_root_certifies(
    ca: PracticeCa, ceremony: Ceremony, outside: OutsideRoot
) -> None:
    asked = request(ceremony, "officers", outside.certificate.read_bytes())

    answers = [blocked_alone(ca, asked.key_sha256)]
    take_answer(ceremony, outside.answer(asked.request), [outside.certificate.read_bytes()])
    answers.append(blocked_alone(ca, asked.key_sha256))

    assert answers == [Refuse("revocation.of-a-ca")] * 2
    with ca.ledger.read() as session:
        assert session.scalars(select(KeyBlock)).all() == []


def blocked_alone(ca: PracticeCa, key: str) -> object:
    return block_by_officer(ca.ledger, key, ca.sign(FIRST, block_act(key, ca.ledger.clock.now())))


@pytest.mark.sqlite_only("nothing is written but the refusal")
def test_a_blocked_key_is_neither_asked_for_nor_taken(ca: PracticeCa, ceremony: Ceremony, outside: OutsideRoot) -> None:
    asked = request(ceremony, "officers", outside.certificate.read_bytes())
    write(ca, KeyBlock(key_sha256=asked.key_sha256, at=ca.ledger.clock.now()))

    refused = take_answer(ceremony, outside.answer(asked.request), [outside.certificate.read_bytes()])

    assert refused == Refuse("import.key-blocked")
    with pytest.raises(CeremonyFailed, match="blocked"):
        request(ceremony, "officers", outside.certificate.read_bytes())
