"""`ceremony-plan FILE`: what a ceremony would do, step by step, and the bytes that it would sign."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from ca.ceremonies.ceremony import address_faults
from ca.ceremonies.continuity import Standings, continuity_fault, standings
from ca.ceremonies.generations import first_name, generations
from ca.ceremonies.next_key import kind_in_use
from ca.ceremonies.plan import Plan, PlanUnfit, home_faults, production_faults, read_plan
from ca.ceremonies.preview import Foreseen, foresee
from ca.ceremonies.subordinate import judge
from ca.configuration import DEFAULT
from ca.governance.provenance import verified
from ca.registration.applicants import Standing, by_number
from ledger.decision import Refuse
from ledger.incarnation import name_of
from ledger.ledger import LedgerUnavailable
from pki.key_kind import KeyKind
from pki.keys import key_sha256
from scripts.cli import Exit, Outcome, Run, verb
from web.home import HomeUnfit
from web.words import WORDS

PLAN = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@verb("ceremony", example="python -m scripts ceremony-plan root.json")
@PLAN
@click.option("--bytes", "with_bytes", is_flag=True, help="Print the to-be-signed bytes too (DER, base64).")
def ceremony_plan(run: Run, file: Path, *, with_bytes: bool) -> Outcome:
    """Prints each step in words, the linted bytes that can be known now, and the digest to approve. Writes nothing.

    A key that is not made yet is replaced by another of its kind; what will be different then is said.
    """
    try:
        plan = read_plan(file)
    except PlanUnfit as unfit:
        return refused(unfit.faults)
    now, issuers = run.clock.now(), _issuers(run)
    found = _standings(run, plan)
    faults = production_faults(plan, _configuration(run)) + _faults_of_home(run, plan)
    addresses = _addresses(run)
    faults += address_faults(run.home, plan.mode) if addresses else []
    if found is not None and (fault := continuity_fault(plan, found, plan.operators)):
        faults.append(fault)
    steps = list(
        foresee(
            plan, run.home, run.key_uri, now, lambda number: _person(run, number), issuers.__contains__,
            lambda name: _in_use(run, name), lambda name: _first(run, name),
            judged=lambda answer, chain: _judged(run, plan, answer, chain),
        )
    )  # fmt: skip
    faults += [f"step {one.number}: {found}" for one in steps for found in _against(one)]
    values = {
        "plan": plan.digest,
        "successors": plan.successors,
        "addresses": addresses,
        "operators": _keys(plan),
        "earlier": {code: one.title for code, one in found.known.items()} if found else None,
        "on_duty": sorted(found.on_duty) if found else None,
        "steps": [_values(one) for one in steps],
        "faults": faults,
    }
    lines = [
        *_heading(plan, found),
        f"ທີ່ຢູ່ໃນໃບຢັ້ງຢືນ / addresses in certificates: {', '.join(addresses.values()) or '?'}",
        *(line for one in steps for line in _lines(one, with_bytes=with_bytes)),
        *_end(plan, faults),
    ]
    return Outcome(values, lines, Exit.REFUSED if faults else Exit.DONE)


def refused(faults: Sequence[str]) -> Outcome:
    """The plan cannot be held, for these reasons."""
    code = "ceremony.plan-unfit"
    lao = WORDS[code][0]
    return Outcome({"error": code, "lo": lao, "faults": list(faults)}, [lao, *faults], Exit.REFUSED)


def _configuration(run: Run) -> Any:
    try:
        with run.ledger.read() as session:
            return verified(session)
    except LedgerUnavailable:
        return DEFAULT


def _faults_of_home(run: Run, plan: Plan) -> list[str]:
    """None where there is no home, as on an operator's own machine."""
    try:
        with run.ledger.read() as session:
            return home_faults(plan, name_of(session))
    except LedgerUnavailable:
        return []


def _standings(run: Run, plan: Plan) -> Standings | None:
    """How the operators stand in the home; None where there is none, as on an operator's own machine."""
    try:
        with run.ledger.read() as session:
            return standings(session, plan, run.clock.now())
    except LedgerUnavailable:
        return None


def _addresses(run: Run) -> dict[str, str]:
    """Those that certificates would have; none where there is no home, as on an operator's own machine."""
    try:
        return {name: run.home.url(name) for name in ("ca", "ocsp")}
    except HomeUnfit:
        return {}


def _issuers(run: Run) -> set[str]:
    """The names of the keys of our issuers, by the ledger."""
    try:
        with run.ledger.read() as session:
            return {one.key_name for one in generations(session, run.clock.now())}
    except LedgerUnavailable:
        return set()


def _person(run: Run, number: str) -> Standing | None:
    try:
        with run.ledger.read() as session:
            return by_number(session, [number], run.clock.now()).get(number)
    except LedgerUnavailable:
        return None


def _in_use(run: Run, name: str) -> KeyKind | None:
    """Of which kind the key of this CA is now, by the ledger."""
    try:
        with run.ledger.read() as session:
            return kind_in_use(session, name, run.clock.now())
    except LedgerUnavailable:
        return None


def _first(run: Run, name: str) -> bytes | None:
    """The DER Name of the first generation of this CA, by the ledger."""
    try:
        with run.ledger.read() as session:
            return first_name(session, name)
    except LedgerUnavailable:
        return None


def _judged(run: Run, plan: Plan, answer: bytes, chain: Sequence[bytes]) -> Refuse | None:
    """Why this home would not take an outside root's answer; None where there is no home, too."""
    try:
        found = judge(run.ledger, plan.mode, answer, chain)
    except LedgerUnavailable:
        return None
    return found if isinstance(found, Refuse) else None


def _against(one: Foreseen) -> Sequence[str]:
    return ((one.fault,) if one.fault else ()) + (one.draft.findings if one.draft else ())


def _heading(plan: Plan, found: Standings | None) -> list[str]:
    operators = ", ".join(operator.code for operator in plan.operators)
    return [
        *([f"ຜູ້ສືບທອດ / successors: {plan.successors}"] if plan.successors else []),
        f"ພິທີ / ceremony: {plan.title}",
        f"ສະຖານທີ່ / place: {plan.place} · ວັນທີ / date: {plan.date} · ຮູບແບບ / mode: {plan.mode.value}",
        f"ຜູ້ປະຕິບັດ / operators: {operators} ({plan.quorum} / {len(plan.operators)})",
        *([f"ການຕິດຕັ້ງ / home: {plan.home}"] if plan.home else []),
        *(line for code, digest in _keys(plan).items() for line in _operator(code, digest, found)),
    ]


def _operator(code: str, digest: str, found: Standings | None) -> list[str]:
    """Whose key it is, and whether it held a ceremony of this home before; of a first ceremony nothing is said."""
    key = f"ກະແຈຂອງ {code} / key of {code}: SHA-256 {digest}"
    if found is None:
        return [key, "     ທີ່ນີ້ບໍ່ມີບັນຊີ ຈຶ່ງບໍ່ຮູ້ພິທີກ່ອນ / no ledger here: earlier ceremonies are not known"]
    if found.first:
        return [key]
    if (earlier := found.known.get(code)) is not None:
        held = f"{earlier.title} ({earlier.at:%Y-%m-%d})"
        return [key, f"     ເຄີຍເປັນຜູ້ປະຕິບັດໃນພິທີ / was an operator of an earlier ceremony: {held}"]
    duty = " · ມີໜ້າທີ່ຢູ່ນີ້ / is on duty here" if code in found.on_duty else ""
    return [key, f"     ໃໝ່: ບໍ່ເຄີຍຢູ່ໃນພິທີກ່ອນ / new: was in no earlier ceremony here{duty}"]


def _keys(plan: Plan) -> dict[str, str]:
    """By operator the digest of his key: who approves sees whether the others' are theirs."""
    return {operator.code: key_sha256(operator.spki) for operator in plan.operators}


def _lines(one: Foreseen, *, with_bytes: bool) -> list[str]:
    lines = ["", f"{one.number:>3}. {one.words.lao}", f"     {one.words.english}"]
    draft = one.draft
    if draft is not None:
        lines.append(f"     to be signed: {len(draft.tbs)} octets, SHA-256 {sha256(draft.tbs).hexdigest()}")
        lines += [f"     will differ: {what}" for what in draft.unknown]
        lines += [f"     {b64encode(draft.tbs).decode()}"] if with_bytes else []
    findings = _against(one)
    lines += [f"     LINT: {found}" for found in findings]
    if draft is not None and draft.linted and not findings:
        lines.append("     lint: no findings")
    return lines


def _values(one: Foreseen) -> dict[str, Any]:
    draft = one.draft
    values: dict[str, Any] = {"number": one.number, "kind": one.step.kind, "about": one.step.about}
    values |= {"lo": one.words.lao, "en": one.words.english, "findings": list(_against(one))}
    if draft is not None:
        values |= {"tbs": b64encode(draft.tbs).decode(), "will_differ": list(draft.unknown)}
    return values


def _end(plan: Plan, faults: Sequence[str]) -> list[str]:
    return [
        "",
        *(f"ຜິດ / fault: {fault}" for fault in faults),
        f"ລະຫັດແຜນ / digest of the plan: {plan.digest}",
        "ກວດແລ້ວ ໃຫ້ຜູ້ປະຕິບັດແຕ່ລະຄົນອະນຸມັດ: / When this is right, each operator approves it:",
        "  python -m scripts ceremony-approve FILE --operator CODE --key URI",
    ]
