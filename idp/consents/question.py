"""What a service asks of a person, and what of it he has not been asked yet.

Being known again (`openid`) is asked like a claim, once. What comes by a scope is voluntary (OpenID Connect Core clause
5.4), and so is what the `claims` parameter does not call essential (clause 5.5.1): the person may leave it out. His no
is remembered like his yes, so that he is not asked at every sign-in; a service that calls a claim essential which he
left out, asks anew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from idp.authorization import AuthenticationRequest
from idp.claims import SCOPE_OF
from idp.consents.matters import MATTER_OF, claims_of_scopes
from ledger.canonical import canonical

KNOWN_AGAIN = "openid"


@dataclass(frozen=True)
class Word:
    """What a person has said about one client: which claims it gets, and which it does not get."""

    given: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()

    def settles(self, essential: Collection[str]) -> frozenset[str]:
        """What he need not be asked again."""
        return self.given | (self.withheld - set(essential))


@dataclass(frozen=True)
class Question:
    """What the person is asked now."""

    claims: frozenset[str]
    essential: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    """What of it he left out before: so the page has it again."""

    @property
    def digest(self) -> str:
        """Stands for what was asked, in the form that answers it: nobody agrees to what his page did not show."""
        asked = {"claims": sorted(self.claims), "essential": sorted(self.essential)}
        return sha256(canonical(asked)).hexdigest()[:32]

    def left_out(self, matters: Collection[str]) -> frozenset[str]:
        """The claims that he leaves out who ticks these matters: a matter with an essential claim stays whole."""
        fixed = {MATTER_OF[claim] for claim in self.essential}
        return frozenset(claim for claim in self.claims if MATTER_OF[claim] in set(matters) - fixed)


def wanted(request: AuthenticationRequest) -> frozenset[str]:
    """All that the request asks for of a person, within what its client may ask for at all; with KNOWN_AGAIN."""
    registered = request.client.scopes.split(" ")
    single = {name for name in request.claims.names if SCOPE_OF[name] in registered}
    return claims_of_scopes(request.scope) | single | {KNOWN_AGAIN}


def question(request: AuthenticationRequest, word: Word, elsewhere_settled: Collection[str] = ()) -> Question:
    """What is left to ask, after the person's word and what was settled without him.

    Everything, where nothing is left and yet he is asked: by a service that wants it so, or about details.
    """
    asked, essential = wanted(request), request.claims.essential
    new = asked - word.settles(essential) - set(elsewhere_settled)
    if not new or "consent" in request.prompt:
        new = asked
    claims = new - {KNOWN_AGAIN}
    return Question(claims, essential & claims, word.withheld & claims)
