"""The answer as a page for people: what `Accept: application/pdf` gets. The same object as the JSON, drawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from web.documents import Section, report

_TITLES = {"lo": "ຜົນການກວດລາຍເຊັນ", "en": "Signature validation report"}
_ROWS = {
    "signer": ("ຜູ້ເຊັນ", "Signer"),
    "number": ("ເລກປະຈຳຕົວ", "Person number"),
    "role": ("ຕຳແໜ່ງ", "Post"),
    "organisation": ("ອົງການ", "Organisation"),
    "decree": ("ດຳລັດ/ຂໍ້ຕົກລົງ", "Decree"),
    "time": ("ເວລາທີ່ພິສູດໄດ້", "Proven time"),
    "covers": ("ກວມເອົາ", "Covers"),
    "judged": ("ຜົນ", "Indication"),
    "certificate": ("ໃບຢັ້ງຢືນ (SHA-256)", "Certificate (SHA-256)"),
}


def report_of(answer: Mapping[str, Any], created: datetime, language: str, *, practice: bool) -> bytes:
    """The PDF of an answer of `Validator.validate`, in `lo` or `en`; the same octets for the same arguments."""
    sections = [Section(f"{number}", _rows(one, language)) for number, one in enumerate(answer["signatures"], 1)]
    document = (_word(("ເອກະສານ (SHA-256)", "Document (SHA-256)"), language), answer["document_sha256"])
    sections.append(Section(_word(("ເອກະສານ", "Document"), language), [document]))
    sentence = f"{answer['verdict']}: {answer['sentence'][language]} {answer['next_step'][language]}"
    return report(
        _TITLES[language],
        sentence,
        sections,
        created=created,
        good={"VALID": True, "INVALID": False}.get(answer["verdict"]),
        verify_with="python -m scripts verify FILE",
        practice=practice,
    )


def _rows(signature: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    signer, role, organisation = signature["signer"], signature["role"], signature["organisation"]
    values = {
        "signer": signer and signer["name"][language],
        "number": signer and signer["number"],
        "role": role and role[language],
        "organisation": organisation and organisation[language],
        "decree": role and role["decree"],
        "time": signature["time"]["proven"],
        "covers": signature["covers"],
        "judged": " ".join(filter(None, (signature["indication"], signature["sub_indication"]))),
        "certificate": signature["certificate"],
    }
    return [(_word(_ROWS[name], language), str(value)) for name, value in values.items() if value]


def _word(pair: tuple[str, str], language: str) -> str:
    return pair[0] if language == "lo" else pair[1]
