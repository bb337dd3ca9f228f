"""Whether a certificate can hold the names that a request would put into it: asked before anybody signs for them."""

from ca.profiles import PROFILES
from ca.registration.applicants import Standing
from ca.registration.case import Body
from ledger.decision import Allow, Decision, Refuse
from pki.errors import PkiError
from pki.lint.subject import has_long_number
from pki.names import attributes, organisation_name, person_name, representative_name, service_name
from pki.oids import ORGANIZATION_IDENTIFIER, SERIAL_NUMBER
from pki.profile import SubjectShape


def may_be_named(profile: str, person: Standing, body: Body | None, called: str | None) -> Decision:
    """Whether the profile's subject can be written with these names and passes the lint of what stands in it.

    `called` is the name of a service, or the first of a server's hosts.
    """
    try:
        subject = _subject(PROFILES[profile].subject, person, body, called)
    except PkiError:
        return Refuse("enrolment.name-unfit")
    numbers = (ORGANIZATION_IDENTIFIER, SERIAL_NUMBER)
    long = any(has_long_number(text) for oid, text in attributes(subject) if oid not in numbers)
    return Refuse("enrolment.name-unfit") if long else Allow()


def _subject(shape: SubjectShape, person: Standing, body: Body | None, called: str | None) -> bytes:
    names = person.names
    own = (names.given_lo, names.family_lo, names.given_en, names.family_en, person.applicant.number)
    if shape is SubjectShape.PERSON or body is None:
        return person_name(*own)
    if shape is SubjectShape.REPRESENTATIVE:
        return representative_name(*own, body.name_en, body.code)
    if shape is SubjectShape.ORGANISATION:
        return organisation_name(body.name_en, body.name_lo, body.code)
    return service_name(body.name_en, called or "")
