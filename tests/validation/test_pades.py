from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NameObject, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from tests.validation.authority import SmallAuthority
from validation.pades.coverage import Coverage
from validation.pades.reading import DocumentUnfit


def test_a_signed_document_passes_with_its_proven_time(small: SmallAuthority, signed: bytes) -> None:
    (finding,) = small.read(signed)

    assert (finding.indication, finding.sub_indication) == ("TOTAL-PASSED", None)
    assert finding.time == finding.not_before == small.clock.now()
    assert (finding.covers, finding.level) == (Coverage.WHOLE_FILE, "LT")
    assert finding.certificate == small.der("signer")


def test_one_octet_changed_in_the_content_fails(small: SmallAuthority, signed: bytes) -> None:
    at = signed.index(b"/Producer") + 12
    changed = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]

    (finding,) = small.read(changed)

    assert (finding.indication, finding.sub_indication) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_a_stamp_that_does_not_prove_itself_proves_no_time(small: SmallAuthority, document: bytes) -> None:
    signed = small.sign(document, embed_status=False)
    small.revoke("stamps")
    small.clock.turn(seconds=10)

    (finding,) = small.read(signed)

    assert finding.indication == "INDETERMINATE"
    assert (finding.time, finding.level) == (None, "B")


def test_an_octet_appended_after_the_end_fails(small: SmallAuthority, signed: bytes) -> None:
    (finding,) = small.read(signed + b"x")

    assert (finding.indication, finding.covers) == ("TOTAL-FAILED", Coverage.CHANGED_LATER)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_single_flipped_bit_passes(small: SmallAuthority, signed: bytes, place: float, bit: int) -> None:
    at = int(place * len(signed))
    changed = signed[:at] + bytes([signed[at] ^ 1 << bit]) + signed[at + 1 :]

    try:
        indications = {finding.indication for finding in small.read(changed)}
    except DocumentUnfit:
        indications = set()

    assert "TOTAL-PASSED" not in indications


def test_signed_before_a_revocation_it_stays_good(small: SmallAuthority, signed: bytes) -> None:
    small.clock.turn(seconds=10)
    small.revoke("signer")
    small.clock.turn(seconds=10)

    (finding,) = small.read(signed)

    assert finding.indication == "TOTAL-PASSED"


def test_signed_after_a_revocation_it_fails(small: SmallAuthority, document: bytes) -> None:
    small.revoke("signer")
    small.clock.turn(seconds=10)

    (finding,) = small.read(small.sign(document, embed_status=False))

    assert (finding.indication, finding.sub_indication) == ("TOTAL-FAILED", "REVOKED")


def test_without_content_time_stamp_nobody_can_tell(small: SmallAuthority, document: bytes) -> None:
    small.revoke("signer")
    small.clock.turn(seconds=10)

    (finding,) = small.read(small.sign(document, embed_status=False, content_time_stamp=False))

    assert (finding.indication, finding.sub_indication) == ("INDETERMINATE", "REVOKED_NO_POE")


def test_a_sign_in_key_does_not_sign_documents(small: SmallAuthority, document: bytes) -> None:
    (finding,) = small.read(small.sign(document, who="login", embed_status=False))

    assert finding.indication == "INDETERMINATE"


def test_with_no_responder_and_no_evidence_nobody_can_tell(small: SmallAuthority, document: bytes) -> None:
    signed = small.sign(document, embed_status=False)
    small.answering = False

    (finding,) = small.read(signed)

    assert finding.indication == "INDETERMINATE"


def test_with_no_responder_the_evidence_inside_is_enough(small: SmallAuthority, signed: bytes) -> None:
    small.answering = False

    (finding,) = small.read(signed)

    assert finding.indication == "TOTAL-PASSED"


def test_a_certificate_that_the_ledger_never_saw_fails(small: SmallAuthority, signed: bytes) -> None:
    small.certificates.pop("signer")

    (finding,) = small.read(signed)

    assert (finding.indication, finding.sub_indication) == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")


def test_an_address_in_a_certificate_that_is_not_ours_is_never_asked(small: SmallAuthority, signed: bytes) -> None:
    small.certificates.pop("signer")
    small.asked.clear()

    small.read(signed)

    assert small.serial_numbers_asked() <= {one.serial_number for one in small.certificates.values()}


@pytest.mark.parametrize(
    ("octets", "code"),
    [(b"GIF89a", "document.not-pdf"), (b"%PDF-1.7\ngarbage", "document.malformed"), (b"", "document.not-pdf")],
)
def test_what_is_no_pdf_is_unfit(small: SmallAuthority, octets: bytes, code: str) -> None:
    with pytest.raises(DocumentUnfit) as unfit:
        small.read(octets)

    assert unfit.value.code == code


def test_a_document_without_signature_is_unfit(small: SmallAuthority, document: bytes) -> None:
    with pytest.raises(DocumentUnfit) as unfit:
        small.read(document)

    assert unfit.value.code == "document.unsigned"


def test_an_encrypted_document_is_unfit(small: SmallAuthority, document: bytes) -> None:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(document)))
    writer.encrypt(owner_pass="secret", user_pass="secret")  # type: ignore[no-untyped-call]
    locked = BytesIO()
    writer.write(locked)  # type: ignore[no-untyped-call]

    with pytest.raises(DocumentUnfit) as unfit:
        small.read(locked.getvalue())

    assert unfit.value.code == "document.encrypted"


def with_field(document: bytes, box: tuple[int, int, int, int]) -> bytes:
    """The document with one more signature field in a later revision, unsigned."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    append_signature_field(writer, SigFieldSpec("Later", box=box, on_page=0))
    grown = BytesIO()
    writer.write(grown)  # type: ignore[no-untyped-call]
    return grown.getvalue()


def test_a_field_laid_over_the_page_after_signing_fails(small: SmallAuthority, signed: bytes) -> None:
    (finding,) = small.read(with_field(signed, (0, 0, 600, 800)))

    assert (finding.indication, finding.covers) == ("TOTAL-FAILED", Coverage.CHANGED_LATER)


def test_a_field_that_shows_nothing_may_come_later(small: SmallAuthority, signed: bytes) -> None:
    (finding,) = small.read(with_field(signed, (0, 0, 0, 0)))

    assert (finding.indication, finding.covers) == ("TOTAL-PASSED", Coverage.EARLIER_REVISION)


def with_form(document: bytes, amount: str) -> bytes:
    """The document with a form of one text field, which says `amount`."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    values = {"/FT": NameObject("/Tx"), "/T": pdf_string("amount"), "/V": pdf_string(amount)}
    form = {"/Fields": ArrayObject([writer.add_object(DictionaryObject(named(values)))])}  # type: ignore[no-untyped-call]
    writer.root[NameObject("/AcroForm")] = DictionaryObject(named(form))  # type: ignore[no-untyped-call]
    return written(writer, writer.root_ref)


def filled_in(document: bytes, amount: str) -> bytes:
    """The document whose first field says `amount` in a later revision."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    field = writer.root["/AcroForm"]["/Fields"].raw_get(0)
    field.get_object()[NameObject("/V")] = pdf_string(amount)
    return written(writer, field.reference)


def named(values: dict[str, Any]) -> dict[Any, Any]:
    return {NameObject(name): value for name, value in values.items()}


def written(writer: IncrementalPdfFileWriter, changed: Any) -> bytes:
    writer.mark_update(changed)
    grown = BytesIO()
    writer.write(grown)  # type: ignore[no-untyped-call]
    return grown.getvalue()


def test_a_form_filled_in_after_signing_fails(small: SmallAuthority, document: bytes) -> None:
    signed = small.sign(with_form(document, "10"))

    (finding,) = small.read(filled_in(signed, "1000000"))

    assert (finding.indication, finding.covers) == ("TOTAL-FAILED", Coverage.CHANGED_LATER)
