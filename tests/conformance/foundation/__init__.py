"""The OpenID Foundation's own conformance suite, run against our provider (docs/certification.md).

The suite is somebody else's program, built and started as its README says; what is here registers the clients that it
plays, is the person at its browser, and tells what it found.
"""
