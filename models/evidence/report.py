"""What enters an endpoint and what does not, and how open choices are read."""

import hashlib
import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Reading:
    """Open choices; the defaults are the primary analysis, argued on the endpoints' pages.

    recovered : data recovered from percentages, p-values and totals enter, not the printed counts and
    estimates alone
    at_their_word : `significant` and `no difference` in words narrow what is recovered
    whole_cohort : of a recovered cohort and a recovered part of it, the cohort enters
    endpoint_first : recovered counts of the endpoint itself enter before printed counts of a stand-in
    impossible_as_outcome : a p that its test cannot give still enters by its outcome in words
    curve_first : of a digitised curve and a log-rank p of the same patients, the curve's hazard ratio enters
    before_the_drug : events that began before tocilizumab still count in its arm, as the papers group them
    """

    recovered: bool = True
    at_their_word: bool = True
    whole_cohort: bool = True
    endpoint_first: bool = True
    impossible_as_outcome: bool = True
    curve_first: bool = True
    before_the_drug: bool = True


PRIMARY = Reading()
ALTERNATIVES: dict[str, Reading] = {
    "printed numbers only": Reading(recovered=False),
    "verbal outcomes not taken at their word": Reading(at_their_word=False),
    "a recovered part in place of the whole cohort": Reading(whole_cohort=False),
    "printed counts of a stand-in before recovered counts": Reading(endpoint_first=False),
    "comparisons with an impossible p left out": Reading(impossible_as_outcome=False),
    "log-rank p-values before digitised curves": Reading(curve_first=False),
    "events that began before the drug left out": Reading(before_the_drug=False),
}
"""One choice changed at a time, in words; the sensitivity analysis runs them all."""


@dataclass(frozen=True)
class Used:
    """A report that enters the likelihood: `term` names the function of models.likelihood.reports, `data` its
    arguments.

    bounds : entries of other strata that only limit what the report can be; their own likelihood is not
    multiplied in
    """

    study: str
    term: str
    data: dict
    entries: tuple[str, ...]
    stratum: str = "all"
    note: str = ""
    bounds: tuple[str, ...] = ()

    @property
    def only_table(self) -> tuple[int, int, int, int] | None:
        """Events and patients with tocilizumab, then without: as printed, or where one table alone prints so;
        else None.
        """
        if self.term == "table":
            return tuple(self.data[name] for name in ("events_toci", "n_toci", "events_control", "n_control"))
        if self.term == "table_set" and len(self.data["candidates"]) == 1:
            return tuple(self.data["candidates"][0])
        return None


@dataclass(frozen=True)
class Unused:
    """A report left out: why, with which arguments the posterior predicts it (None: it cannot), and the
    tables that print so.
    """

    study: str
    entries: tuple[str, ...]
    reason: str
    stratum: str = "all"
    check: dict | None = None
    candidates: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What enters one endpoint."""

    endpoint: str
    used: tuple[Used, ...]
    unused: tuple[Unused, ...] = field(default=())

    @property
    def studies(self) -> list[str]:
        return list(dict.fromkeys(report.study for report in self.used))

    def entries_behind(self, study: str) -> tuple[str, ...]:
        """The entries of a study that enter; where none does, those left out."""
        reports = [r for r in self.used if r.study == study] or [r for r in self.unused if r.study == study]
        return tuple(dict.fromkeys(entry for report in reports for entry in report.entries))

    def hash(self) -> str:
        """Fingerprint of all that enters, and of all that is left out with its reason."""
        return _fingerprint(asdict(self))

    def used_hash(self) -> str:
        """Fingerprint of the numbers a posterior depends on: unchanged by a note, or by a report that is not
        used.
        """
        return _fingerprint([[r.study, r.stratum, r.term, r.data] for r in self.used])


def _fingerprint(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
