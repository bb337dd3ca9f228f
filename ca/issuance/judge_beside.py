"""The second judge in a process of his own: he looks at the bytes while the intent is being committed and sealed."""

import logging
import signal
from multiprocessing.connection import Connection

from ca.issuance.beside import Beside, answer_on
from ca.issuance.second_judge import Finding, Found, findings, here, warm

PATIENCE = 10.0
"""Seconds that the room waits for him; a certificate takes some hundredths of one."""
AHEAD = 8
"""Certificates that lie before him at most: at what is shown to him then the room looks itself."""
_log = logging.getLogger(__name__)


class JudgeBeside(Beside):
    """A `Judge`. What he does not tell, the room finds itself."""

    def __init__(self) -> None:
        super().__init__("judge", _serve)
        self._shown = 0
        self._heard_of = 0
        """Questions are numbered: an answer that nobody waited for is never taken for another."""
        self._told: dict[int, list[Finding]] = {}

    def __call__(self, der: bytes) -> Found:
        """He begins to look at the certificate, if he is up and has not many before him."""
        if self._shown - self._heard_of >= AHEAD or not self._sent((self._shown + 1, der)):
            return here(der)
        self._shown += 1
        number = self._shown
        return lambda: self._found(number, der)

    def _found(self, number: int, der: bytes) -> list[Finding]:
        try:
            while not self._gone and self._heard_of < number:
                self._heard_of, found = self._heard(PATIENCE)
                self._told[self._heard_of] = found
        except Exception as fault:  # noqa: BLE001 - whatever he says must not stop the room
            _log.warning("the second judge is gone: %r", fault)
            self._end()
        found = self._told.pop(number, None)
        self._told = {later: told for later, told in self._told.items() if later > number}
        return findings(der) if found is None else found


def _serve(line: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the room says when it is over
    warm()
    answer_on(line, _looked_at)


def _looked_at(question: tuple[int, bytes]) -> tuple[int, list[Finding] | None]:
    number, der = question
    try:
        return number, findings(der)
    except Exception:  # noqa: BLE001 - whatever it is, the room meets it when it looks itself
        return number, None
