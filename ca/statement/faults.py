"""What keeps a process from starting; apart, so that who only names it loads nothing else."""

from collections.abc import Sequence


class StatementDisagrees(Exception):
    """What is in force is not what was published; `faults` has one sentence for each number, with what to do."""

    code = "statement.disagrees"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
