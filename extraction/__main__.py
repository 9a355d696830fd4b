"""Commands: begin a record, check the records, verify their fragments, list a text's numbers, compare two
people's records, recover data from printed numbers, say which searches are due, write the schemas.
"""

import os

# before numpy: the matrices here are small, and threads only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from extraction.commands.parser import (
    Commands,
    Parser,
    answer,
    ending_the_process,
    folder,
    print_json,
    tell_files,
)
from extraction.whole import write_whole

with ending_the_process():
    from extraction import new
    from extraction.checks import Checked, Finding, check
    from extraction.commands import recover, screen, search
    from extraction.dictionary import json_schemas
    from extraction.interop import command as interop
    from extraction.living import reminder
    from extraction.reading import command as reading
    from extraction.records import ROOT, BadRecords, Problem, Review, load
    from extraction.search import screened
    from extraction.search.log import disagreements
    from extraction.start import command as start
    from extraction.twice import command as twice
    from extraction.verify import Fragment, Verification, verify


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code, as `answer` gives it."""
    parser = Parser(prog="python -m extraction", description="Records of printed numbers, and their checks.")
    add_commands(Commands(parser))
    return answer(parser, arguments)


def add_commands(commands: Commands) -> None:
    """Declare what leads from papers to records."""
    add = commands.add_parser
    add("new", new.run, "begin the record of a study, and its row in the register", new.declare, root=ROOT)
    add("check", check_records, "validate register and records", root=ROOT)
    add("start", start.run, "begin a review of another question in a new folder", start.declare)
    add("import", interop.run, "drafts of records from RevMan, metafor, Covidence or robvis", interop.declare)
    add("verify", verify_fragments, "look up each fragment in the papers' texts", _add_texts, root=ROOT)
    add(
        "read",
        reading.run,
        "every number of a paper's text, and whether it is recorded",
        reading.declare,
        root=ROOT,
        extra="pdf",
    )
    add("compare", twice.run, "do two people's records of a study agree?", twice.declare)
    add("recover", recover.run, "what data could have printed these numbers?", recover.declare)
    add(
        "search",
        search.run,
        "from what databases export to candidates",
        search.declare,
        root=ROOT,
        extra="search",
    )
    add(
        "screen",
        screen.run,
        "decide on candidates, one at a time",
        screen.declare,
        root=ROOT,
        left="what was decided is kept",
        extra="search",
    )
    add("due", say_due, "which searches are due, with their strategies", root=ROOT)
    add("schema", write_schemas, "write the JSON Schemas for editors")


def _add_texts(parser: Parser) -> None:
    parser.add_argument("texts", metavar="DIR", type=folder, help="folder of the texts")


def check_records(given: argparse.Namespace) -> int:
    """Print every problem and finding; 1 if any is an error."""
    review = None
    try:
        review = load(given.root)
        checked = check(review)
        checked = checked._replace(problems=[*checked.problems, *disagreements(review, given.root)])
    except BadRecords as error:
        checked = Checked(error.problems, [])
    if given.json:
        print_json(
            {
                "findings": [finding.as_dict() for finding in checked.findings],
                "problems": [problem.as_dict() for problem in checked.problems],
                "studies": _studies(review, checked),
            }
        )
    else:
        _show(review, checked)
    return 1 if checked.errors else 0


def _studies(review: Review | None, checked: Checked) -> dict[str, dict]:
    """Per study: its decision, its entries by kind, and its verdicts."""
    if review is None:
        return {}
    verdicts = Counter((f.study, _class(f)) for f in checked.findings)
    problems = Counter(p.study for p in checked.problems)
    return {
        study.id: {
            "decision": study.decision,
            "entries": (
                dict(Counter(e.kind for e in review.records[study.id].entries))
                if study.id in review.records
                else {}
            ),
            "verdicts": {name: n for (of, name), n in verdicts.items() if of == study.id},
            "problems": problems[study.id],
        }
        for study in review.register.studies
    }


def _class(finding: Finding) -> str:
    """Its verdict; of one that differs, how gravely."""
    if finding.severity == "error" and finding.acknowledged:
        return "acknowledged"
    return finding.severity or finding.verdict


VERDICTS = {
    "agrees": "agrees",
    "last_digit": "off in the last digit",
    "other_test": "right only by another test",
    "acknowledged": "contradiction acknowledged",
    "cannot_be_checked": "cannot be checked",
    "error": "error",
}


def _show(review: Review | None, checked: Checked) -> None:
    console = Console()
    if review:
        studies = _studies(review, checked)
        if recorded := {study: row for study, row in studies.items() if row["entries"]}:
            console.print(_table(recorded))
        else:
            _say(console, "No printed number is recorded yet.")
        without = ", ".join(
            f"{study} ({row['decision']})" for study, row in studies.items() if not row["entries"]
        )
        _say(console, f"Without a record: {without or 'none'}.")
    for title, severity in (
        ("Contradictions acknowledged", "acknowledged"),
        ("Off by one in the last digit", "last_digit"),
        ("Right only by a test that is not named", "other_test"),
    ):
        _list(console, title, [f for f in checked.findings if _class(f) == severity])
    _list(console, "Errors", checked.errors)
    _say(console, f"\n{_count(len(checked.errors), 'error')}.")


SIDE_BY_SIDE = 8
"""Studies with a column each; of more each has a row, without its entries by kind and what none has."""


def _table(studies: dict[str, dict]) -> Table:
    """Entries by kind, then verdicts, of each study with a record."""
    few = len(studies) <= SIDE_BY_SIDE
    kinds = dict.fromkeys(kind for row in studies.values() for kind in row["entries"]) if few else ()
    lines = [["", *(study + (f"\n{row['decision']}" if few else "") for study, row in studies.items())]]
    lines += [[kind, *(str(row["entries"].get(kind, "")) for row in studies.values())] for kind in kinds]
    lines += [["entries", *(str(sum(row["entries"].values())) for row in studies.values())]]
    lines += [
        [heading, *(str(row["verdicts"].get(verdict, "")) for row in studies.values())]
        for verdict, heading in VERDICTS.items()
    ]
    lines += [["problem of the record", *(str(row["problems"] or "") for row in studies.values())]]
    table = Table(title="Printed numbers")
    headings, *rows = lines if few else zip(*(line for line in lines if any(line[1:])), strict=True)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left", no_wrap=not (few or i))
    for row in rows:
        table.add_row(*row, style="bold" if row[0] == "entries" else None, end_section=row[0] == "entries")
    return table


def verify_fragments(given: argparse.Namespace) -> int:
    """Print which fragments do not stand in their text; 1 if any, or if none could be confirmed."""
    try:
        result, problems = verify(load(given.root), given.texts), []
    except BadRecords as error:
        result, problems = Verification(0, [], []), error.problems
    if given.json:
        print_json(
            {
                "confirmed": result.confirmed,
                "missing": [fragment.as_dict() for fragment in result.missing],
                "unchecked": [fragment.as_dict() for fragment in result.unchecked],
                "problems": [problem.as_dict() for problem in problems],
            }
        )
    else:
        _show_verification(result, problems)
    return 1 if problems or result.missing or not result.confirmed else 0


def _show_verification(result: Verification, problems: list[Problem]) -> None:
    console = Console()
    _list(console, "Errors", problems)
    _list(console, "No text at hand to look these up in", result.unchecked)
    _list(console, "These do not stand in their text", result.missing)
    _say(
        console,
        f"{_count(result.confirmed, 'fragment')} confirmed, {len(result.missing)} missing, "
        f"{len(result.unchecked)} without a text.",
    )


def _list(console: Console, title: str, items: Sequence[Problem | Finding | Fragment]) -> None:
    if items:
        _say(console, f"\n{title} ({len(items)})")
        for item in items:
            _say(console, f"  {item}")


def _say(console: Console, line: str) -> None:
    """One line as it is: unwrapped, so that file and line stay together."""
    console.print(line, soft_wrap=True, markup=False, highlight=False)


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}" + ("" if n == 1 else "s")


def say_due(given: argparse.Namespace) -> int:
    """Print the searches that are due today, as Markdown or for machines, and how many candidates wait."""
    living = load(given.root).living
    if living is None:
        raise FileNotFoundError(f"there is no {given.root / 'living.yml'}")
    today, found = date.today(), screened.read(given.root)
    waiting = len(found.waiting()) if found else 0
    if given.json:
        due = [
            place.model_dump(mode="json") | {"last": last and last.model_dump(mode="json")}
            for place in living.due(today)
            for last in (living.last(place.id),)
        ]
        print_json({"date": today, "due": due, "to_screen": waiting})
        return 0
    print(reminder(living, today), end="")
    if waiting:
        print(f"\n{_count(waiting, 'candidate')} to screen: `python -m extraction screen --by NAME`.")
    return 0


def write_schemas(given: argparse.Namespace) -> int:
    """Write the JSON Schemas whole or not at all."""
    schemas = {ROOT / name: text for name, text in json_schemas().items()}
    for path, text in schemas.items():
        write_whole(path, text)
    tell_files(given, schemas)
    return 0


if __name__ == "__main__":
    sys.exit(main())
