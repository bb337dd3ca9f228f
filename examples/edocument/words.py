"""What the service says: Lao or English, Lao time, and what to do when something failed."""

from datetime import datetime, timedelta, timezone

import requests
from authlib.integrations.base_client import OAuthError
from flask import request, session
from werkzeug.exceptions import RequestEntityTooLarge

LAO_TIME = timezone(timedelta(hours=7))
PROBLEMS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (OAuthError, 400, "ເຂົ້າສູ່ລະບົບບໍ່ສຳເລັດ. ກະລຸນາລອງໃໝ່.", "Signing in did not work. Please try again."),
    (requests.RequestException, 502, "ລະບົບກາງບໍ່ຕອບ. ກະລຸນາລອງໃໝ່.", "A central service did not answer. Try again."),
    (RequestEntityTooLarge, 413, "ໄຟລ໌ໃຫຍ່ເກີນ 20 MB. ສົ່ງໄຟລ໌ນ້ອຍກວ່ານີ້.", "The file is over 20 MB. Send a smaller one."),
)


def language() -> str:
    """Lao, unless English was chosen."""
    if request.args.get("lang") in {"lo", "en"}:
        session["lang"] = request.args["lang"]
    return str(session.get("lang", "lo"))


def in_language(lao: str, english: str) -> str:
    """One of the two."""
    return lao if language() == "lo" else english


def in_lao_time(instant: str | int) -> str:
    """A moment as people in Laos write it; from ISO 8601 or from seconds since 1970."""
    at = datetime.fromtimestamp(instant, LAO_TIME) if isinstance(instant, int) else datetime.fromisoformat(instant)
    return at.astimezone(LAO_TIME).strftime("%d/%m/%Y %H:%M:%S")
