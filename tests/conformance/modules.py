"""How a test says which module of the OpenID Foundation's plans it is, and what has to be announced for it."""

import pytest

OURS, PEER = "laotrust", "oidc-provider"


def module(name: str, *needs: str, **departs: str) -> pytest.MarkDecorator:
    """The test is the module of this name.

    It is skipped where discovery lacks one of `needs` (`member`, or `member:value`). `ours` and `peer` give the
    reason for which that provider is known to fail it (`ours_message_signing`: by that plan alone); once it passes,
    that is noticed.
    """
    return pytest.mark.module(name, *needs, **departs)
