"""`./scripts/bench [NAME …]`: runs the benchmarks, prints a table, writes var/bench.json."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.result import Result

BENCHMARKS = ("ledger", "ocsp", "ocsp_start", "ocsp_mirror", "bulk", "enrolment", "approval", "crl", "search", "idp")
"""A new benchmark is a module with `run() -> list[Result]` and a word here."""
GROUPS = {"issuance": ("bulk", "enrolment", "approval", "crl", "search")}
"""Words that stand for several."""


def main(words: list[str]) -> int:
    """Runs the named benchmarks, or all. Returns the exit code."""
    parser = ArgumentParser(prog="./scripts/bench", description="Runs the benchmarks, each beside its peer.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--certificates", type=int, help="how many `bulk` issues: 88300 is all of them")
    parser.add_argument("--rounds", type=int, help="how many rounds of `idp` count, a minute each: 3")
    chosen_words = parser.parse_args(words)
    names = chosen_words.names
    given = {"bulk": {"certificates": chosen_words.certificates}, "idp": {"rounds": chosen_words.rounds}}
    wanted = {name: arguments for name, arguments in given.items() if None not in arguments.values()}
    unknown = set(names) - {*BENCHMARKS, *GROUPS}
    if unknown:
        there = ", ".join((*BENCHMARKS, *GROUPS))
        Console(stderr=True).print(f"unknown: {', '.join(sorted(unknown))}; there are {there}")
        return 2
    chosen = [one for name in names or BENCHMARKS for one in GROUPS.get(name, (name,))]
    results = [result for name in chosen for result in _run(name, wanted)]
    Console().print(_table(results))
    target = Path("var/bench.json")
    target.parent.mkdir(exist_ok=True)
    told = [{**asdict(result), "met": result.met} for result in results]
    target.write_text(json.dumps(told, indent=2) + "\n")
    return 0


def _run(name: str, wanted: Mapping[str, Mapping[str, int]]) -> list[Result]:
    results: list[Result] = import_module(f"benchmarks.{name}").run(**wanted.get(name, {}))
    return results


def _table(results: list[Result]) -> Table:
    table = Table("what", "ours", "unit", "peer", "ratio", "goal", "")
    for one in results:
        ratio = f"{one.ratio:.2f}" if one.ratio is not None else "–"
        goal = str(one.goal) if one.goal is not None else "–"
        table.add_row(one.name, f"{one.value:,.1f}", one.unit, one.peer or "–", ratio, goal, _MET[one.met])
    return table


_MET = {True: "met", False: "missed", None: ""}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
