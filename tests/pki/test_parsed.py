"""Certificates of other hands read: the facts that their makers put in, and what is refused."""

from base64 import b64encode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pki import der, oids
from pki.errors import ParseError
from pki.parsed import Extension, ParsedTbs, certificates_from_pem, parse_certificate
from pki.profile import KeyUsage
from tests.issuing import FROM, UNTIL, KeySigner, PracticeIssuer
from tests.issuing import der as der_of

ROOT = PracticeIssuer("Practice root")
ISSUER = PracticeIssuer("Practice officers", ROOT)
LEAF = ISSUER.leaf("ສົມພອນ", 0x0ABC)


def with_extension(value: x509.ExtensionType) -> bytes:
    """A certificate by cryptography's builder with this one extension."""
    signer, name = KeySigner(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(signer.key.public_key()).not_valid_before(FROM).not_valid_after(UNTIL)
    return builder.add_extension(value, critical=False).sign(signer.key, SHA256()).public_bytes(Encoding.DER)


def with_value(oid: str, value: bytes) -> ParsedTbs:
    """The facts of to-be-signed bytes that hold one extension of this value."""
    return ParsedTbs(3, 1, b"", b"", FROM, UNTIL, b"", b"", (Extension(oid, critical=False, value=value),))


def test_the_fields_are_those_that_another_maker_put_in() -> None:
    found = parse_certificate(der_of(LEAF))

    assert (found.version, found.serial, found.serial_hex) == (3, 0xABC, "abc")
    assert (found.not_before, found.not_after) == (FROM, UNTIL)
    assert found.subject == LEAF.subject.public_bytes()
    assert found.issuer == ISSUER.certificate.subject.public_bytes()
    assert (found.tbs, found.signature) == (LEAF.tbs_certificate_bytes, LEAF.signature)
    assert found.sha256 == LEAF.fingerprint(SHA256()).hex()


def test_the_extensions_are_those_that_another_maker_put_in() -> None:
    found = parse_certificate(der_of(LEAF))

    assert found.key_usages == {KeyUsage.DIGITAL_SIGNATURE, KeyUsage.CONTENT_COMMITMENT}
    assert found.crl_urls == ("http://127.0.0.1/crl",)
    assert found.ocsp_urls == ("http://127.0.0.1/",)
    assert found.issuer_urls == ()
    assert (found.is_ca, found.path_length) == (False, None)


def test_key_identifiers_chain() -> None:
    leaf, issuer = parse_certificate(der_of(LEAF)), parse_certificate(ISSUER.der)

    assert leaf.authority_key_identifier == issuer.subject_key_identifier is not None


def test_a_certificate_without_extensions_has_none() -> None:
    """RFC 5280 clause 4.1.2.9: versions 1 and 2 exist and are read, though none of ours is one."""
    _, *fields, _ = der.parts(LEAF.tbs_certificate_bytes)
    tbs = der.sequence(*(field.whole for field in fields))
    found = parse_certificate(der.sequence(tbs, fields[1].whole, der.bit_string(b"x")))

    assert (found.version, found.extensions) == (1, ())
    assert (found.key_usages, found.policies, found.is_ca, found.alternative_names) == (frozenset(), (), False, ())


@pytest.mark.parametrize("number", [-1, 3, 1 << 20000], ids=["0", "4", "huge"])
def test_a_version_that_does_not_exist_is_refused(number: int) -> None:
    tbs, *rest = der.parts(der_of(LEAF))
    fields = [field.whole for field in der.children(tbs.content)][1:]
    changed = der.sequence(der.explicit(0, der.integer(number)), *fields)

    with pytest.raises(ParseError, match="no known version"):
        parse_certificate(der.sequence(changed, *(part.whole for part in rest)))


def test_alternative_names_of_the_known_kinds_are_read_and_others_passed_over() -> None:
    names = x509.SubjectAlternativeName([
        x509.DNSName("e.gov.la"), x509.RFC822Name("a@gov.la"), x509.UniformResourceIdentifier("http://gov.la/"),
        x509.DirectoryName(x509.Name([])), x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
    ])  # fmt: skip

    assert parse_certificate(with_extension(names)).alternative_names == ("e.gov.la", "a@gov.la", "http://gov.la/")


def test_policies_come_with_the_addresses_of_their_statements() -> None:
    notice = x509.UserNotice(None, "words")
    policy = x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), ["http://gov.la/cps", notice])
    bare = x509.PolicyInformation(x509.ObjectIdentifier("1.2.4"), None)

    found = parse_certificate(with_extension(x509.CertificatePolicies([policy, bare]))).policies

    assert found == (("1.2.3", ("http://gov.la/cps",)), ("1.2.4", ()))


def test_every_bit_of_key_usage_is_told_apart() -> None:
    every = x509.KeyUsage(*[True] * 9)

    assert parse_certificate(with_extension(every)).key_usages == set(KeyUsage)


@pytest.mark.parametrize(
    ("oid", "name", "value"),
    [
        (oids.KEY_USAGE, "key_usages", "0302 0780 00"),
        (oids.KEY_USAGE, "key_usages", "03020080"),
        (oids.BASIC_CONSTRAINTS, "basic_constraints", "30060101ff0201ff"),
        (oids.BASIC_CONSTRAINTS, "basic_constraints", "30030101 01"),
        (oids.BASIC_CONSTRAINTS, "basic_constraints", "300402010102 0100"),
        (oids.EXTENDED_KEY_USAGE, "extended_key_usages", "30020500"),
        (oids.CERTIFICATE_POLICIES, "policies", "30023000"),
        (oids.SUBJECT_ALTERNATIVE_NAME, "alternative_names", "30058703010203"),
        (oids.SUBJECT_ALTERNATIVE_NAME, "alternative_names", "300382 01ff"),
        (oids.AUTHORITY_INFORMATION_ACCESS, "ocsp_urls", "30023000"),
        (oids.CRL_DISTRIBUTION_POINTS, "crl_urls", "30020500"),
        (oids.SUBJECT_KEY_IDENTIFIER, "subject_key_identifier", "0500"),
        (oids.AUTHORITY_KEY_IDENTIFIER, "authority_key_identifier", "0500"),
        (oids.AUTHORITY_KEY_IDENTIFIER, "authority_certificate", "30028200"),
    ],
)
def test_a_broken_extension_is_refused_when_it_is_asked_for(oid: str, name: str, value: str) -> None:
    facts = with_value(oid, bytes.fromhex(value))

    with pytest.raises(ParseError):
        getattr(facts, name)


def test_a_pem_file_gives_its_certificates_in_order() -> None:
    pem = b"words before\n" + b"".join(each.public_bytes(Encoding.PEM) for each in (LEAF, ISSUER.certificate))

    assert [each.der for each in certificates_from_pem(pem)] == [der_of(LEAF), ISSUER.der]


@pytest.mark.parametrize("body", [b"", b"=", b"AAA", b"MAA=", b64encode(b"\x30\x80")])
def test_a_pem_block_that_holds_no_certificate_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        certificates_from_pem(b"-----BEGIN CERTIFICATE-----\n" + body + b"\n-----END CERTIFICATE-----\n")


@pytest.mark.timeout(60)  # Where each space is looked at with all that follow, it takes hours.
def test_a_megabyte_of_spaces_is_refused_at_once() -> None:
    with pytest.raises(ParseError):
        certificates_from_pem(b"-----BEGIN CERTIFICATE-----" + b" " * 1_000_000)
