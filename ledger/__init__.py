"""The one audited database. Nothing is updated: every change is a fact that hangs on an audit entry.

What must never be here: a private key, a web framework, a word for people.
"""
