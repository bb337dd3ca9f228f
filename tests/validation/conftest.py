import pytest
from fpdf import FPDF

from tests.doubles import TurnedClock
from tests.validation.authority import SmallAuthority


@pytest.fixture(scope="session")
def document() -> bytes:
    """A PDF without signature."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica")
    pdf.cell(text="Decree 1/MTC")
    return bytes(pdf.output())


@pytest.fixture
def small(clock: TurnedClock) -> SmallAuthority:
    return SmallAuthority(clock)


@pytest.fixture
def signed(small: SmallAuthority, document: bytes) -> bytes:
    """The document under the signer's key, with content time stamp and status evidence."""
    return small.sign(document)
