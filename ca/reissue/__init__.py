"""The day the keys are broken: who is affected, in which order, who was told, who is done.

A campaign asks, tells and counts. What replaces a certificate is an ordinary request that follows it, and what ends the
old one is the signing room, which believes no campaign that two persons did not agree on.
"""
