"""`verify FILE`: the signatures of a PDF, offline, by the evidence inside it and the home's issuers."""

from pathlib import Path

import click

from ledger.decision import Refuse
from scripts.cli import Exit, Outcome, Run, verb
from scripts.http import nobody
from scripts.sign import der_of, issuers_in
from validation.pades.reading import Authority, DocumentUnfit, read_signatures
from validation.verdict import VERDICTS


@verb("verify", example="python -m scripts verify decree-signed.pdf")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def verify(run: Run, file: Path) -> Outcome | Refuse:
    """Judge a signed PDF without any line: exit 0 only if every signature is good."""
    issuers = issuers_in(run)
    authority = Authority([der_of(run.home.certificate("root"))], issuers, lambda _digest: True)
    try:
        findings = read_signatures(file.read_bytes(), authority, nobody, run.clock.now())
    except DocumentUnfit as unfit:
        return Refuse(unfit.code)
    signatures = [
        {
            "verdict": VERDICTS[finding.indication],
            "sub_indication": finding.sub_indication,
            "time": finding.time,
            "covers": finding.covers.value,
        }
        for finding in findings
    ]
    good = all(finding.indication == "TOTAL-PASSED" for finding in findings)
    lines = [f"{one['verdict']} {one['sub_indication'] or ''} {one['time'] or ''}".strip() for one in signatures]
    return Outcome({"good": good, "signatures": signatures}, lines, Exit.DONE if good else Exit.REFUSED)
