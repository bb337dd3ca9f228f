"""`desk.open`: an office is licensed to register, in a province, from when to when."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from ca.governance.days import begins_at, shown, span_in
from ca.governance.held import is_desk
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ca.tables.registration import Desk, DeskTerm
from ledger.base import Fact
from ledger.canonical import moment
from ledger.decision import Refuse
from ledger.people import Organisation
from ledger.roles import Action

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_PROVINCE = re.compile(r"LA-[A-Z]{2}")


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    code, province, organisation = str(given["desk"]), str(given["province"]), given.get("organisation")
    if not _CODE.fullmatch(code) or not _PROVINCE.fullmatch(province):
        return Unfit("change.unfit", ("desk is a code of 64 letters and digits at most, province is like LA-VT",))
    span = span_in(given, now)
    if isinstance(span, Refuse):
        return span
    if is_desk(belief.session, code):
        return Refuse("change.desk-exists")
    body = select(Organisation.id).where(Organisation.code == organisation)
    of = belief.session.scalar(body) if organisation else None
    if organisation and of is None:
        return Refuse("change.body-unknown")
    begins, ends = span
    after = {
        "province": province,
        "organisation": organisation,
        "from": "application" if begins is None else shown(moment(begins)),
        "until": None if ends is None else shown(moment(ends)),
    }
    values = {"code": code, "province": province, "organisation": of, "from": begins, "until": ends}
    return Resolved(values, {f"desk {code}": (None, after)})


def _facts(values: Values, at: datetime, new_id: NewId) -> Sequence[Fact]:
    desk = Desk(id=new_id(), code=values["code"], organisation_id=values["organisation"], province=values["province"])
    until = None if values["until"] is None else moment(values["until"])
    begins = begins_at(values["from"], at)
    return [desk, DeskTerm(id=new_id(), desk_id=desk.id, number=1, valid_from=begins, valid_to=until)]


def _effects(_belief: Belief, values: Values, _now: datetime) -> Sequence[Effect]:
    return [Effect("change.effect-desk-opens", {"desk": values["code"]})]


KIND = ChangeKind(
    name="desk.open",
    planning=Action.PLAN_PEOPLE,
    approving=Action.APPROVE_PEOPLE,
    needed=frozenset({"desk", "province"}),
    possible=frozenset({"organisation", "from", "until"}),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
