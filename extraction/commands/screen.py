"""`python -m extraction screen`: candidates one at a time, in the terminal or as a page; two people's
decisions side by side.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from extraction.commands.parser import add_json, add_root, print_json
from extraction.commands.shown import say
from extraction.fault import Fault
from extraction.question import GROUNDS
from extraction.search import agreement, candidates, decisions, page, question_words
from extraction.search.candidates import Candidate
from extraction.search.decisions import ANSWERS, Decision, Decisions
from extraction.search.order import Order, Placed, stops
from extraction.search.work import clean
from extraction.whole import write_whole

KEYS = "[i]nclude  [e]xclude  [u]nsure  [b]ack  [q]uit"
SHOWN = 20
"""Conflicts that are printed; all stand in the two files."""


class NothingToScreen(Fault):
    """There are no candidates."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", metavar="NAME", help="who screens; the decisions are kept under this name")
    parser.add_argument("--page", metavar="FILE.html", type=Path, help="write a page to screen on instead")
    parser.add_argument("--recall", action="store_true", help="say what a stop would have found, and end")
    steps = parser.add_subparsers(dest="step", metavar="merge")
    merging = steps.add_parser("merge", help="compare two people's decisions")
    add_json(merging)
    add_root(merging)
    merging.add_argument(
        "files", metavar="FILE.csv", nargs="+", type=Path, help="decisions of one or two people"
    )
    merging.add_argument(
        "--settled", metavar="C.csv", type=Path, help="decisions of a third where they differ"
    )


def run(given: argparse.Namespace) -> int:
    """Screen, write a page, or merge; raise a Fault."""
    works = {row.id: row for row in candidates.read(given.root) if not row.same_as}
    if not works:
        raise NothingToScreen(
            f"{given.root / candidates.FILE}: no candidates yet: `search import` brings them"
        )
    if given.step == "merge":
        return merge(given, works)
    if not given.by:
        raise decisions.NoName(
            "--by: found nothing: say who screens, as the decisions are kept under the name"
        )
    file = decisions.file_of(given.by, given.root)
    done = decisions.read(file, works)
    waiting = len(works) - len(done)
    if given.page and not given.recall:
        write_whole(given.page, page.html(Order(list(works.values())).waiting(done), done, given.by))
        if given.json:
            print_json({"page": given.page, "waiting": waiting, "saves": file})
        else:
            say(
                f"{given.page}: {waiting:,} candidates. It saves {file.name}, which belongs in {file.parent}."
            )
        return 0
    if not given.recall:
        if given.json:
            raise Fault("--json: a person is asked here; it goes with --recall, --page or merge")
        Session(Order(list(works.values())), done, given.by, file).run()
    if given.json:
        found = [asdict(stop) | {"recall": stop.recall} for stop in stops(done.values())]
        print_json({"decided": len(done), "waiting": waiting, "stops": found})
    else:
        _tell_stops(done, waiting)
    return 0


class Session:
    """One person screening in a terminal; each decision is on disk before the next candidate is shown."""

    def __init__(self, order: Order, done: Decisions, by: str, file: Path):
        self.order, self.done, self.by, self.file = order, done, by, file
        self.console = Console()
        self.marked = f"(?i){question_words.pattern(question_words.words_of())}"
        self.again: list[str] = []
        self.decided: list[str] = []

    def run(self) -> None:
        """Show and ask until nothing waits or the person leaves."""
        while placed := self._next():
            self._show(placed)
            answer = self._ask(KEYS)
            if answer in ("q", None):
                return
            if answer == "b":
                self._back()
            elif decision := self._decision(placed.candidate, answer):
                self.done[decision.candidate] = decision
                self.again = [name for name in self.again if name != decision.candidate]
                self.decided.append(decision.candidate)
                decisions.write(self.file, self.done.values())
        say("Nothing waits: all candidates are decided.")

    def _next(self) -> Placed | None:
        """The one gone back to, else the first that waits."""
        if self.again:
            return Placed(next(one for one in self.order.candidates if one.id == self.again[-1]))
        return next(iter(self.order.waiting(self.done, explained=1)), None)

    def _back(self) -> None:
        """Go back to the decision before; it stands until another takes its place."""
        if self.decided:
            self.again.append(self.decided.pop())
        else:
            say("No decision of this session stands before.")

    def _decision(self, candidate: Candidate, answer: str | None) -> Decision | None:
        chosen = next((known for known in ANSWERS if answer and known[0] == answer), None)
        if chosen is None:
            say(f"One of: {KEYS}")
            return None
        ground = self._ground() if chosen == "exclude" else ""
        return None if ground is None else decisions.decide(candidate.id, chosen, ground, self.by)

    def _ground(self) -> str | None:
        """The ground of exclusion by its number; None to decide anew."""
        for number, (name, meaning) in enumerate(GROUNDS.items(), 1):
            say(f"  {number}  {name}: {meaning}")
        answer = self._ask("Ground (its number; Enter goes back)") or ""
        chosen = dict(enumerate(GROUNDS, 1)).get(int(answer) if answer.isascii() and answer.isdigit() else 0)
        if answer and chosen is None:
            say(f"One of 1 to {len(GROUNDS)}.")
        return chosen

    def _ask(self, prompt: str) -> str | None:
        """What is typed, in lower case; None at the end of input."""
        try:
            return input(f"{prompt}: ").strip().lower()
        except EOFError:
            print()
            return None

    def _show(self, placed: Placed) -> None:
        one = placed.candidate
        said = self.done.get(one.id)
        text = Text(
            "\n".join(filter(None, (clean(one.title) or "[no title]", clean(one.other_title)))), style="bold"
        )
        text.append(f"\n{_cited(one)}\n\n", style="dim")
        text.append(clean(one.abstract) or "[no abstract]", style="not bold")
        text.highlight_regex(self.marked, "bold reverse")
        if said:
            text.append(f"\n\nDecided so far: {said.decision} {said.ground}".rstrip())
        text.append(f"\n\n{why(placed)}", style="italic")
        self.console.print(
            Panel(
                text, title=f"{len(self.done):,} decided of {len(self.order.candidates):,}", subtitle=one.id
            )
        )


def _cited(one: Candidate) -> str:
    """Authors, journal, year and identifiers in a line."""
    authors = ", ".join(one.authors[:3]) + (" and others" if len(one.authors) > 3 else "")
    named = (f"doi:{one.doi}" if one.doi else "", f"PMID {one.pmid}" if one.pmid else "", *one.registrations)
    parts = (authors, one.journal, str(one.year or ""), one.volume, one.pages, *named)
    return clean(". ".join(filter(None, parts)))


def why(placed: Placed) -> str:
    """Why a candidate stands where it does."""
    if placed.chance is None:
        return "In the order of the sources: ten decisions, some of them to keep, bring an order by words."
    words = ", ".join(f"{word} {weight:+.2f}" for word, weight in placed.words)
    return f"Next by its words (log odds; above 0 towards keeping): {words}"


def _tell_stops(done: Decisions, left: int) -> None:
    """What stopping earlier would have found, as far as it is known."""
    found = stops(done.values())
    if not found:
        say(f"{len(done):,} decided, {left:,} not; nothing is kept so far.")
        return
    table = Table("stopped after", "decisions", "kept, found by then", "recall")
    for stop in found:
        table.add_row(stop.why, f"{stop.after:,}", f"{stop.found:,} of {stop.kept:,}", f"{stop.recall:.0%}")
    Console().print(table)
    undecided = f"; what the {left:,} undecided hold is not known" if left else ""
    say(f"Recall is of the {found[0].kept:,} kept among {len(done):,} decided{undecided}.")


def merge(given: argparse.Namespace, works: dict[str, Candidate]) -> int:
    """Compare the files, say how they agree, and write what is agreed."""
    if len(given.files) > 2:
        raise Fault(f"{len(given.files)} files: found more than two people's; a third settles by --settled")
    for path in (*given.files, *filter(None, (given.settled,))):
        if not path.is_file():
            raise Fault(f"{path}: there is no such file")
    read = [decisions.read(path, works) for path in given.files]
    compared = None
    if len(read) == 2:
        third = decisions.read(given.settled, works) if given.settled else {}
        compared = agreement.compare(read[0], read[1], third)
    agreed = sorted(
        compared.agreed if compared else read[0].values(), key=lambda decision: decision.candidate
    )
    file = given.root / decisions.AGREED
    decisions.write(file, agreed)
    if given.json:
        counts = {"candidates": len(works), "decided": len(agreed)}
        print_json({"file": file, **counts, "agreement": compared and _as_dict(compared)})
        return 0
    if compared:
        _tell_agreement(compared, works)
    else:
        say(f"{len(agreed):,} decisions of one person: nobody has checked them.")
    say(f"{file}: {len(agreed):,} of {len(works):,} candidates decided.")
    return 0


def _as_dict(compared: agreement.Agreement) -> dict:
    """The agreement of two people for machines."""
    return {
        "both": compared.both,
        "alike": compared.alike,
        "kappa": compared.kappa,
        "first_alone": compared.alone[0],
        "second_alone": compared.alone[1],
        "table": [{"first": a, "second": b, "candidates": n} for (a, b), n in compared.table.items()],
        **{
            name: [
                {"candidate": a.candidate, "first": getattr(a, of), "second": getattr(b, of)}
                for a, b in pairs
            ]
            for name, of, pairs in (
                ("conflicts", "decision", compared.conflicts),
                ("grounds", "ground", compared.grounds),
            )
        },
    }


def _tell_agreement(compared: agreement.Agreement, works: dict[str, Candidate]) -> None:
    table = Table("first \\ second", *ANSWERS, title="Decisions of both")
    for one in ANSWERS:
        table.add_row(one, *(f"{compared.table.get((one, other), 0):,}" for other in ANSWERS))
    Console().print(table)
    kappa = "not defined" if compared.kappa is None else f"{compared.kappa:.2f}"
    say(f"Both decided {compared.both:,}, alike {compared.alike:,}; Cohen's kappa {kappa}.")
    say(f"Decided by the first alone {compared.alone[0]:,}, by the second alone {compared.alone[1]:,}.")
    for title, pairs, told in (
        ("Conflicts, which a third person settles", compared.conflicts, "decision"),
        ("Excluded by both on different grounds; that of the first stands", compared.grounds, "ground"),
    ):
        if pairs:
            say(f"{title} ({len(pairs):,}):")
        for first, second in pairs[:SHOWN]:
            paper = clean(works[first.candidate].title)
            say(f"  {first.candidate}: {getattr(first, told)} / {getattr(second, told)}: {paper}")
        if len(pairs) > SHOWN:
            say(f"  and {len(pairs) - SHOWN:,} more")
