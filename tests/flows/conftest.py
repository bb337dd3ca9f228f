"""What the walks and faults share."""

from tests.flows.running import running

__all__ = ["running"]
