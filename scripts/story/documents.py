"""Chapter 6: a decree is signed and validated."""

from pathlib import Path
from typing import Any

from scripts.demonstration.installation import Installation
from scripts.demonstration.journal import require
from scripts.story.scene import Account, Scene
from web.documents import decree


def tell(scene: Scene) -> None:
    """Every step of the chapter holds."""
    journal = scene.journal
    journal.chapter("6 Sign and validate")
    with journal.step("the officer signs a decree in Lao with his own key: PAdES, our time stamp, our OCSP answer"):
        signed = sign(scene, scene.signer, "decree")
        scene.documents["signed"] = signed
    with journal.step("e-Document sends it to validation and shows the verdict"):
        shown = _through_edocument(scene, signed.read_bytes())
        require("ລາຍເຊັນນີ້ຖືກຕ້ອງ" in shown, f"e-Document showed {shown[:400]}")
    with journal.step("VALID, and by whom, in which post, under which decree, at which proven time") as said:
        answer = validate(scene, signed.read_bytes(), "decree")
        require_verdict(answer, "VALID", None)
        who = answer["signatures"][0]
        require(who["signer"]["number"] == scene.signer.number, f"the signer was {who['signer']}")
        require(who["role"]["decree"] and who["time"]["proven"], f"no decree or no time: {who}")
        said.say(f"{who['role']['en']}, {who['organisation']['en']}, decree {who['role']['decree']}")
    with journal.step("changed by one byte: INVALID"):
        target = scene.folder / "changed.pdf"
        changed = change_one_byte(signed, target)
        scene.documents["changed"] = target
        require_verdict(validate(scene, changed, "decree"), "INVALID", "HASH_FAILURE")
    with journal.step("signed by somebody without the mandate: CANNOT TELL, and the answer says so") as said:
        other = sign(scene, scene.clerk, "unmandated")
        scene.documents["unmandated"] = other
        answer = validate(scene, other.read_bytes(), "decree")
        require_verdict(answer, "CANNOT TELL", "SIG_CONSTRAINTS_FAILURE")
        said.say(answer["sentence"]["en"])


def sign(scene: Scene, account: Account, name: str, *options: str) -> Path:
    """A decree signed by this person through the verb `sign`."""
    return signed_decree(scene.installation, account.number, scene.folder / f"{name}.pdf", *options)


def signed_decree(installation: Installation, number: str, source: Path, *options: str) -> Path:
    """A decree written to `source`, and beside it the copy signed by the person of this number. Its path."""
    key = installation.personal(number, "signing")
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(decree_text(installation))
    target = source.with_name(f"{source.stem}-signed.pdf")
    words = ["sign", str(source), "--key", key.uri, "--certificate", str(key.certificate), "--out", str(target)]
    result = installation.verb(*words, *options)
    require(result.exit == 0, f"sign ended with {result.exit}: {result.values}")
    return target


def change_one_byte(signed: Path, target: Path) -> bytes:
    """The signed document with one byte changed, also written to `target`."""
    changed = bytearray(signed.read_bytes())
    changed[changed.index(b"/Producer") + 12] ^= 1
    target.write_bytes(changed)
    return bytes(changed)


def decree_text(installation: Installation) -> bytes:
    """A decree of one page."""
    return decree(
        title="ດຳລັດ ວ່າດ້ວຍການບໍລິການເອເລັກໂຕຣນິກ",
        number="001/PM",
        paragraphs=["ມາດຕາ 1 ທຸກຂະແໜງການ ໃຊ້ລາຍເຊັນເອເລັກໂຕຣນິກ ໃນການຕິດຕໍ່ລະຫວ່າງກັນ."],
        organisation="ຫ້ອງວ່າການສຳນັກງານນາຍົກລັດຖະມົນຕີ",
        created=installation.clock.now(),
    )


def validate(scene: Scene, document: bytes, rule: str | None = None) -> dict[str, Any]:
    """What `POST /v1/validations` answers."""
    answer = scene.installation.web.post(
        f"{scene.installation.home.url('validation')}/v1/validations",
        files={"file": ("decree.pdf", document, "application/pdf")},
        data={"rule": rule} if rule else {},
        timeout=30,
    )
    require(answer.status_code == 200, f"validation answered {answer.status_code}: {answer.text}")
    return dict(answer.json())


def require_verdict(answer: dict[str, Any], verdict: str, sub_indication: str | None) -> None:
    """The answer is that."""
    seen = (answer["verdict"], answer["sub_indication"])
    require(seen == (verdict, sub_indication), f"the verdict was {seen}: {answer['sentence']['en']}")


def _through_edocument(scene: Scene, document: bytes) -> str:
    browser = scene.browser("signer")
    page = browser.open(f"{scene.installation.home.url('edocument')}/")
    form = next(form for form in page.forms if "file" in form.fields)
    return browser.upload(page, form, "file", document).text
