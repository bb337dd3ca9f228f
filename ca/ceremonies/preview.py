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
from signers.file import passing_key
from web.home import Home


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
        try:
            signer = open_signer(plan.places.get(name) or uri_of(name))
        except KeyUnusable as unusable:
            return passing_key(algorithm, rsa_bits).public_key, str(unusable)
        return signer.public_key, ""

    sketch = Sketch(home, plan.mode, now, opened, person)
    for number, step in enumerate(plan.steps, start=1):
        try:
            yield Foreseen(number, step, step.words(), step.draft(sketch))
        except PkiError as fault:
            yield Foreseen(number, step, step.words(), None, str(fault))
