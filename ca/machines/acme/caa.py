"""CAA (RFC 8659, RFC 8657): whether the zone's owner lets this CA issue, for this account, by this method. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ISSUE = re.compile(
    r"[ \t]*(?P<issuer>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)?[ \t]*(?:;(?P<parameters>[\x20-\x7e\t]*))?"
)
_PARAMETER = re.compile(r"[ \t]*(?P<tag>[A-Za-z0-9][A-Za-z0-9-]*)[ \t]*=[ \t]*(?P<value>[\x21-\x3a\x3c-\x7e]*)[ \t]*")
_UNDERSTOOD = {"issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail"}
CRITICAL = 128


@dataclass(frozen=True)
class CaaRecord:
    """One record of the set that counts for a name."""

    flags: int
    tag: str
    value: str

    @property
    def text(self) -> str:
        """As a zone file has it."""
        return f'{self.flags} {self.tag} "{self.value}"'


def may_issue(records: Sequence[CaaRecord], identity: str, account_url: str, method: str) -> bool:
    """Whether the set lets the CA of this identity issue a certificate without wildcard (RFC 8659 clause 4.2).

    A critical property that is not understood forbids. A parameter that cannot be read lets nobody in.
    """
    if any(one.flags & CRITICAL and one.tag.lower() not in _UNDERSTOOD for one in records):
        return False
    issue = [one.value for one in records if one.tag.lower() == "issue"]
    return not issue or any(_lets(value, identity, account_url, method) for value in issue)


def _lets(value: str, identity: str, account_url: str, method: str) -> bool:
    read = _ISSUE.fullmatch(value)
    if read is None or (read["issuer"] or "").lower() != identity:
        return False
    parameters = _parameters(read["parameters"] or "")
    if parameters is None:
        return False
    accounts = [text for tag, text in parameters if tag == "accounturi"]
    methods = [text for tag, text in parameters if tag == "validationmethods"]
    if len(accounts) > 1 or len(methods) > 1:  # RFC 8657 clauses 3 and 4: whoever writes two means something else
        return False
    return accounts in ([], [account_url]) and (not methods or method in methods[0].split(","))


def _parameters(text: str) -> list[tuple[str, str]] | None:
    found = [_PARAMETER.fullmatch(part) for part in text.split(";") if part.strip(" \t")]
    if any(part is None for part in found):
        return None
    return [(part["tag"].lower(), part["value"]) for part in found if part is not None]
