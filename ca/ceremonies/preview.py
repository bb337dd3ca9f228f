"""What a plan would do, before anybody does it: each step in words, and the bytes that keys would be shown.

Nothing is written, and no key signs; a key that is there already is only asked for its public half.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ca.ceremonies.plan import Plan
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.step import Step, Words
from ca.registration.applicants import Standing
from pki.errors import PkiError
from pki.signing import SignatureAlgorithm
from signers import KeyUnusable, open_signer
from signers.file import path_of, throw_away
from signers.pkcs11 import KeyMissing
from web.home import Home

_NOT_YET = "not made yet"


@dataclass(frozen=True)
class Foreseen:
    """One step as it will be."""

    number: int
    step: Step
    words: Words
    draft: Draft | None
    fault: str = ""
    """Why there are no bytes, though the step signs."""


def foresee(
    plan: Plan,
    home: Home,
    uri_of: Callable[[str], str],
    now: datetime,
    person: Callable[[str], Standing | None] = lambda _number: None,
) -> Iterator[Foreseen]:
    """Each step with its words and its draft; `uri_of` says where a key is that the plan gives no place for."""

    def opened(name: str, algorithm: SignatureAlgorithm, rsa_bits: int) -> tuple[bytes, str]:
        uri = plan.places.get(name) or uri_of(name)
        if uri.startswith("file:") and not path_of(uri).exists():
            return throw_away(algorithm, rsa_bits).public_key, _NOT_YET
        try:
            return open_signer(uri).public_key, ""
        except KeyMissing:
            reason = _NOT_YET
        except KeyUnusable as unusable:
            reason = str(unusable)
        return throw_away(algorithm, rsa_bits).public_key, reason

    sketch = Sketch(home, plan.mode, now, opened, person)
    for number, step in enumerate(plan.steps, start=1):
        try:
            yield Foreseen(number, step, step.words(), step.draft(sketch))
        except PkiError as fault:
            yield Foreseen(number, step, step.words(), None, str(fault))
