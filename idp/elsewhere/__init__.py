"""Requests from where the person is not: a device without a keyboard (RFC 8628), a service that asks for him (CIBA).

What is asked for elsewhere is answered here, on a page of ours, by somebody who is signed in and reads who asks.
Whoever began it polls, and gets a session of its own: it ends by itself, and the person's browser is not touched.
"""
