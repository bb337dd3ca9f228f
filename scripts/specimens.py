"""What the verbs of profiles and changes share: how a specimen is made here, shown, and compared with that of today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ssl import DER_cert_to_PEM_cert
from typing import Any

from ca.configuration import Configuration
from ca.governance.plan import Plan
from ca.governance.provenance import verified
from ca.issuance.comparison import Comparison, comparisons
from ca.issuance.specimen import Circumstances, Specimen
from pki.certificate import parse_certificate
from pki.description import described
from scripts.cli import Run
from signers.file import throw_away
from web.home import HomeUnfit, Mode
from web.words import WORDS

_WITHOUT_HOME = "http://127.0.0.1:8440"


def circumstances(run: Run, configuration: Configuration) -> Circumstances:
    """Those of this home; of practice where there is none yet."""
    try:
        practice = run.home.mode() is Mode.PRACTICE
    except HomeUnfit:
        practice = True
    url = run.home.url("ca") if (run.home.path / "base-port").exists() else _WITHOUT_HOME
    return Circumstances(configuration, practice, url, run.clock.now(), run.randomness, throw_away)


def values_of(one: Specimen) -> dict[str, Any]:
    """A specimen for programs, with what both judges find."""
    fields = [list(field) for field in described(parse_certificate(one.der))]
    return {"profile": one.profile.name, "fields": fields, **_judged(one), "pem": DER_cert_to_PEM_cert(one.der)}


def lines_of(one: Specimen) -> list[str]:
    """The same for people."""
    fields = described(parse_certificate(one.der))
    widest = max(len(name) for name, _ in fields)
    lines = [f"{name:<{widest}}  {text}" for name, text in fields]
    for judge, found in _judged(one).items():
        lines += [f"{judge}: nothing found"] if not found else [f"{judge}: {sentence}" for sentence in found]
    return lines


def _judged(one: Specimen) -> dict[str, list[str]]:
    return {"lint": [str(found) for found in one.broken], "pkilint": [str(found) for found in one.objections]}


@dataclass(frozen=True)
class Certificates:
    """What a change does to the certificates of each profile that it touches."""

    compared: Sequence[Comparison]

    @cached_property
    def faults(self) -> list[str]:
        """What our own lint finds: such a change is refused, for nothing could be issued after it."""
        return [f"{one.after.profile.name}: {found}" for one in self.compared for found in one.after.broken]

    @property
    def values(self) -> list[Mapping[str, Any]]:
        """For programs."""
        return [{**values_of(one.after), "difference": one.difference} for one in self.compared]

    @property
    def lines(self) -> list[str]:
        """For people: the difference to today first, then the whole certificate with the findings."""
        return [f"  {line}" for one in self.compared for line in _told(one)]


def certificates_of(run: Run, plan: Plan) -> Certificates:
    """Those of a change that was not applied yet, against the numbers in force; none if it is about something else."""
    new = plan.configuration
    if new is None:
        return Certificates(())
    with run.ledger.read() as session:
        old = verified(session)
    return Certificates(comparisons(circumstances(run, old), new))


def _told(one: Comparison) -> list[str]:
    heading = [sentence.format(profile=one.after.profile.name) for sentence in WORDS["change.specimen"]]
    difference = [f"  {name}: {before} → {after}" for name, (before, after) in one.difference.items()]
    same = [f"  {sentence}" for sentence in WORDS["change.specimen-same"]]
    return [*heading, *(difference or same), *(f"    {line}" for line in lines_of(one.after))]
