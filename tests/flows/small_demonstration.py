"""`./scripts/demo` with a short HR list, for the tests that kill it: `python -m tests.flows.small_demonstration`."""

from functools import partial

from scripts.demonstration import __main__ as demonstration
from tests.flows.running import SMALL

if __name__ == "__main__":
    demonstration.set_up = partial(demonstration.set_up, size=SMALL)
    demonstration.main()
