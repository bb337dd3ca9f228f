"""The kinds of steps that a ceremony may have. A new kind is a file beside this one and a line in the table."""

from ca.ceremonies.steps.cross import CrossStep
from ca.ceremonies.steps.destroy_key import DestroyKeyStep
from ca.ceremonies.steps.first_officer import FirstOfficerStep
from ca.ceremonies.steps.import_answer import ImportStep
from ca.ceremonies.steps.issuer import IssuerStep
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.last_words import LastWordsStep
from ca.ceremonies.steps.mode import ModeStep
from ca.ceremonies.steps.request import RequestStep
from ca.ceremonies.steps.rollover import RolloverStep
from ca.ceremonies.steps.root import RootStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.steps.service import ServiceStep
from ca.ceremonies.steps.step import Step

_KINDS = (
    ModeStep,
    KeyStep,
    RootStep,
    IssuerStep,
    ServiceStep,
    CrossStep,
    RequestStep,
    ImportStep,
    RolloverStep,
    RootCrlStep,
    FirstOfficerStep,
    LastWordsStep,
    DestroyKeyStep,
)

KINDS: dict[str, type[Step]] = {kind.kind: kind for kind in _KINDS}
"""By the word that stands in a plan."""
