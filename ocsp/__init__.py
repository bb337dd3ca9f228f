"""Is this certificate good? RFC 6960 and RFC 9919 answers, live from the ledger's own knowledge.

Reads the ledger and never writes; holds delegated responder keys and never an issuer's.
"""
