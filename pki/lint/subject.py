"""Rules on the subject's name: who, in which letters, and what must never stand in it."""

import re
import unicodedata
from functools import lru_cache

from pki import der, names, oids
from pki.lint.rule import Case, Rule
from pki.profile import SubjectShape

_PERSON = {oids.COUNTRY, oids.GIVEN_NAME, oids.COMMON_NAME, oids.SERIAL_NUMBER}
_SERVICE = {oids.COUNTRY, oids.ORGANIZATION, oids.COMMON_NAME}
_SHAPES = {
    SubjectShape.PERSON: _PERSON,
    SubjectShape.SERVICE: _SERVICE,
    SubjectShape.ORGANISATION: _SERVICE | {oids.ORGANIZATION_IDENTIFIER},
    SubjectShape.REPRESENTATIVE: _PERSON | {oids.ORGANIZATION, oids.ORGANIZATION_IDENTIFIER},
}
_IDENTIFIERS = {oids.SERIAL_NUMBER, oids.ORGANIZATION_IDENTIFIER}
_POST = {oids.ORGANIZATION, oids.ORGANIZATIONAL_UNIT, oids.TITLE, oids.ORGANIZATION_IDENTIFIER}
_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){5,}")
"""Six digits and more, in any script: a national, family-book, passport or telephone number."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def attributes_are_the_profiles(case: Case) -> str | None:
    """The attributes of the profile's shape, no more and no fewer; a person's surname may be missing."""
    found, shape = {oid for oid, _ in case.subject}, case.profile.subject
    if shape.natural_person:
        found = found - {oids.SURNAME}
    return None if found == _SHAPES[shape] else f"not the attributes of a {shape.value}"


def attributes_occur_once(case: Case) -> str | None:
    """One common name, one country, one of each."""
    found = [oid for oid, _ in case.subject]
    return None if len(set(found)) == len(found) else "an attribute occurs twice"


def country_is_lao(case: Case) -> str | None:
    """The country is LA."""
    return None if (oids.COUNTRY, "LA") in case.subject_texts else "the country is not LA"


def text_is_in_its_string_type(case: Case) -> str | None:
    """Country and serialNumber are PrintableString, all else is UTF8String; another CA's name is as it is."""
    for oid, element in case.subject:
        if case.profile.named_elsewhere and element.tag == der.PRINTABLE:
            continue
        printable = oid in (oids.COUNTRY, oids.SERIAL_NUMBER)
        if element.tag != (der.PRINTABLE if printable else der.UTF8):
            return f"{names.SHORT.get(oid, oid)} is in another string type"
    return None


def text_is_normal(case: Case) -> str | None:
    """Text is in Unicode's form C, so that one name has one encoding."""
    normal = all(unicodedata.is_normalized("NFC", text) for _, text in case.subject_texts)
    return None if normal else "a text is not in normalisation form C"


def text_is_visible(case: Case) -> str | None:
    """No control, format or private characters, no spaces at the ends, nothing empty."""
    for oid, text in case.subject_texts:
        if not _visible(text):
            return f"{names.SHORT.get(oid, oid)} is empty, or holds what cannot be seen"
    return None


@lru_cache(maxsize=4096)
def _visible(text: str) -> bool:
    """Many people share a given name or a family name."""
    if text.isascii():
        return text != "" and text == text.strip() and text.isprintable()
    return text == text.strip() and not any(unicodedata.category(letter) in _HIDDEN for letter in text)


def text_is_within_bounds(case: Case) -> str | None:
    """Bounds are counted in characters."""
    for oid, text in case.subject_texts:
        if len(text) > names.bound(oid):
            return f"{names.SHORT.get(oid, oid)} has {len(text)} characters"
    return None


def person_number_has_its_form(case: Case) -> str | None:
    """A person's serialNumber is `EG:LA-` and eight digits."""
    numbers = [text for oid, text in case.subject_texts if oid == oids.SERIAL_NUMBER]
    return None if all(map(names.SUBJECT_NUMBER.fullmatch, numbers)) else "serialNumber is not EG:LA- and eight digits"


def organisation_has_its_code(case: Case) -> str | None:
    """An organisation's identifier is `GO:LA-` and its code in the register, and not its name."""
    texts = dict(case.subject_texts)
    identifier = texts.get(oids.ORGANIZATION_IDENTIFIER)
    if identifier is None:
        return None
    sound = names.ORGANISATION_NUMBER.fullmatch(identifier) is not None
    own = identifier not in (texts.get(oids.ORGANIZATION), texts.get(oids.COMMON_NAME))
    return None if sound and own else "organizationIdentifier is not GO:LA- and a code, or is the name"


def no_other_number(case: Case) -> str | None:
    """No national, family-book, passport or telephone number: no long number but the subject's own identifiers."""
    others = [text for oid, text in case.subject_texts if oid not in _IDENTIFIERS]
    return "a long number stands in a name" if any(map(has_long_number, others)) else None


def has_long_number(text: str) -> bool:
    """Whether six digits and more stand in it that could be somebody's number."""
    return _LONG_NUMBER.search(text) is not None


def no_post(case: Case) -> str | None:
    """Persons are named without post, ministry or organisation: these are the register's, through time."""
    held = any(oid in _POST for oid, _ in case.subject)
    return "a post or organisation in a person's name" if held and case.profile.subject is SubjectShape.PERSON else None


def practice_is_marked(case: Case) -> str | None:
    """A CA of practice says PRACTICE in its common name; a real one does not."""
    if not case.profile.is_ca:
        return None
    practice = case.issuer.practice
    marked = any(oid == oids.COMMON_NAME and text.startswith("PRACTICE ") for oid, text in case.subject_texts)
    return None if practice == marked else "PRACTICE in the name and the policy arc do not agree"


def subject_is_not_the_issuer(case: Case) -> str | None:
    """Only a root has its issuer's name."""
    same = case.facts.subject == case.issuer.subject
    return None if same == case.profile.self_signed else "subject and issuer are mixed up"


RULES = (
    Rule("subject.attributes", "EN 319 412-2 NAT-4.2.4-1; the profile", attributes_are_the_profiles),
    Rule("subject.once", "EN 319 412-2 NAT-4.2.4-3, -4", attributes_occur_once),
    Rule("subject.country", "EN 319 412-2 NAT-4.2.4-1; law.md CE-03", country_is_lao),
    Rule("subject.string-type", "RFC 5280 clause 4.1.2.4 and appendix A.1", text_is_in_its_string_type),
    Rule("subject.normal", "RFC 5280 clause 7.1; RFC 4518 clause 2.3", text_is_normal),
    Rule("subject.visible", "RFC 4518 clause 2.4; law.md LA-04", text_is_visible),
    Rule("subject.bounds", "RFC 5280 appendix A.1", text_is_within_bounds),
    Rule("subject.number", "EN 319 412-1 NAT-5.1.3", person_number_has_its_form),
    Rule("subject.organisation", "EN 319 412-1 LEG-5.1.4; EN 319 412-3 LEG-4.2.1-6", organisation_has_its_code),
    Rule("subject.no-other-number", "law.md CE-05, DP-08", no_other_number),
    Rule("subject.no-post", "law.md CE-03; certificates name persons, not posts", no_post),
    Rule("subject.practice", "the practice mode", practice_is_marked),
    Rule("subject.not-issuer", "RFC 5280 clause 3.2", subject_is_not_the_issuer),
)
