"""`python -m models release VERSION`: freeze the review as one file, and prepare the change log and the
citation for it.

The release's own file is written last, and whole: until it stands there is no release, and an interrupted run
is simply run again.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from extraction.checks import check
from extraction.fault import Fault
from extraction.git import GitFailed, git
from extraction.records import BadRecords, Review, load
from extraction.tree import HOME, IS_OWN
from extraction.whole import json_lines, write_whole
from models.answers.bias import bias_priors
from models.endpoints import ENDPOINTS, evidence_of, quadrature
from models.history import diff, versions
from models.history.refit import PROBABILITIES, estimates, primary
from models.runs import store
from models.trust.told import told
from models.words import headline

UNRELEASED = re.compile(r"^## (?:Unreleased|.*\(unreleased\))$", re.M)
FIRST = "first release"


class Refused(Fault):
    """The release is not made; the message says why."""


@dataclass(frozen=True)
class Prepared:
    """A file whose text a release changes: as committed, and as it will be."""

    path: Path
    committed: str
    text: str

    def is_untouched(self) -> bool:
        """Whether the file stands as committed, or as a run of this release, on whatever day, would leave
        it.
        """
        found = self.path.read_text(encoding="utf-8")
        return found == self.committed or _undated(found) == _undated(self.text)


def _undated(text: str) -> str:
    return re.sub(r"\d{4}-\d{2}-\d{2}", "", text)


def command(args) -> int:
    """`python -m models release VERSION [--json]`."""
    path = release(args.version, date.today())
    name = path.relative_to(HOME)
    if args.json:
        print(json.dumps({"version": args.version, "file": name.as_posix()}))
        return 0
    changed = " ".join(["CHANGELOG.md", "CITATION.cff", *(["pyproject.toml"] if IS_OWN else [])])
    print(
        f"{name} is frozen. Build the book once more, look at it, then publish the version:\n  git add {name}"
        f" {changed}\n  git commit -m 'Release {args.version}'\n  git tag v{args.version}"
    )
    return 0


def release(version: str, today: date) -> Path:
    """Freeze the review; the path of the release.  Raises Refused, naming the rule, where it may not be
    made.
    """
    preceding = _follows(version)
    prepared = _prepare(version, today)
    _require_clean(prepared)
    review = load()
    if errors := check(review).errors:
        raise BadRecords(errors)
    _require_date(today, review, preceding)
    frozen = freeze(version, today, review, preceding)
    for file in prepared:
        write_whole(file.path, file.text)
    path = versions.FOLDER / f"{version}.json"
    write_whole(path, json_lines(frozen) + "\n")
    return path


def _follows(version: str) -> dict | None:
    """The preceding release; raise Refused where the version exists or does not go forward."""
    try:
        order = versions.order(version)
    except ValueError as error:
        raise Refused(error) from None
    before = versions.latest()
    if version in versions.released():
        raise Refused(f"version {version} exists: a release is never changed, so choose the next number")
    if before and order < versions.order(before["version"]):
        raise Refused(f"version {version} goes backwards: the newest release is {before['version']}")
    return before


def _prepare(version: str, today: date) -> list[Prepared]:
    """The texts that carry version and date."""
    log = _committed("CHANGELOG.md")
    newest = UNRELEASED.search(log)
    if not newest or newest.start() != log.find("\n## ") + 1:
        raise Refused(
            "CHANGELOG.md: as committed, its newest section must be `## Unreleased`, with what changed"
            " under it"
        )
    citation = _committed("CITATION.cff")
    dated = re.sub(r"^date-released:.*\n", "", citation, flags=re.M)
    dated = re.sub(r"^version:.*$", f"version: {version}\ndate-released: {today}", dated, count=1, flags=re.M)
    texts = {
        "CHANGELOG.md": (log, UNRELEASED.sub(f"## {version} ({today})", log, count=1)),
        "CITATION.cff": (citation, dated),
    }
    if IS_OWN:
        project = _committed("pyproject.toml")
        numbered = re.sub(r'^version = ".*"$', f'version = "{version}"', project, count=1, flags=re.M)
        texts["pyproject.toml"] = project, numbered
    return [Prepared(HOME / name, before, after) for name, (before, after) in texts.items()]


def _committed(name: str) -> str:
    """A file as it stands in the last commit."""
    if not (HOME / name).is_file():
        raise Refused(f"{HOME} holds no {name}, into which a release writes its version")
    return _git("show", f"HEAD:./{name}")


def _git(*words: str) -> str:
    try:
        return git(*words, folder=HOME)
    except GitFailed as failed:
        raise Refused(f"a release is made in a git repository with a commit: {failed}") from None


def _require_clean(prepared: list[Prepared]) -> None:
    """Nothing but what a release itself prepares differs from the last commit."""
    folder = _git("rev-parse", "--show-prefix").strip()  # of the review within the repository
    own = {f"{folder}{file.path.name}" for file in prepared if file.is_untouched()}
    changed = [
        line[3:].strip('"')
        for line in _git(
            "status", "--porcelain", "--untracked-files=all", "--no-renames", "--", "."
        ).splitlines()
    ]
    if others := [name for name in changed if name not in own and not name.endswith(".partial")]:
        raise Refused(
            "these differ from the last commit:"
            f" {', '.join(others[:5])}{' and others' if len(others) > 5 else ''}; commit them, or put them"
            " back"
        )


def _require_date(today: date, review: Review, preceding: dict | None) -> None:
    """A release is not older than what it holds: else a clock is wrong."""
    dates = {f"the decision on {s.id}": s.decided for s in review.register.studies} | {
        f"the record of {stem}": r.extracted for stem, r in review.records.items()
    }
    if preceding:
        dates[f"version {preceding['version']}"] = date.fromisoformat(preceding["date"])
    what, newest = max(dates.items(), key=lambda item: item[1])
    if today < newest:
        raise Refused(f"the clock says {today}, which is before {what} ({newest}): set it right")


def freeze(version: str, today: date, review: Review, preceding: dict | None) -> dict:
    """The state of the review with version, date, what triggered it, the sentence of each answer, and
    quantiles enough to draw every posterior again.
    """
    found = versions.state(review)
    del found["next_version"]
    trigger = diff.triggers(preceding, found) if preceding else [FIRST]
    for key, endpoint in found["endpoints"].items():
        endpoint["headline"] = headline(told(key, review))
        endpoint["quantiles"] = {"probabilities": PROBABILITIES.tolist(), **_quantiles(key, review)}
    about = {
        "version": version,
        "date": today.isoformat(),
        "preceding": preceding and preceding["version"],
        "trigger": trigger,
        "commit": _git("rev-parse", "HEAD").strip(),
    }
    return {**found, **about}


def _quantiles(key: str, review: Review) -> dict[str, list[float]]:
    """Mean effect, tau and prediction as the answer has them, and the mean effect adjusted for bias: log
    scale, six decimals.
    """
    evidence = evidence_of(key, review)
    found = ENDPOINTS[key].engine.way(_integrated, _drawn)(key, review)
    setting = primary(key, evidence, bias_priors(key, review, evidence))
    found["mu_adjusted"] = estimates(key, {"adjusted": setting})["adjusted"].quantiles
    return {name: np.round(values, 6).tolist() for name, values in found.items()}


def _integrated(key: str, review: Review) -> dict[str, np.ndarray]:
    exact = quadrature(key, review)
    parts = {"mu": exact.mu, "tau": exact.tau, "prediction": exact.prediction}
    return {name: part.quantile(PROBABILITIES) for name, part in parts.items()}


def _drawn(key: str, review: Review) -> dict[str, np.ndarray]:
    draws = store.read(key, review).draws
    return {name: np.quantile(draws[name].values, PROBABILITIES) for name in ("mu", "tau", "prediction")}
