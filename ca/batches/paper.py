"""The receipt on paper: how far the batch has come, which lines were refused and why, and how to verify it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from ca.batches.outcomes import REFUSED, LineOutcome
from ca.batches.receipt import Made
from ca.registration.states import State
from ledger.canonical import moment
from ledger.clock import VIENTIANE
from web.documents import Section, report
from web.words import WORDS

MOST_ROWS = 200
"""Refused lines on paper; `lines.jsonl` has all."""
_STATES: Mapping[str, tuple[str, str]] = {
    REFUSED: ("ບໍ່ຮັບ", "refused"),
    State.IDENTITY_CHECKED.value: ("ລໍຖ້າການຕັດສິນ", "waits for decisions"),
    State.CARRIED.value: ("ລໍຖ້າການຕັດສິນ", "waits for decisions"),
    State.ORGANISATION_CONFIRMED.value: ("ອົງການຢືນຢັນແລ້ວ", "confirmed by the organisation"),
    State.APPROVED.value: ("ອະນຸມັດແລ້ວ", "approved"),
    State.ISSUED.value: ("ອອກໃບຢັ້ງຢືນແລ້ວ", "issued"),
    State.CONFIRMED.value: ("ຜູ້ຖືຢືນຢັນແລ້ວ", "confirmed by the holder"),
    State.REVOKED.value: ("ຍົກເລີກແລ້ວ", "revoked"),
    State.ENDED.value: ("ສິ້ນສຸດ ບໍ່ອອກໃບຢັ້ງຢືນ", "ended without a certificate"),
}


def paper_of(made: Made, refused: Iterable[LineOutcome], *, practice: bool) -> bytes:
    """The PDF of a receipt; `refused` are its lines that were not taken up, or will not be issued."""
    body = made.body
    done, bad = sum(body["counts"].values()), body["counts"].get(REFUSED, 0)
    whole = done == body["lines"]
    sentence = (
        f"ຮັບ {done - bad} ຄຳຂໍ, ບໍ່ຮັບ {bad} ຄຳຂໍ ຈາກທັງໝົດ {body['lines']} ແຖວ. "
        f"{done - bad} requests taken up, {bad} refused, of {body['lines']} lines."
    )
    sections = [
        Section("ຊຸດຄຳຂໍ / The batch", _particulars(made)),
        Section("ສະຖານະ / States", [(f"{_words(state)}", str(count)) for state, count in body["counts"].items()]),
    ]
    rows = [row for row, _ in zip(map(_row, refused), range(MOST_ROWS), strict=False)]
    if rows:
        sections.append(Section("ແຖວທີ່ບໍ່ຮັບ / Lines that were refused", rows))
    return report(
        "ໃບຮັບຊຸດຄຳຂໍໃບຢັ້ງຢືນ / Receipt of a batch of requests",
        sentence,
        sections,
        created=moment(body["at"]),
        good=True if whole and not bad else None,
        verify_with="python -m scripts batch-verify FOLDER",
        practice=practice,
    )


def _particulars(made: Made) -> list[tuple[str, str]]:
    body = made.body
    return [
        ("ເລກຊຸດ / Digest", body["batch"]),
        ("ຍື່ນເມື່ອ / Handed in", _time(moment(body["begun_at"]))),
        ("ໃບຮັບລົງວັນທີ / Receipt of", _time(moment(body["at"]))),
        ("ໃບຮັບ (SHA-256) / Receipt", made.sha256),
        ("ລາຍການບັນທຶກ / Entry", body["begun_entry"]),
    ]


def _row(outcome: LineOutcome) -> tuple[str, str]:
    lao, english = WORDS.get(outcome.code or "", WORDS["request.unexplained"])
    return f"ແຖວ / line {outcome.line}", f"{outcome.field or ''}: {lao} {english} ({outcome.code})".removeprefix(": ")


def _words(state: str) -> str:
    return " / ".join(_STATES.get(state, (state, state)))


def _time(at: datetime) -> str:
    return f"{at.astimezone(VIENTIANE):%d/%m/%Y %H:%M:%S} (+07:00)"
