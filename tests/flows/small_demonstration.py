"""`./scripts/demo` with a short HR list, for the tests that kill it: `python -m tests.flows.small_demonstration`."""

from functools import partial

from scripts.demonstration import __main__ as demonstration
from scripts.demonstration.setting_up import set_up
from tests.flows.running import SMALL

if __name__ == "__main__":
    demonstration.set_up = partial(set_up, size=SMALL)  # type: ignore[attr-defined]
    demonstration.main()
