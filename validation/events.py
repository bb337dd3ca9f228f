"""What happens in the validation house."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class DocumentValidated(Event):
    """A document was judged; `signers` are the ids of the persons whose certificates signed it."""

    kind: ClassVar[str] = "validation.answered"
    document: Digest
    indication: Code
    sub_indication: Code | None
    rule: Code | None
    signers: tuple[Id, ...]


EVENTS = (DocumentValidated,)
