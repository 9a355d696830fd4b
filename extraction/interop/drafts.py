"""Drafts of records from tables of other programs: RevMan Web and RevMan 5, metafor and meta, Covidence,
robvis.

Such a table holds numbers, not where and how a paper prints them: that is left to fill in, and `check`
refuses a draft until it is.  What has no place in a record is named.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extraction.bias import Tool
from extraction.interop.columns import STUDY, canonical
from extraction.interop.entries import Known, entries_of
from extraction.interop.robvis import JUDGEMENTS, OVERALL, columns, tool_with
from extraction.interop.rows import NUMBERED, OUTCOME, YEAR, Row, slug, table
from extraction.new import record
from extraction.source import FILL_IN

READER = ("reviewer_name",)
"""Whose reading a row is.  An export of Covidence has `Covidence #`, `Study ID`, `Title` and `Reviewer Name`,
then the fields of the team's own template, a table's cells as row and column (`Control total`): so have those
published with github.com/cdsbasel/temp_riskperception and github.com/sabirodvel/second_chance_scoping_review.
"""
CONSENSUS = "consensus"
"""What that column says of what two readers agreed on."""
SECOND = "a second row of its outcome, as of a subgroup: give it a stratum"
ZEROS = ("mean", "sd", "o_minus_e", "variance")
"""What RevMan 5 writes as 0 where an outcome has none of it."""


@dataclass(frozen=True)
class Left:
    """What could not be mapped, and why; line: None where it is of several."""

    line: int | None
    found: str
    why: str

    def __str__(self) -> str:
        return f"{f'line {self.line}, ' if self.line else ''}{self.found}: {self.why}"


@dataclass
class Draft:
    """What a table tells of one study: entries, and judgements of the risk of bias."""

    reported: list[Known] = field(default_factory=list)
    judged: list[Known] = field(default_factory=list)


@dataclass
class Drafts:
    """What a table tells, by study, and what of it has no place in a record."""

    file: str
    variables: Mapping[str, str]
    """The variable of each outcome by its name in the file; that of "" for all others."""
    studies: dict[str, Draft] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    unused: Counter[str] = field(default_factory=Counter)
    """Cells that no entry holds, by what they mean."""

    def texts(self) -> dict[str, str]:
        """The records to fill in, by study."""
        return {
            study: record(study, None, f"drafted from {self.file}", draft.reported, draft.judged)
            for study, draft in self.studies.items()
        }

    def leave(self, row: Row, why: str) -> None:
        outcome = f", {row.outcome}" if row.outcome else ""
        self.left.append(Left(row.line, f"{row.named or 'no study'}{outcome}", why))

    def report(self, row: Row) -> None:
        """Take in a row of numbers."""
        variable = self.variables.get(row.outcome, self.variables.get(""))
        if row.study is None:
            return self.leave(row, "a study needs a surname and a year")
        if variable is None:
            return self.leave(row, "no variable is given for its outcome")
        cells = _numbers(row)
        entries, used = entries_of(variable, cells)
        draft = self.studies.get(row.study, Draft())
        if {e["id"] for e in entries} & {e["id"] for e in draft.reported if e["field"] != "group_size"}:
            reader = row.of(READER)
            second = f"read by {reader} as well, without a consensus" if reader else SECOND
            return self.leave(row, second)
        if not entries:
            return self.leave(row, "no number that a record can hold")
        self.unused.update(cells.keys() - used)
        known = {e["id"] for e in draft.reported}
        note = f"From {self.file}, line {row.line}, which does not say how the paper prints it."
        draft.reported += [entry | {"note": note} for entry in entries if entry["id"] not in known]
        self.studies[row.study] = draft

    def judge(self, row: Row, tool: Tool) -> None:
        """Take in a row of judgements; the one of all domains together only where it is not the gravest of
        them, as a record has it.
        """
        if row.study is None:
            return self.leave(row, "a study needs a surname and a year")
        made: dict[str, str] = {}
        for column, domain in {**columns(tool), OVERALL: "overall"}.items():
            word = row.filled.get(column, "")
            if (judgement := JUDGEMENTS.get(word.lower(), "")) in tool.gravity:
                made[domain] = judgement
            elif word:
                self.leave(row, f"{column} {word} is no judgement of {tool.name}")
        domains = [judgement for domain, judgement in made.items() if domain != "overall"]
        if made.get("overall") == next((j for j in tool.gravity if j in domains), None):
            made.pop("overall", None)
        of = {"endpoints": sorted(set(self.variables.values())), "reason": FILL_IN}
        draft = self.studies.setdefault(row.study, Draft())
        draft.judged += [{"domain": d, "judgement": judgement, **of} for d, judgement in made.items()]


def read(path: Path, variables: Mapping[str, str]) -> Drafts:
    """Drafts from a file; raise NoTable."""
    header, rows = table(path)
    found = Drafts(path.name, variables)
    if tool := tool_with(dict.fromkeys(header)):
        for row in rows:
            found.judge(row, tool)
        known = {slug(column) for column in (*columns(tool), OVERALL)}
    else:
        for row in _settled(found, rows):
            found.report(row)
        known = {slug(column) for column in header if canonical(column)}
    found.left += _columns_left(rows, known)
    why = "no entry holds it: it follows from other numbers of its row, or none stands with it"
    found.left += [Left(None, f"{what} ({n} cells)", why) for what, n in sorted(found.unused.items())]
    return found


def _numbers(row: Row) -> dict[str, str]:
    """Filled cells by what they mean; those without the event added to those with it, where no total is."""
    told = {what: value for column, value in row.filled.items() if (what := canonical(column))}
    told = {what: value for what, value in told.items() if what not in ("year", "direction")}
    if row.heading:  # of RevMan 5, which writes 1,234 and 0 for nothing
        told = {what: value.replace(",", "") for what, value in told.items()}
        told = {w: v for w, v in told.items() if not (w.startswith(ZEROS) and float(v) == 0)}
        if any(what.startswith("mean") for what in told):
            told = {what: value for what, value in told.items() if not what.startswith("events")}
    for arm in ("treated", "control"):
        events, others = told.get(f"events_{arm}", ""), told.get(f"non_events_{arm}", "")
        if f"n_{arm}" not in told and events.isdecimal() and others.isdecimal():
            told[f"n_{arm}"] = str(int(events) + int(told.pop(f"non_events_{arm}")))
    return told


def _settled(found: Drafts, rows: list[Row]) -> Iterator[Row]:
    """Rows but for single readings of what a consensus settles."""
    settled = {row.named for row in rows if row.of(READER).lower() == CONSENSUS}
    for row in rows:
        if row.named in settled and row.of(READER).lower() != CONSENSUS:
            found.leave(row, f"read by {row.of(READER)}; the consensus is taken")
        else:
            yield row


def _columns_left(rows: list[Row], known: set[str]) -> Iterator[Left]:
    """Filled columns that no record has a place for."""
    known = {*known, *STUDY, *YEAR, *OUTCOME, *NUMBERED, *READER}
    for column, n in Counter(c for row in rows for c in row.filled).items():
        if slug(column) not in known:
            yield Left(None, f"column {column} ({n} cells)", "has no place in a record")
