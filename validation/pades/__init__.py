"""PDF signatures (PAdES, ETSI EN 319 142-1): making them with a Signer, reading them into findings.

pyHanko does the work; this room gives it our keys and our status evidence, and no network of its own.
"""
