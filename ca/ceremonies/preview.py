"""What a plan would do, before anybody does it: each step in words, and the bytes that keys would be shown.

Nothing is written, and no key signs; a key that is there already is only asked for its public half.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.lost import lost
from ca.ceremonies.plan import Plan
from ca.ceremonies.sketch import Draft, Judged, Sketch
from ca.ceremonies.steps.step import Step, Words
from ca.registration.applicants import Standing
from pki.errors import PkiError
from pki.key_kind import KeyKind
from pki.signing import SignatureAlgorithm
from signers import KeyUnusable, open_signer
from signers.file import path_of, throw_away
from signers.pkcs11 import KeyMissing
from web.home import Home
from web.words import WORDS

_NOT_YET = "not made yet"


@dataclass(frozen=True)
class Foreseen:
    """One step as it will be."""

    number: int
    step: Step
    words: Words
    draft: Draft | None
    fault: str = ""
    """Why there are no bytes though the step signs, or why it could not be done."""


def foresee(  # noqa: PLR0913 - each thing that a ledger tells, where there is one
    plan: Plan,
    home: Home,
    uri_of: Callable[[str], str],
    now: datetime,
    person: Callable[[str], Standing | None] = lambda _number: None,
    certified: Callable[[str], bool] = lambda _name: False,
    in_use: Callable[[str], KeyKind | None] = lambda _name: None,
    first: Callable[[str], bytes | None] = lambda _name: None,
    *,
    judged: Judged = lambda _answer, _chain: None,
) -> Iterator[Foreseen]:
    """Each step with its words and its draft; `uri_of` says where a key is that the plan gives no place for.

    A key that is missing though `certified` knows an issuer of its name is a fault: none is made in its place. So is
    one of a weaker kind than `in_use` says that a CA's key is now. `first` gives the DER Name of a CA's first
    generation, after which later ones are named. `judged` says why an outside root's answer would not be taken.
    """
    gone: list[str] = []

    def opened(name: str, algorithm: SignatureAlgorithm, rsa_bits: int) -> tuple[bytes, str]:
        uri = plan.places.get(name) or uri_of(name)
        try:
            if not uri.startswith("file:") or path_of(uri).exists():
                return open_signer(uri).public_key, ""
            reason = _NOT_YET
        except KeyMissing:
            reason = _NOT_YET
        except KeyUnusable as unusable:
            reason = str(unusable)
        if reason == _NOT_YET and certified(name):
            gone.append(name)
        return throw_away(algorithm, rsa_bits).public_key, reason

    sketch = Sketch(home, plan.mode, now, opened, person, in_use, first, judged)
    for number, step in enumerate(plan.steps, start=1):
        try:
            draft, fault = step.draft(sketch), "; ".join(map(lost, gone))
        except PkiError as unfit:
            draft, fault = None, str(unfit)
        except CeremonyFailed as refused:
            draft, fault = None, f"{WORDS[refused.code][0]} {refused}"
        gone.clear()
        yield Foreseen(number, step, step.words(), draft, fault)
