"""The pages on which people answer what is asked elsewhere.

BCP 247: they say who asks, for what, from where and when, that it may be a trick, and let him refuse.
"""

from datetime import datetime

from flask import Response, make_response, render_template

from idp.consents.matters import matters_of
from idp.consents.question import KNOWN_AGAIN, wanted
from idp.elsewhere.tables import BackchannelRequest, DeviceRequest
from idp.elsewhere.waiting import Waiting
from idp.routes import details
from idp.routes.pages import service_name
from ledger.clock import VIENTIANE
from web.language import keep_place, words
from web.pages import FormError

LONGEST_CODE = 32


def code(typed: str, refusals: tuple[str, ...] = ()) -> Response:
    """The field for the code."""
    keep_place("/device")
    errors = [FormError("user_code", words(refusal)) for refusal in refusals]
    status = 429 if "elsewhere.too-many-tries" in refusals else 422 if refusals else 200
    response = make_response(render_template("idp/device_code.html", errors=errors, typed=typed), status)
    if status == 429:
        response.headers["Retry-After"] = "900"
    return response


def device(found: Waiting, seal: str) -> Response:
    """Who asks, for what, from where and since when."""
    keep_place("/device")
    assert isinstance(found.asked, DeviceRequest)
    return _page("idp/device.html", **_described(found), address=found.asked.address, seal=seal)


def who_asks(found: list[Waiting]) -> Response:
    """What waits, the newest first."""
    keep_place("/approve")
    return _page("idp/approve.html", waiting=[_described(one) for one in found])


def answered(*, agreed: bool) -> Response:
    """It is done."""
    keep_place("/approve")
    return _page("idp/answered.html", agreed=agreed)


def _described(found: Waiting) -> dict[str, object]:
    asked = found.asked
    return {
        "id": asked.id,
        "service": service_name(found.request.client),
        "matters": matters_of(wanted(found.request) - {KNOWN_AGAIN}),
        "details": details.shown(found.request, service_name),
        "message": asked.binding_message if isinstance(asked, BackchannelRequest) else None,
        "at": _clock(asked.at),
        "until": _clock(asked.until),
    }


def _clock(at: datetime) -> str:
    """Hours and minutes in Vientiane: all of this is minutes old."""
    return f"{at.astimezone(VIENTIANE):%H:%M}"


def _page(template: str, **values: object) -> Response:
    return make_response(render_template(template, **values))
