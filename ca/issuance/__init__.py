"""From an approved request to a certificate: honour, compose, lint, intend, seal, sign, compare, certify.

The signing room's code: it believes only what it can verify, and nothing here listens to anybody.
"""
