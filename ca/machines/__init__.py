"""What machines ask for by themselves, under what people allowed in advance.

Every protocol ends in `requests.take_up`: the same Enrolment, the same policy, the same signing room and audit. Nothing
here believes a process that listens: an allowance is a change that two officers agreed on, the organisation's officer
and the responsible person signed for it, and the signing room verifies all of it again, with the protocol's own proof.
"""
