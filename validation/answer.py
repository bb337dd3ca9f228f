"""The answer as services read it (CONTRACT: verdict, indication, sentence, next step, signatures). Pure."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from ledger.clock import VIENTIANE
from ledger.standing import OrganisationThen, Standing
from validation.verdict import JudgedSignature, Verdict
from web.words import WORDS

_NEXT = {
    "verdict.passed": "next.passed",
    "verdict.passed-without-post": "next.check-post",
    "verdict.not-mandated": "next.other-signer",
    "verdict.try-later": "next.later",
}


def answer_of(verdict: Verdict, rule: str | None) -> dict[str, Any]:
    """The JSON object that `POST /v1/validations` gives."""
    return {
        "verdict": verdict.verdict,
        "indication": verdict.indication,
        "sub_indication": verdict.sub_indication,
        "rule": rule,
        "sentence": _sentence(verdict),
        "next_step": _both(_NEXT.get(verdict.code, "next.sign-again"), {}),
        "signatures": [_signature(judged) for judged in verdict.signatures],
    }


def _sentence(verdict: Verdict) -> dict[str, str]:
    deciding = next(judged for judged in verdict.signatures if judged.indication == verdict.indication)
    signer, standing = deciding.signer, deciding.standing
    values = {
        "name_lo": signer.name_lo if signer else "ຜູ້ທີ່ບໍ່ຮູ້ຈັກ",
        "name_en": signer.name_en if signer else "somebody unknown",
        "post_lo": standing.post_lo if standing else "",
        "post_en": standing.post_en if standing else "",
        "organisation_lo": standing.organisation.name_lo if standing else "",
        "organisation_en": standing.organisation.name_en if standing else "",
        "decree": standing.decree if standing else "",
        "time": _shown(deciding.finding.time),
    }
    return _both(verdict.code, values)


def _both(code: str, values: Mapping[str, str]) -> dict[str, str]:
    lao, english = WORDS[code]
    return {"lo": lao.format(**values), "en": english.format(**values)}


def _shown(time: datetime | None) -> str:
    return time.astimezone(VIENTIANE).strftime("%d/%m/%Y %H:%M:%S +07:00") if time else "–"


def _instant(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _signature(judged: JudgedSignature) -> dict[str, Any]:
    finding, signer = judged.finding, judged.signer
    return {
        "field": finding.field,
        "indication": judged.indication,
        "sub_indication": judged.sub_indication,
        "signer": signer
        and {"number": signer.number, "name": {"lo": signer.name_lo, "en": signer.name_en}},
        **_office(judged.standing),
        "time": {
            "proven": _instant(finding.time),
            "proven_by": "signature-time-stamp" if finding.time else None,
            "not_before": _instant(finding.not_before),
            "claimed": _instant(finding.claimed_time),
        },
        "certificate": finding.certificate and sha256(finding.certificate).hexdigest(),
        "status_evidence": list(finding.status_evidence),
        "covers": finding.covers.value,
        "level": finding.level,
    }


def _office(standing: Standing | None) -> dict[str, Any]:
    """Role, organisation, its successor now, and the mandates, all at the proven time; nulls without a post."""
    if standing is None:
        return {"role": None, "organisation": None, "successor": None, "mandate": None}
    role = {"code": standing.post, "lo": standing.post_lo, "en": standing.post_en}
    return {
        "role": {**role, "acting": standing.acting, "decree": standing.decree},
        "organisation": _named(standing.organisation),
        "successor": [_named(successor) for successor in standing.successors],
        "mandate": [{"act": m.act, "limit_lak": m.limit_lak, "decree": m.decree} for m in standing.mandates],
    }


def _named(organisation: OrganisationThen) -> dict[str, str]:
    return {"code": organisation.code, "lo": organisation.name_lo, "en": organisation.name_en}
