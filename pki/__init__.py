"""Facts to signed bytes, and signed bytes to facts; pure.

Nothing here knows a framework, a database, a clock or a source of randomness: the moment and the random
octets are arguments, and a key is only ever seen through the three members of `pki.signing.Signer`.
"""
