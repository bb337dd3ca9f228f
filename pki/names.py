"""Distinguished names in Lao and Roman letters, as DER.

A person is named by full Lao name (givenName, surname), a Roman common name and a permanent number; never by
post or national number, and by an organisation only where he acts as its representative.
Limits are counted in characters (X.520), not in octets.
"""

import re
import unicodedata
from functools import lru_cache

from pki import der, oids
from pki.errors import ParseError, PkiError

COMMON_NAME_CHARACTERS = 64
"""X.520's upper bound of a common name (RFC 5280 appendix A.1)."""
_BOUNDS = {oids.COMMON_NAME: COMMON_NAME_CHARACTERS, oids.ORGANIZATION: 64, oids.ORGANIZATIONAL_UNIT: 64}
_OTHER_BOUND = 200
ORGANISATION_NUMBER = re.compile(r"GO:LA-[A-Za-z0-9](?:[A-Za-z0-9./_-]{0,30}[A-Za-z0-9])?")
"""ETSI EN 319 412-1 clause 5.1.4: our own scheme, the country, a hyphen, the organisation's code in the register."""
PERSON_NUMBER = re.compile(r"[0-9]{8}")
SUBJECT_NUMBER = re.compile(r"EG:LA-[0-9]{8}")
"""ETSI EN 319 412-1 clause 5.1.3: a local scheme of two letters and a colon, the country, a hyphen, the value."""
SHORT = {
    oids.COMMON_NAME: "CN", oids.SURNAME: "SN", oids.SERIAL_NUMBER: "serialNumber", oids.COUNTRY: "C",
    oids.LOCALITY: "L", oids.STATE: "ST", oids.ORGANIZATION: "O", oids.ORGANIZATIONAL_UNIT: "OU",
    oids.TITLE: "title", oids.GIVEN_NAME: "givenName", oids.PSEUDONYM: "pseudonym",
    oids.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
}
_PRINTABLE = frozenset({oids.COUNTRY, oids.SERIAL_NUMBER})
_PRINTABLE_TEXT = re.compile(r"[A-Za-z0-9 '()+,./:=?-]+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def person_name(given_lo: str, family_lo: str | None, given_en: str, family_en: str | None, number: str) -> bytes:
    """The DER Name of a person; `number` is his eight digits. Raises PkiError (`name.…`).

    A missing family name is left out. A Roman full name over 64 characters gives way to the Roman given name;
    nothing is ever cut (ETSI EN 319 412-2 clause 4.2.4: country, common name, given name and/or surname).
    """
    return name([(oids.COUNTRY, "LA"), *_person(given_lo, family_lo, given_en, family_en, number)])


def representative_name(
    given_lo: str, family_lo: str | None, given_en: str, family_en: str | None, number: str, organisation_en: str,
    code: str,
) -> bytes:
    """The DER Name of a person for the organisation that he represents. Raises PkiError (`name.…`).

    ETSI EN 319 412-2 clause 4.2.4: organisation attributes beside a person's say whom he is associated with.
    """
    return name([
        (oids.COUNTRY, "LA"),
        *_organisation(organisation_en, code),
        *_person(given_lo, family_lo, given_en, family_en, number),
    ])


def organisation_name(name_en: str, name_lo: str, code: str) -> bytes:
    """The DER Name of an organisation: its full name in Lao, its Roman name as the common one. Raises PkiError.

    `code` is the one of the register, which stays when the name changes (ETSI EN 319 412-3 clause 4.2.1).
    """
    return name([(oids.COUNTRY, "LA"), *_organisation(name_lo, code), (oids.COMMON_NAME, name_en)])


def _organisation(full_name: str, code: str) -> list[tuple[str, str]]:
    identifier = f"GO:LA-{code}"
    if ORGANISATION_NUMBER.fullmatch(identifier) is None:
        raise PkiError("An organisation's code is 1 to 32 letters, digits and . / _ -.", "name.code-malformed")
    return [(oids.ORGANIZATION, full_name), (oids.ORGANIZATION_IDENTIFIER, identifier)]


def _person(
    given_lo: str, family_lo: str | None, given_en: str, family_en: str | None, number: str
) -> list[tuple[str, str]]:
    if PERSON_NUMBER.fullmatch(number) is None:
        raise PkiError("A person's number is eight digits.", "name.number-malformed")
    surname = [(oids.SURNAME, family_lo)] if family_lo else []
    return [
        (oids.GIVEN_NAME, given_lo),
        *surname,
        (oids.COMMON_NAME, _roman(given_en, family_en)),
        (oids.SERIAL_NUMBER, f"EG:LA-{number}"),
    ]


def _roman(given: str, family: str | None) -> str:
    full = f"{given} {family}" if family else given
    return full if len(unicodedata.normalize("NFC", full)) <= COMMON_NAME_CHARACTERS else given


def ca_name(organisation: str, common_name: str, *, practice: bool) -> bytes:
    """The DER Name of a CA; in practice mode its common name begins with PRACTICE. Raises PkiError."""
    return name([
        (oids.COUNTRY, "LA"),
        (oids.ORGANIZATION, organisation),
        (oids.COMMON_NAME, f"PRACTICE {common_name}" if practice else common_name),
    ])


def service_name(organisation: str, common_name: str) -> bytes:
    """The DER Name of one of our services, or of a responder or time-stamping unit. Raises PkiError."""
    return name([(oids.COUNTRY, "LA"), (oids.ORGANIZATION, organisation), (oids.COMMON_NAME, common_name)])


def name(attributes: list[tuple[str, str]]) -> bytes:
    """The DER Name with one attribute a relative name, text in NFC and UTF8String (RFC 5280 clause 4.1.2.4).

    Country and serialNumber are PrintableString (X.520). Raises PkiError.
    """
    return der.sequence(*(_relative_name(oid, value) for oid, value in attributes))


@lru_cache(maxsize=4096)
def _relative_name(oid: str, value: str) -> bytes:
    """Many people share a country, a given name or a family name."""
    text = unicodedata.normalize("NFC", value)
    _check_text(oid, text)
    encoded = _printable(oid, text) if oid in _PRINTABLE else der.utf8(text)
    return der.tlv(der.SET, der.sequence(der.oid(oid), encoded))


def _printable(oid: str, text: str) -> bytes:
    if _PRINTABLE_TEXT.fullmatch(text) is None:
        raise PkiError(f"{SHORT[oid]} holds a character outside PrintableString.", "name.not-printable")
    return der.printable(text)


def _check_text(oid: str, text: str) -> None:
    what = SHORT.get(oid, oid)
    if not text or text != text.strip():
        raise PkiError(f"{what} is empty, or begins or ends with a space.", "name.empty")
    if len(text) > bound(oid):
        raise PkiError(f"{what} has {len(text)} characters, more than its bound.", "name.too-long")
    hidden = not text.isprintable() if text.isascii() else any(map(_is_hidden, text))
    if hidden:
        raise PkiError(f"{what} holds a control or invisible character.", "name.hidden-character")


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in _HIDDEN


def bound(oid: str) -> int:
    """The most characters that this attribute's value may have."""
    return _BOUNDS.get(oid, _OTHER_BOUND)


def values(encoded: bytes) -> list[tuple[str, der.Element]]:
    """The attributes of a DER Name in order, each value as an element. Raises ParseError."""
    return [value for relative in der.parts(encoded) for value in _values(relative)]


@lru_cache(maxsize=4096)
def _values(relative: der.Element) -> tuple[tuple[str, der.Element], ...]:
    """Of one relative name; many people share a country, a given name or a family name."""
    found = []
    for attribute in der.children(der.content_of(relative, der.SET)):
        pair = der.children(der.content_of(attribute, der.SEQUENCE))
        if len(pair) != 2:
            raise ParseError("An attribute of a name has two parts.")
        found.append((der.read_oid(pair[0]), pair[1]))
    return tuple(found)


def attributes(encoded: bytes) -> list[tuple[str, str]]:
    """The attributes of a DER Name in order, as (object identifier, text). Raises ParseError."""
    return [(oid, der.read_text(element)) for oid, element in values(encoded)]


def attribute(encoded: bytes, oid: str) -> str | None:
    """The first value of this attribute in a DER Name, if it has one. Raises ParseError."""
    return next((text for found, text in attributes(encoded) if found == oid), None)


def name_text(encoded: bytes) -> str:
    """The name for people, in the order of its encoding: `C=LA, CN=…`; special characters as RFC 4514 escapes.

    Raises ParseError.
    """
    return ", ".join(f"{SHORT.get(oid, oid)}={_escaped(text)}" for oid, text in attributes(encoded))


def _escaped(text: str) -> str:
    return "".join(
        f"\\{letter}" if letter in ',+"\\<>;=' else f"\\{ord(letter):02X}" if ord(letter) < 0x20 else letter
        for letter in text
    )


def person_number(encoded: bytes) -> str | None:
    """The eight digits of the person whom a DER Name names, or None. Raises ParseError."""
    number = attribute(encoded, oids.SERIAL_NUMBER)
    return number[6:] if number is not None and SUBJECT_NUMBER.fullmatch(number) else None
