"""`revocation-code`: prints the slip with the code that revokes a person's certificates."""

from pathlib import Path

import click

from ca.endings.paper import Slip, draw, issue
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from web.documents import Section, report
from web.home import Mode

_LAO_DIGITS = str.maketrans("0123456789", "໐໑໒໓໔໕໖໗໘໙")


@verb("ca", example="python -m scripts revocation-code 10000017 --out slip.pdf --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PDF to be printed.")
@click.argument("person")
def revocation_code(run: Run, *, person: str, out: Path, number: str, key: str) -> Outcome | Refuse:
    """Prints a slip: whoever has its code revokes, once, what the person has now. The code is in the PDF alone."""
    officer, drawn = run.acting(number, key), draw(run.ledger, person)
    if isinstance(drawn, Refuse):
        return drawn
    slip = issue(run.ledger, drawn, officer.sign(drawn.act(run.clock.now())))
    if isinstance(slip, Refuse):
        return slip
    out.touch(mode=0o600)
    out.write_bytes(printed(run, person, slip))
    values = {"code": slip.code_id, "serial_numbers": slip.serial_numbers, "slip": str(out), "entry": slip.entry_id}
    line = f"The slip for {len(slip.serial_numbers)} certificates is in {out}: print it, then delete it."
    return Outcome(values, [line])


def printed(run: Run, person: str, slip: Slip) -> bytes:
    """The slip as PDF."""
    home = run.home
    sections = [
        Section("ລະຫັດ / Code", [("ເລກລາວ", slip.grouped.translate(_LAO_DIGITS)), ("Digits", slip.grouped)]),
        Section(
            "ຍົກເລີກຫຍັງ / What it revokes",
            [("ເລກບຸກຄົນ / Person", person), *(("ເລກທີ / Serial", serial) for serial in slip.serial_numbers)],
        ),
        Section("ໃຊ້ຢູ່ໃສ / Where to use it", [("ໜ້າເວັບ / Page", f"{home.url('ca')}/report")]),
    ]
    sentence = "ເກັບໃບນີ້ໄວ້ບ່ອນປອດໄພ ຢ່າເກັບນຳບັດ. ໃຜມີລະຫັດນີ້ ຍົກເລີກໃບຢັ້ງຢືນໄດ້ເທື່ອດຽວ. / Keep it safe, apart from the card."
    title = "ລະຫັດຍົກເລີກໃບຢັ້ງຢືນ / Revocation code"
    return report(title, sentence, sections, created=run.clock.now(), practice=home.mode() is Mode.PRACTICE)
