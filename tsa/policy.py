"""Under which policy time is stamped."""

from ledger.decision import Allow, Decision, Refuse
from pki.der import oid
from pki.oids import PRACTICE_ARC, PRODUCTION_ARC
from pki.timestamp import Failure, TimeStampQuery

_NUMBER = 100
"""The policy's number under the arc: an accuracy of one second, one unit, every token in the ledger."""
ACCURACY_SECONDS = 1


def time_stamp_policy(*, practice: bool) -> str:
    """The dotted OID that tokens carry; practice has one of its own, so that none is taken for real."""
    return f"{PRACTICE_ARC if practice else PRODUCTION_ARC}.{_NUMBER}"


def may_stamp(query: TimeStampQuery, policy: str) -> Decision:
    """Whether `query` asks for no policy, or for the one that is served."""
    if query.policy not in {None, oid(policy)}:
        return Refuse(Failure.UNACCEPTED_POLICY.code)
    return Allow()
