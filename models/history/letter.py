"""The editor's letter: what came in since the newest release, which answers and sentences moved and why,
which judgements are to be looked at again, which searches are due, and whether a new version is.

Everything in it follows from the release, the tree as it stands and a day; nothing is written.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from extraction.living import Living, Rule
from extraction.records import Review
from models.endpoints import evidence_of
from models.history.changes import endpoint_said, has_moved
from models.history.diff import ADDED, CORRECTED, JUDGED_ANEW, METHODS, READ_ANEW, REMOVED, by_study, compare
from models.words import NOT_RATED, listed

WHOLE_YEAR = 12  # months
COMES_OR_GOES = {ADDED, REMOVED}
IS_CORRECTED = {CORRECTED, READ_ANEW, JUDGED_ANEW}


@dataclass(frozen=True)
class Reworded:
    """A sentence that reads otherwise."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Held:
    """A trigger, and whether it is met (null: for the editors to judge), with what tells so."""

    what: str
    met: bool | None
    because: str


@dataclass(frozen=True)
class Letter:
    """What an editor is told.

    since, released : the release compared with and its day; null before the first
    found : both versions as `models.history.diff.compare` has them; null before the first
    worded : whether that release kept its sentences, so that wording can be compared
    """

    today: date
    since: str | None
    released: date | None
    found: dict | None
    searches: list[str]
    worded: bool
    reworded: list[Reworded]
    judgements: list[str]
    due: list[str]
    triggers: list[Held]

    @property
    def moved(self) -> dict[str, dict]:
        """Endpoints of which an answer reads otherwise."""
        endpoints = self.found["endpoints"] if self.found else {}
        return {key: endpoint for key, endpoint in endpoints.items() if has_moved(key, endpoint)}

    @property
    def version_due(self) -> bool:
        """Whether a trigger of a new version is met."""
        return any(trigger.met for trigger in self.triggers)

    @property
    def work_due(self) -> bool:
        """Whether a search or a judgement waits for somebody."""
        return bool(self.due or self.judgements)

    def as_dict(self) -> dict:
        """The letter for machines."""
        return {
            "today": self.today.isoformat(),
            "since": self.since,
            "released": self.released and self.released.isoformat(),
            "changes": self.found,
            "moved": list(self.moved),
            "searches": self.searches,
            "wording_compared": self.worded,
            "reworded": [asdict(row) for row in self.reworded],
            "judgements": self.judgements,
            "searches_due": self.due,
            "triggers": [asdict(trigger) for trigger in self.triggers],
            "version_due": self.version_due,
            "work_due": self.work_due,
        }


def letter(last: dict | None, now: dict, headlines: Mapping[str, str], review: Review, today: date) -> Letter:
    """The letter of a day.

    last, now : the newest release and the tree, as `models.history.versions` gives them; headlines : the
    sentence of each endpoint as of now
    """
    found = compare(last, now) if last else None
    released = date.fromisoformat(last["date"]) if last else None
    living = review.living
    return Letter(
        today,
        last["version"] if last else None,
        released,
        found,
        searches_since(living, released),
        last is not None and all("headline" in endpoint for endpoint in last["endpoints"].values()),
        reworded(last, now, headlines) if last else [],
        judgements(last, now, review),
        [place.name for place in living.due(today)] if living else [],
        triggers(living, found, released, today) if found and released else [],
    )


def searches_since(living: Living | None, released: date | None) -> list[str]:
    """Searches run after the release, each with its yield."""
    if living is None:
        return []
    names = {source.id: source.name for source in living.sources}
    return [
        f"{search.searched}, {names[search.source]}: {search.found} found, {search.new} new, registered:"
        f" {', '.join(search.registered) or 'none'}"
        for search in living.searches
        if released is None or search.searched > released
    ]


def reworded(last: dict, now: dict, headlines: Mapping[str, str]) -> list[Reworded]:
    """Sentences and ratings that differ from those of the release; a sentence it did not keep is not."""
    found = []
    for key, after in now["endpoints"].items():
        before = last["endpoints"].get(key)
        if before is None:
            continue
        kept, said = before.get("headline"), headlines[key]
        if kept and kept != said:
            found.append(Reworded(after["title"], kept, said))
        if before["certainty"] != after["certainty"]:
            rated = [f"certainty {side['certainty']}" for side in (before, after)]
            found.append(Reworded(after["title"], *rated))
    return found


def judgements(last: dict | None, now: dict, review: Review) -> list[str]:
    """Ratings of certainty and risks of bias whose ground moved since they were made."""
    return [*_ratings(last, now, review), *_biases(last, now)]


def _ratings(last: dict | None, now: dict, review: Review) -> list[str]:
    """Endpoints without a rating for the studies that enter, or with one older than what it is of."""
    judged = review.certainty.judged if review.certainty else None
    said = []
    for key, after in now["endpoints"].items():
        studies = evidence_of(key, review).studies
        before = last["endpoints"].get(key) if last else None
        newer = [study for study in studies if judged and review.records[study].extracted > judged]
        if after["certainty"] == NOT_RATED:
            said.append(f"{after['title']}: the certainty is not rated for {_studies(studies, review)}")
        elif newer:
            said.append(
                f"{after['title']}: the certainty was judged on {judged}, before {_studies(newer, review)}"
            )
        elif (
            before
            and judged
            and last
            and judged.isoformat() <= last["date"]
            and by_study(before) != by_study(after)
        ):
            said.append(
                f"{after['title']}: its reports changed since version {last['version']}, the certainty was"
                f" judged on {judged}"
            )
    return said


def _studies(studies: tuple[str, ...] | list[str], review: Review) -> str:
    return listed([review.studies[study].label for study in studies]) if studies else "no study"


def _biases(last: dict | None, now: dict) -> list[str]:
    """Studies whose reports changed since the release and whose risk of bias did not."""
    if last is None:
        return []
    judged = {row["id"]: row["judgements"] for row in last["register"]}
    return [
        f"{row['label']}: its reports changed, its risk of bias is that of version {last['version']}"
        for row in now["register"]
        if judged.get(row["id"]) == row["judgements"] and _reported_otherwise(row["id"], last, now)
    ]


def _reported_otherwise(study: str, last: dict, now: dict) -> bool:
    """Whether a study enters an endpoint by other reports than it entered it in the release."""
    both = [
        (last["endpoints"][key], after) for key, after in now["endpoints"].items() if key in last["endpoints"]
    ]
    reports = [[by_study(side).get(study) for side in sides] for sides in both]
    return any(before and after and before != after for before, after in reports)


def triggers(living: Living | None, found: dict, released: date, today: date) -> list[Held]:
    """Each trigger of the plan, held to what happened since the release."""
    told = {
        "studies": _of_studies(found),
        "corrections": _with_an_answer(found, IS_CORRECTED),
        "methods": _with_an_answer(found, {METHODS}),
        "year": _of_time(released, today),
    }
    return [_held(trigger.what, trigger.rule, told) for trigger in (living.triggers if living else [])]


def _held(what: str, rule: Rule | None, told: dict[str, str]) -> Held:
    if rule is None:
        return Held(what, None, "for the editors to judge")
    return Held(what, bool(told[rule]), told[rule] or "not met")


def _of_studies(found: dict) -> str:
    """Studies that came or went, in words; empty where none did."""
    steps = _steps(found, COMES_OR_GOES)
    said = [
        f"{found['labels'][study]} {what} ({', '.join(titles)})" for (study, what), titles in steps.items()
    ]
    return "; ".join(
        said
        + [
            f"{row['label']}: {row['what']}"
            for row in found["studies"]
            if "awaiting data before, now included" in row["what"]
        ]
    )


def _with_an_answer(found: dict, kinds: set[str]) -> str:
    """Changes of a kind at endpoints of which an answer reads otherwise, in words; empty where none is."""
    steps = _steps(found, kinds, moved_only=True)
    return "; ".join(
        f"{found['labels'][study] + ' ' if study else ''}{what} ({', '.join(titles)})"
        for (study, what), titles in steps.items()
    )


def _steps(found: dict, kinds: set[str], moved_only: bool = False) -> dict[tuple, list[str]]:
    """Titles of the endpoints by the steps, of these kinds, that moved them."""
    steps: dict[tuple, list[str]] = {}
    for key, endpoint in found["endpoints"].items():
        if moved_only and not has_moved(key, endpoint):
            continue
        every = [step for analysis in ("unadjusted", "adjusted") for step in endpoint[analysis]["steps"]]
        for one in dict.fromkeys((step["study"], step["what"]) for step in every if step["what"] in kinds):
            steps.setdefault(one, []).append(endpoint["title"])
    return steps


def _of_time(released: date, today: date) -> str:
    """How long ago the release was, where that is a year; whole months, to the day."""
    months = WHOLE_YEAR * (today.year - released.year) + today.month - released.month
    months -= today.day < released.day
    return f"released on {released}" if months >= WHOLE_YEAR else ""


def said(told: Letter) -> str:
    """The letter as text."""
    if told.found is None:
        head = f"Update of {told.today}. No version has been released yet."
    else:
        head = f"Update of {told.today}, since version {told.since} of {told.released}."
    sections = [head, _came_in(told)]
    if told.found:
        labels = told.found["labels"]
        sections += [
            _section("Answers that moved, and why", _moved(told, labels), "No answer reads otherwise."),
            _section("Wording that changed", _wording(told), "No sentence and no rating."),
        ]
    sections += [
        _section("Judgements to look at again", told.judgements, "None."),
        _section("Searches due", told.due, "None."),
        _section(
            "Triggers of a new version",
            _triggers(told),
            "None is agreed on."
            if told.found
            else "They are held to what came after a version: there is none.",
        ),
        _what_to_do(told),
    ]
    return "\n\n".join(sections) + "\n"


def _section(title: str, lines: list[str], nothing: str) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines or [nothing])])


def _came_in(told: Letter) -> str:
    lines = list(told.searches)
    if told.found:
        lines += [f"{row['label']}: {row['what']}. {row['reason']}" for row in told.found["studies"]]
        lines += [f"method: {words}" for words in told.found["methods"]]
    return _section("What came in", lines, "No search, no study, no method.")


def _moved(told: Letter, labels: dict[str, str]) -> list[str]:
    return [
        line for key, endpoint in told.moved.items() for line in endpoint_said(key, endpoint, labels) if line
    ]


def _wording(told: Letter) -> list[str]:
    lines = [f"{row.title}: “{row.before}” before, now “{row.after}”" for row in told.reworded]
    if not told.worded:
        lines.append(f"Version {told.since} kept no sentences: only its ratings could be compared.")
    return lines


def _triggers(told: Letter) -> list[str]:
    marks = {True: "met", False: "not met", None: "for the editors"}
    return [
        f"[{marks[trigger.met]}] {trigger.what}" + (f" {trigger.because}." if trigger.met else "")
        for trigger in told.triggers
    ]


def _what_to_do(told: Letter) -> str:
    if told.found is None:
        return "The first version is due once the editors agree: python -m models release VERSION."
    if told.version_due:
        return "A new version is due: python -m models release VERSION."
    return "No new version is due." + (" Searches or judgements are." if told.work_due else "")
