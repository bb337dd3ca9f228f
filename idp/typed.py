"""What people type as their user name, brought to one form."""

import re

from ledger.spelling import fold_username

_LAO_MOBILE = re.compile(r"0?(20\d{8}|30\d{7})", re.ASCII)
_FILLERS = re.compile(r"[().\-]")


def user_name(text: str) -> str:
    """The one form of a typed user name: a person's number, a mail address, or a telephone number as E.164."""
    folded = fold_username(text)
    if "@" in folded:
        return folded
    bare = _FILLERS.sub("", folded.removeprefix("eg:").removeprefix("la-"))
    if bare.startswith(("+", "00")):
        return "+" + bare.removeprefix("+").removeprefix("00")
    mobile = _LAO_MOBILE.fullmatch(bare)
    return f"+856{mobile[1]}" if mobile else bare
