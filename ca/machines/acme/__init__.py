"""ACME (RFC 8555, RFC 8737, RFC 9773): clients get certificates for hosts by themselves, under an allowance.

Whoever listens records what clients signed, and never whether a challenge was met: the process `validate`, which
listens to nothing, looks that up and records what it saw. The signing room reads both, verifies the clients'
signatures again (`proof`) and goes by the rules of every machine's request. What must never be here: a look-up from
a use case that a route calls.
"""
