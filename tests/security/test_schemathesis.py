"""What the OpenAPI document allows, and what it does not, is sent by schemathesis: nothing breaks, all is as it says.

The cases are the same in every run. Some have a value in them that is true, so that they come further than the door.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from idp.openapi.operations import OPERATIONS, Operation
from tests.idp.desk import Desk
from tests.idp.registration_desk import CALLBACK, Candidate, invited, open_organisation
from tests.idp.visitor import CHALLENGE, ISSUER, VERIFIER, Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("what is refused here is refused whatever the database is")
CASES = 40
Case = schemathesis.Case[Any]
MODES = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip
BOUNDED = settings(
    max_examples=CASES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
GROUPS: Mapping[str, Sequence[Operation]] = {
    last or "public": list(found) for last, found in groupby(OPERATIONS, lambda one: one.security[-1])
}
"""The operations by who may call them; the provider is set up once for each group."""


@dataclass
class Sender:
    """Sends cases to the application, and keeps the statuses that came back."""

    app: Flask
    members: Mapping[str, Any]
    """What would be right in forms and in JSON."""
    path: Mapping[str, str]
    authorization: Mapping[str, str]
    """By security scheme."""
    seen: list[int] = field(default_factory=list)

    def send(self, operation: Operation) -> None:
        """CASES cases of the operation. Fails at the first answer that is not as the document has it."""
        schema = schemathesis.openapi.from_wsgi("/openapi.json", self.app, base_url=ISSUER)
        described = schema.find_operation_by_id(operation.name)
        fits, spoilt = (described.as_strategy(generation_mode=mode) for mode in MODES)
        names = st.sampled_from(sorted(self.members))

        @BOUNDED
        @given(st.one_of(fits, spoilt), st.sets(names, max_size=5), st.booleans(), st.integers(0, 3))
        def sent(case: Case, some: set[str], mostly_true: bool, shown: int) -> None:
            if isinstance(case.body, dict):
                chosen = self.members.keys() - some if mostly_true else some
                case.body = ({} if mostly_true else case.body) | {name: self.members[name] for name in chosen}
            if case.path_parameters and mostly_true:
                case.path_parameters |= self.path
            headers = {"Accept-Encoding": "identity"} | (self._shown(operation) if shown else {})
            answer = case.call(base_url=ISSUER, headers=headers)
            self.seen.append(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        sent()

    def _shown(self, operation: Operation) -> dict[str, str]:
        """The true authorization, if there is one."""
        known = [self.authorization[name] for name in operation.security if name in self.authorization]
        return {"Authorization": known[0]} if known else {}


@pytest.fixture
def sender(app: Flask, desk: Desk, edocument: Service, visitor: Visitor, somphone: Person) -> Sender:
    open_organisation(desk)
    invitation = invited(desk, most=1000).token
    registered = Candidate(app, invitation).register().get_json()
    code = visitor.sign_in(edocument, somphone)["code"]
    tokens = edocument.redeem(app, code).get_json()
    pair = f"{edocument.client.client_id}:{edocument.client.client_secret}"
    return Sender(
        app,
        members={
            **edocument.ask(), "token": tokens["access_token"], "code_verifier": VERIFIER, "code_challenge": CHALLENGE,
            "refresh_token": tokens["refresh_token"], "access_token": tokens["access_token"], "code": code,
            "subject_token": tokens["access_token"], "audience": edocument.client.client_id,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token", "redirect_uris": [CALLBACK],
        },
        path={"client_id": registered["client_id"]},
        authorization={
            "client_secret_basic": f"Basic {b64encode(pair.encode()).decode()}",
            "bearer": f"Bearer {tokens['access_token']}",
            "initial_access_token": f"Bearer {invitation}",
            "registration_access_token": f"Bearer {registered['registration_access_token']}",
        },
    )  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_breaks_and_all_is_as_the_document_says(sender: Sender, group: str) -> None:
    for operation in GROUPS[group]:
        sender.send(operation)

    assert min(sender.seen) < 300, "no case came further than the door"
