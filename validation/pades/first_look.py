"""A first look at a document in a process of its own, bounded in time and memory.

A few hundred octets can claim a thousand million objects, and the reader believes them. What breaks the first
look breaks nothing else; what survives it is cheap enough to be read by the process that answers.
"""

import multiprocessing
import os
import resource
from io import BytesIO
from threading import BoundedSemaphore

from pyhanko.pdf_utils.reader import PdfFileReader

from validation.pades.coverage import coverage_of
from validation.pades.reading import MOST_SIGNATURES, embedded_certificates, stored_answers

PROCESSOR_SECONDS, WALL_SECONDS, OCTETS = 3, 10, 1024 * 1024 * 1024
"""What one look may use up."""
_AT_A_TIME = BoundedSemaphore(os.cpu_count() or 1)
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def is_affordable(document: bytes) -> bool:
    """Whether the document can be read within the bounds; whether it is any good is not asked."""
    with _AT_A_TIME:
        look = _PROCESSES.Process(target=_look, args=(document,), daemon=True)
        try:
            look.start()
        except BrokenPipeError:  # It ended before it had read the whole document.
            return False
        look.join(WALL_SECONDS)
        if look.is_alive():
            look.kill()
            look.join()
    return look.exitcode == 0


def _look(document: bytes) -> None:
    """Everything that `validation.pades.reading` will do with the structure. Ends the process when it is too much."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (OCTETS, OCTETS))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    try:
        reader = PdfFileReader(BytesIO(document))
        for signature in reader.embedded_regular_signatures[: MOST_SIGNATURES + 1]:
            coverage_of(signature)
            signature.compute_digest()
            list(embedded_certificates(signature.signed_data))
        stored_answers(reader)
    except MemoryError:
        os._exit(1)
    except Exception:  # noqa: BLE001 - a fault of the document is judged by whoever answers
        return
