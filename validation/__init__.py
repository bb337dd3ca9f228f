"""Answers to services: whether a signature was good, by whom, in which office, then.

What must never be here: a private key (signing a document is done by `pades.making` with a Signer that the
caller opened), and an answer that is better than its evidence.
"""
