"""The OpenID provider: officers and citizens sign in once, and services learn who they are.

What must never be here: a flag that says "this step was passed". There are proofs, and policy over proofs.
"""
