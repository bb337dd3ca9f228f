"""The audit house: checkpoints and proofs, for everybody who wants to hold us to our log.

What must never be here: a key, or the text of an entry for one who may not read it.
"""
