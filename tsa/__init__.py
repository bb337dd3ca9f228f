"""Time stamps: RFC 3161 tokens, each with an entry in the ledger that was committed before the token left.

Never here: what was stamped (only its hash comes), and a token whose entry could not be written.
"""
