"""Tables of the register, the records and the build, as pages show them."""

import platform
from collections import Counter

import pandas as pd

from book.html import markers
from book.html.linked import INTEGRITY
from book.html.style import Table
from extraction.checks import overlap
from extraction.derived import characteristics
from extraction.question import TREATMENT
from extraction.records import ROOT, Review
from models.answers.summary import evidence_hash, summarise, version
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.settings import SAMPLER
from models.runs import store

DECISIONS = {"included": "included", "awaiting_data": "awaiting data", "excluded": "excluded"}


def decisions(review: Review) -> pd.DataFrame:
    """Every paper considered."""
    return pd.DataFrame(
        [
            {
                "study": s.label,
                "decision": DECISIONS[s.decision] + (f", retracted {s.retracted}" if s.retracted else ""),
                "reason": s.reason,
                "patients": "" if s.patients is None else s.patients,
                f"use of {TREATMENT}": s.contrast,
                "text read": "yes" if s.text_held else "no",
                "decided": s.decided.isoformat(),
                "study_id": s.id,
                "entries": (),
            }
            for s in review.register.studies
        ]
    )


def overlaps(review: Review) -> pd.DataFrame:
    """Studies that share an overlap group with another."""
    sizes = Counter(s.cohort for s in review.register.studies)
    return pd.DataFrame(
        [
            {
                "overlap group": s.cohort.replace("_", " "),
                "study": s.label,
                "decision": DECISIONS[s.decision],
                "reason": s.reason,
                "study_id": s.id,
                "entries": (),
            }
            for s in sorted(review.register.studies, key=lambda s: s.cohort)
            if sizes[s.cohort] > 1
        ]
    )


def alike(review: Review) -> Table:
    """Pairs of papers that share what papers of the same patients share, and the register's word on them."""
    return Table(
        pd.DataFrame(
            [
                {
                    "papers": f"{p.first.label} and {p.second.label}",
                    "what they share (points)": p.evidence or "nothing that is recorded",
                    "score": f"{p.score:.1f}",
                    "the register says": p.stated.replace("_", " ") or "nothing",
                }
                for p in overlap.pairs(review)
            ]
        ),
        "Papers that may share patients",
        how=(
            "Every pair of papers is compared by authors, centres, recruitment, arms and product as "
            "recorded; each feature that both share counts its points."
        ),
    )


def weights() -> Table:
    """Points of each feature that papers of the same patients share, and why."""
    return Table(
        pd.DataFrame(
            [
                {"feature": name, "points": f"{points:+g}", "why": why}
                for name, (points, why) in overlap.WEIGHTS.items()
            ]
        ),
        "Points of each feature, and why",
        how="A judgement of this review, each with its reason; not estimated.",
        folded="How the score is made",
    )


def contradictions(review: Review) -> pd.DataFrame:
    """What papers print that cannot all be right, what is used, and why."""
    return pd.DataFrame(
        [
            {
                "study": review.studies[study].label,
                "what disagrees": c.about,
                "used": c.used,
                "why": c.reason,
                "study_id": study,
                "entries": tuple(c.entries),
            }
            for study, record in review.records.items()
            for c in record.contradictions
        ]
    )


def integrity(review: Review) -> pd.DataFrame:
    """What agrees across papers to the digit, or contradicts itself, a line for each study."""
    return pd.DataFrame(
        [
            {
                "study": review.studies[study].label,
                INTEGRITY: record.integrity.said,
                "study_id": study,
                "entries": tuple(record.integrity.entries),
            }
            for study, record in review.records.items()
            if record.integrity
        ]
    )


def medians(review: Review) -> Table:
    return Table(
        pd.DataFrame(characteristics.medians(review)),
        "Medians and ranges by arm, as printed",
        how="Copied from the records as printed; nothing is computed.",
        sources=markers.of_medians(review),
    )


def external(review: Review) -> Table:
    """Numbers from outside the included studies."""
    return Table(
        pd.DataFrame(
            [
                {"what": n.meaning, "as printed": n.printed, "source": n.source}
                for n in review.register.external
            ]
        ),
        "Numbers from outside the included studies",
        how="Copied from the register as printed; nothing is computed.",
    )


def missing(review: Review) -> list[str]:
    """What would change the answers most, in sentences."""
    said = [
        f"{s.label} awaits data: {s.reason}" for s in review.register.studies if s.decision == "awaiting_data"
    ]
    for key, endpoint in ENDPOINTS.items():
        evidence = evidence_of(key, review)
        silent = [
            s.label
            for s in review.register.studies
            if s.registered and s.decision == "included" and s.id not in evidence.studies
        ]
        if endpoint.role == "primary" and silent:
            said.append(
                f"{endpoint.title}: {len(evidence.studies)} of the registered studies with a text can be"
                f" used; what {' and '.join(silent)} print{'' if len(silent) > 1 else 's'} cannot."
            )
    alone = [e.title for key, e in ENDPOINTS.items() if len(evidence_of(key, review).studies) == 1]
    if alone:
        said.append(f"Endpoints that rest on a single study: {', '.join(alone)}.")
    return said


def an_entry(review: Review) -> str:
    """The first count of an included study as it stands in its record's file."""
    for study, record in review.included().items():
        for i, entry in enumerate(record.entries[:-1]):
            if entry.kind == "counts":
                starts = review.sources[study].lines
                lines = (ROOT / "records" / f"{study}.yml").read_text(encoding="utf-8").splitlines()
                return "\n".join(lines[starts["entries", i] - 1 : starts["entries", i + 1] - 1])
    return ""


def diagnostics(review: Review) -> Table:
    """Worst diagnostics of each posterior and its verdict."""
    rows = []
    for key, endpoint in ENDPOINTS.items():
        info = store.read(key, review).info
        d = info["diagnostics"]
        rows.append(
            {
                "endpoint": endpoint.title,
                "R-hat": f"{d['r_hat']:.3f}",
                "bulk ESS": f"{d['ess_bulk']:.0f}",
                "tail ESS": f"{d['ess_tail']:.0f}",
                "divergences": d["divergences"],
                "E-BFMI": f"{d['e_bfmi']:.2f}",
                "verdict": info["verdict"],
            }
        )
    return Table(
        pd.DataFrame(rows),
        "Diagnostics of each posterior: the worst over its parameters",
        how="Computed by ArviZ from the stored draws when each posterior was fitted, and kept with it.",
    )


def fits(review: Review) -> Table:
    """Hash, seed and time of each posterior."""
    rows = []
    for key, endpoint in ENDPOINTS.items():
        info, evidence = store.read(key, review).info, evidence_of(key, review)
        rows.append(
            {
                "endpoint": endpoint.title,
                "studies": len(evidence.studies),
                "reports used": len(evidence.used),
                "evidence": info["evidence"],
                "posterior": info["hash"],
                "base seed": info["sampler"]["seed"],
                "seconds": f"{info['seconds']:.1f}",
            }
        )
    return Table(
        pd.DataFrame(rows),
        "Each posterior: hash, seed, time",
        how="Written down when each posterior was fitted, and kept with it.",
    )


def versions(review: Review) -> Table:
    """Software, sampler settings, and the state of the evidence."""
    rows: list[tuple[str, str | float]] = [
        ("this review", version()),
        ("evidence", evidence_hash(review)),
        ("Python", platform.python_version()),
        *store.software().items(),
    ]
    rows += [(f"sampler, {name}", value) for name, value in SAMPLER.items()]
    return Table(
        pd.DataFrame([(name, str(value)) for name, value in rows], columns=["what", "version or value"]),
        "Versions",
        how="Read from the installed packages, the settings of the sampler and the records.",
    )


def monte_carlo(review: Review) -> Table:
    """Monte Carlo standard errors of each printed ratio."""
    rows = []
    for key, endpoint in ENDPOINTS.items():
        found = summarise(key, review)
        rows.append(
            {"endpoint": endpoint.title}
            | {name: f"{found['mcse'][name]:.3f}" for name in ("median", "lower", "upper")}
            | {"decimals shown": found["digits"]}
        )
    return Table(
        pd.DataFrame(rows),
        "Monte Carlo standard errors on the ratio scale",
        how=(
            "The standard error that the finite number of stored draws leaves on each printed limit, by "
            "the effective sample size."
        ),
    )
