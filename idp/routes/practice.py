"""In a practice installation alone: a program answers for the person, so that a test of others needs nobody to click.

Whoever knows the request's id may answer it, as is usual with suites that test CIBA. In production there is no such
address: the application does not have this module's route there.
"""

from flask import Blueprint, Response, request

from idp.elsewhere.answers import Word, answer
from idp.elsewhere.tables import BackchannelRequest
from idp.elsewhere.ways import BACKCHANNEL
from idp.routes.here import provider
from idp.tables import Account, Authentication
from ledger.decision import Refuse
from web.csrf import exempt
from web.errors import problem
from web.guards import Guard, guard

routes = Blueprint("practice", __name__)
PATH = "/practice/backchannel-answer"
_ANSWERS = {"allow": True, "deny": False}


@routes.post(PATH)
@exempt
@guard(Guard.PUBLIC)
def answer_for_person() -> Response:
    """The request of `auth_req_id` is answered by `action`, `allow` or `deny`."""
    agreed = _ANSWERS.get(request.args.get("action", ""))
    with provider().ledger.read() as reading:
        asked = BACKCHANNEL.by_handle(reading, request.args.get("auth_req_id", ""))
        account = reading.get(Account, asked.account_id) if isinstance(asked, BackchannelRequest) else None
    if agreed is None or account is None:
        return problem("elsewhere.unknown", 404)
    now = provider().ledger.clock.now()
    shown = Authentication(level=2, methods="mfa otp pwd", certificate_id=None, at=now)
    decision = answer(provider(), asked, Word(account.id, account.person_id, shown, now, ""), agreed=agreed)
    return problem(decision.code, 409) if isinstance(decision, Refuse) else Response(status=204)
