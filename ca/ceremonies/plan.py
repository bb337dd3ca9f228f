"""A ceremony's plan: a JSON file in which everything stands that will be done, and who must agree to it.

What the operators sign is the digest of the plan with the files that it names taken in, so that nothing can be
put under them afterwards.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.legible import faults_of_names, faults_of_places, faults_of_words
from ca.ceremonies.steps import KINDS
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.step import Step
from ca.configuration import Configuration
from ledger.canonical import canonical
from pki.certificate import certificates_from_pem
from pki.errors import PkiError
from pki.keys import check_strength
from pki.signing import SignatureAlgorithm
from web.home import Mode
from web.words import WORDS

_CODE = re.compile(r"[A-Za-z0-9.-]{1,32}")
_FILE = "_file"
"""`key_file` is taken in as `key`, `request_file` as `request`: paths from the plan's folder."""


class PlanUnfit(Exception):
    """The plan cannot be held as it is; `faults` has one sentence for each, with what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Operator:
    """One who may approve: a code (his number in the register, or a name code), and his public key (DER)."""

    code: str
    spki: bytes

    @property
    def pem(self) -> str:
        """The key as the resolved plan has it."""
        key = load_der_public_key(self.spki)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass(frozen=True)
class Plan:
    """A ceremony, complete. Constructing one that does not hang together raises PlanUnfit."""

    title: str
    place: str
    date: str
    """When it is to be held, as the operators write it."""
    mode: Mode
    quorum: int
    """How many of the operators (m) must take part."""
    operators: tuple[Operator, ...]
    steps: tuple[Step, ...]
    home: str = ""
    """The name of the one home where it may be held, as `migrate` says it; only practice may leave it out."""
    successors: str = ""
    """Why too few operators of earlier ceremonies are left: what else is needed then, `continuity` says."""

    def __post_init__(self) -> None:
        """Refuse what does not hang together."""
        if faults := list(_faults(self)):
            raise PlanUnfit(faults)

    @cached_property
    def body(self) -> str:
        """Canonical JSON of all of it; `parse_plan` reads it again."""
        return canonical(
            {
                "title": self.title,
                "place": self.place,
                "date": self.date,
                "mode": self.mode,
                "quorum": self.quorum,
                "operators": [{"code": operator.code, "key": operator.pem} for operator in self.operators],
                "steps": [_step_body(step) for step in self.steps],
                **({"home": self.home} if self.home else {}),
                **({"successors": self.successors} if self.successors else {}),
            }
        ).decode()

    @property
    def digest(self) -> str:
        """Hex SHA-256 of `body`: what the operators approve."""
        return sha256(self.body.encode()).hexdigest()

    def operator(self, code: str) -> Operator | None:
        """The operator of this code."""
        return next((operator for operator in self.operators if operator.code == code), None)

    @property
    def places(self) -> dict[str, str]:
        """The URIs that the plan gives for keys, by name."""
        return {step.about: where for step in self.steps if (where := str(getattr(step, "where", "")))}


def read_plan(file: Path) -> Plan:
    """The plan in this file, with the files that it names. Raises PlanUnfit, FileNotFoundError."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        raise PlanUnfit([f"the plan is no text in UTF-8 ({fault}): write it anew"]) from None
    return parse_plan(text, file.parent)


def parse_plan(text: str, folder: Path) -> Plan:
    """The plan of a JSON object. Raises PlanUnfit for what is missing, unknown or of another kind."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise PlanUnfit([f"the plan is no JSON ({fault}): correct it there"]) from None
    if not isinstance(given, dict):
        raise PlanUnfit(["the plan is no JSON object: write title, place, date, mode, quorum, operators and steps"])
    given = _taken_in(given, folder)
    reader = _Reader()
    operators = tuple(reader.operator(one) for one in reader.several(given, "operators"))
    steps = tuple(reader.step(number, one) for number, one in enumerate(reader.several(given, "steps"), start=1))
    head = [reader.one(given, name, kind) for name, kind in _HEAD]
    home, successors = (reader.one(given, name, str) if name in given else "" for name in _OPTIONAL)
    strange = given.keys() - {"operators", "steps", *_OPTIONAL} - {name for name, _ in _HEAD}
    if strange:
        reader.faults.append(f"not known in a plan: {', '.join(sorted(strange))}")
    if reader.faults:
        raise PlanUnfit(reader.faults)
    title, place, date, mode, quorum = head
    return Plan(title, place, date, mode, quorum, operators, steps, home, successors)


def operators_of(body: str) -> tuple[str, tuple[Operator, ...]]:
    """Title and operators of a plan that was held, by its `body`: its steps need not be what a plan may say today."""
    held = json.loads(body)
    return held["title"], tuple(Operator(one["code"], _public_key(one["key"])) for one in held["operators"])


def production_faults(plan: Plan, configuration: Configuration) -> list[str]:
    """Why the plan may not be held in production by the numbers in force; practice has no such rules (CA-05)."""
    if plan.mode is Mode.PRACTICE:
        return []
    needed, named = configuration.ceremony_quorum, configuration.ceremony_operators
    cas = {step.about for step in plan.steps if step.kind in _CA_KINDS}
    filed = [name for name in sorted(cas) if not plan.places.get(name, "").startswith("pkcs11:")]
    return [
        *([_UNNAMED] if not plan.home else []),
        *([f"quorum is {plan.quorum}: production needs {needed} at least"] if plan.quorum < needed else []),
        *([f"{len(plan.operators)} operators are named: production needs {named}"] * (len(plan.operators) < named)),
        *(f"production refuses a file key for the CA {name}: give its key step where: pkcs11:…" for name in filed),
    ]


def home_faults(plan: Plan, name: str | None) -> list[str]:
    """Why the plan is not for the home of this name: approvals count in the one that they were given for."""
    if plan.home in ("", name):
        return []
    if name is None:
        return ["this home has no name yet: run `python -m scripts migrate`, and see whether the plan names it"]
    return [f"the plan is for the home {plan.home}, and this one is {name}: hold it there, or have a plan for this one"]


_UNNAMED = "no home is named: production needs home, the name that `python -m scripts migrate` says there"
_CA_KINDS = ("root", "issuer", "request", "rollover")
_OPTIONAL = ("home", "successors")
_HEAD: tuple[tuple[str, type], ...] = (("title", str), ("place", str), ("date", str), ("mode", Mode), ("quorum", int))


def _taken_in(given: Any, folder: Path) -> Any:
    """The same with the text of each file that a `…_file` names, under the name without `_file`."""
    if isinstance(given, list):
        return [_taken_in(one, folder) for one in given]
    if not isinstance(given, dict):
        return given
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name.endswith(_FILE) and isinstance(value, str):
            try:
                found[name.removesuffix(_FILE)] = (folder / value).read_text(encoding="ascii")
            except (OSError, ValueError):
                raise PlanUnfit(
                    [f"{name}: {folder / value} is not there, or is no PEM: put it beside the plan"]
                ) from None
        else:
            found[name] = _taken_in(value, folder)
    return found


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("is no list of words")
    return tuple(value)


def _typed(kind: type) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if (
            not isinstance(value, kind)
            or isinstance(value, bool)
            or value == ""
            or (isinstance(value, int) and value < 0)
        ):
            raise ValueError("is missing, or of another kind")
        return value

    return checked


_FORMS: dict[Any, Callable[[Any], Any]] = {
    str: _typed(str),
    int: _typed(int),
    tuple[str, ...]: _strings,
    int | None: _typed(int),
    SignatureAlgorithm: SignatureAlgorithm,
    SignatureAlgorithm | None: SignatureAlgorithm,
    Mode: Mode,
}


class _Reader:
    """Reads the parts of a plan and collects what is wrong."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def several(self, given: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        value = given.get(name)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.faults.append(f"{name} is no list of objects")
            return []
        return value

    def one(self, given: Mapping[str, Any], name: str, kind: Any, where: str = "") -> Any:
        try:
            return _FORMS[kind](given.get(name))
        except ValueError as fault:
            self.faults.append(f"{where}{name}: {fault}")
            return None

    def operator(self, given: Mapping[str, Any]) -> Operator:
        code, key = (self.one(given, name, str, "operator: ") for name in ("code", "key"))
        try:
            return Operator(str(code), _public_key(str(key)))
        except (ValueError, PkiError) as fault:
            self.faults.append(f"the key of operator {code} is no PEM certificate or public key: {fault}")
            return Operator(str(code), b"")

    def step(self, number: int, given: Mapping[str, Any]) -> Step:
        kind = KINDS.get(str(given.get("kind")))
        if kind is None:
            self.faults.append(f"step {number}: {given.get('kind')!r} is no kind: take one of {', '.join(KINDS)}")
            return KINDS["mode"]()
        where, known = f"step {number} ({kind.kind}): ", {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
        strange = given.keys() - known.keys() - {"kind"}
        if strange:
            self.faults.append(f"{where}not known there: {', '.join(sorted(strange))}")
        before = len(self.faults)
        required = {name for name, one in known.items() if one.default is one.default_factory}
        values = {
            name: self.one(given, name, known[name].type, where) for name in known if name in given or name in required
        }
        try:
            return kind(**values) if len(self.faults) == before else KINDS["mode"]()
        except ValueError as fault:
            self.faults.append(f"{where}{fault}")
        except CeremonyFailed as fault:
            self.faults.append(f"{where}{WORDS[fault.code][0]} {fault}")
        return KINDS["mode"]()


def _public_key(pem: str) -> bytes:
    if "BEGIN CERTIFICATE" in pem:
        spki = certificates_from_pem(pem.encode())[0].spki
    else:
        spki = load_pem_public_key(pem.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    check_strength(spki)
    return spki


def _step_body(step: Step) -> dict[str, Any]:
    values = {one.name: getattr(step, one.name) for one in fields(step)}  # type: ignore[arg-type]
    return {"kind": step.kind} | {name: _plain(value) for name, value in values.items() if value not in ("", None)}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else list(value) if isinstance(value, tuple) else value


def _faults(plan: Plan) -> Iterator[str]:
    codes = [operator.code for operator in plan.operators]
    if any(not _CODE.fullmatch(code) for code in codes):
        yield "an operator's code has 1 to 32 letters, digits, dots or hyphens"
    if "checkpoint" in codes:
        yield "checkpoint is the log's name in a transcript: give the operator another code"
    if len(set(codes)) < len(codes) or len({operator.spki for operator in plan.operators}) < len(codes):
        yield "an operator is named twice: each has one code and one key of his own"
    if not 1 <= plan.quorum <= len(plan.operators):
        yield f"quorum is {plan.quorum}: it is from 1 to the number of operators ({len(plan.operators)})"
    if [number for number, step in enumerate(plan.steps) if step.kind == "mode"] != [0]:
        yield "the first step, and no other, is of the kind mode"
    checkpoint = [step for step in plan.steps if isinstance(step, KeyStep) and step.name == "checkpoint"]
    if [step.algorithm for step in checkpoint] != [SignatureAlgorithm.ED25519]:
        yield "one step makes the key checkpoint, of the algorithm EdDSA: the ceremony seals with it"
    yield from faults_of_words((plan.title, plan.place, plan.date, plan.home, plan.successors), plan.steps)
    yield from faults_of_names(plan.steps)
    yield from faults_of_places(plan.steps)
    yield from _faults_of_order(plan.steps)


_LISTS = ("root-crl", "last-words")
"""Steps behind which a root signs nothing more."""


def _faults_of_order(steps: tuple[Step, ...]) -> Iterator[str]:
    """Each step finds what it needs, and nothing comes after what ends it."""
    made: set[str] = set()
    listed: set[str] = set()
    for number, step in enumerate(steps, start=1):
        where = f"step {number} ({step.kind} {step.about})"
        if missing := [name for name in step.needs if name not in made]:
            yield f"{where} needs {', '.join(missing)}: a step before it must make that"
        if twice := [name for name in step.gives if name in made]:
            yield f"{where} makes {', '.join(twice)} again: leave one of them out"
        above = str(getattr(step, "parent", "") or getattr(step, "issuer", ""))
        if above in listed and step.kind not in _LISTS:
            yield f"{where} comes after the CRL of {above}: put the CRL behind it"
        made.update(step.gives)
        if step.kind in _LISTS:
            listed.add(above)
        if step.kind == "destroy-key":
            made.discard(f"key {step.about}")
