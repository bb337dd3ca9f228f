"""How CMP says why not (PKIFailureInfo, RFC 9810 clause 5.2.3): a bit for programs, our code as its words."""

from pki.cmp.answer import Failure

_FAILURES = {
    "enrolment.request-malformed": Failure.BAD_DATA_FORMAT,
    "enrolment.proof-of-possession": Failure.BAD_POP,
    "enrolment.key-weak": Failure.BAD_CERT_TEMPLATE,
    "enrolment.asks-for-more": Failure.BAD_CERT_TEMPLATE,
    "machine.name-outside-zone": Failure.BAD_CERT_TEMPLATE,
    "enrolment.name-outside-zone": Failure.BAD_CERT_TEMPLATE,
    "enrolment.names-missing": Failure.BAD_CERT_TEMPLATE,
    "enrolment.names-too-many": Failure.BAD_CERT_TEMPLATE,
    "enrolment.host-label": Failure.BAD_CERT_TEMPLATE,
    "enrolment.name-unfit": Failure.BAD_CERT_TEMPLATE,
    "enrolment.key-not-for-profile": Failure.BAD_CERT_TEMPLATE,
    "enrolment.key-used": Failure.BAD_CERT_TEMPLATE,
    "enrolment.lint": Failure.BAD_CERT_TEMPLATE,
    "machine.other-names": Failure.BAD_CERT_TEMPLATE,
    "machine.transaction-used": Failure.TRANSACTION_ID_IN_USE,
    "machine.proof-stale": Failure.BAD_TIME,
    "machine.proof-wrong": Failure.BAD_MESSAGE_CHECK,
    "machine.secret-unknown": Failure.BAD_MESSAGE_CHECK,
    "machine.certificate-unknown": Failure.SIGNER_NOT_TRUSTED,
    "machine.certificate-ended": Failure.SIGNER_NOT_TRUSTED,
    "machine.no-doors": Failure.SYSTEM_UNAVAIL,
}
"""Of a refusal that is not here it is said that it is not authorised."""


class Denied(Exception):
    """Ends a message with an error."""

    def __init__(self, failure: Failure, words: str) -> None:
        super().__init__(words)
        self.failure, self.words = failure, words


def failure_of(code: str) -> Failure:
    """The bit for a refusal of this code."""
    return _FAILURES.get(code, Failure.NOT_AUTHORIZED)


def refused(code: str) -> Denied:
    """What ends a message that was refused with this code."""
    return Denied(failure_of(code), code)
