"""Grants: what a session gave a client. The grant is the spine: code, access and refresh tokens die with it.

A new grant type is a file here and a line in `idp/routes/token.py`.
"""
