"""Who may ask for which profile, and what must back it: a row a profile, as data.

A profile that has no row is not asked for at a desk: ceremonies and the signing room make those.
"""

from dataclasses import dataclass
from enum import Enum


class Subject(Enum):
    """Whose names the certificate carries."""

    PERSON = "person"
    ORGANISATION = "organisation"
    """The body's, or one of its hosts', services' or devices'; the person who asks answers for it."""


class Extra(Enum):
    """Which alternative names a request must bring."""

    NONE = "none"
    HOSTS = "hosts"
    MAIL = "mail"


@dataclass(frozen=True)
class Rule:
    """What a request for one profile must bring, beside the papers of the person who asks."""

    profile: str
    officer: bool
    """He must hold a post, and be of the age that the configuration names."""
    subject: Subject = Subject.PERSON
    organisation: bool = False
    """It names an organisation, and an officer of that very organisation must confirm it (EN 319 411-1, ID-04)."""
    extra: Extra = Extra.NONE
    common_name: bool = False
    """It names a service or a device."""
    mandate: str | None = None
    """The act for which he must hold a mandate in that organisation."""
    value_limit: bool = False
    """It may carry a limit in kip."""


MOST_KIP = 10**15
"""Of a limit of value."""
MOST_NAMES = 100
"""Hosts in one certificate, which goes over the line at each handshake: a hundred of middle length are about 3 kB."""
REPRESENT = "represent-organisation"
_BODY = Subject.ORGANISATION
_TABLE = (
    Rule("officer-authentication", officer=True),
    Rule("officer-signing", officer=True, value_limit=True),
    Rule("officer-encryption", officer=True),
    Rule("mail-signing", officer=True, extra=Extra.MAIL),
    Rule("mail-encryption", officer=True, extra=Extra.MAIL),
    Rule("citizen-authentication", officer=False),
    Rule("citizen-signing", officer=False, value_limit=True),
    Rule("citizen-signing-once", officer=False, value_limit=True),
    Rule("business-representative", officer=False, organisation=True, mandate=REPRESENT, value_limit=True),
    Rule("organisation-seal", officer=True, subject=_BODY, organisation=True, value_limit=True),
    Rule("tls-server", officer=True, subject=_BODY, organisation=True, extra=Extra.HOSTS),
    Rule("tls-client", officer=True, subject=_BODY, organisation=True, common_name=True),
    Rule("device", officer=True, subject=_BODY, organisation=True, common_name=True),
    Rule("code-signing", officer=True, subject=_BODY, organisation=True, common_name=True),
)
RULES = {rule.profile: rule for rule in _TABLE}
"""By the profile's name."""
