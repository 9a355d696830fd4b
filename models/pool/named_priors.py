"""Priors of tau from past Cochrane reviews, by name: `turner:infection` or `turner:infection:drug-drug` of
log odds ratios, `rhodes`, `rhodes:pain` or `rhodes:pain:drug-drug` of standardised mean differences.
"""

from __future__ import annotations

from models.priors import Prior, parse

OUTCOMES = (
    "mortality", "obstetric", "morbidity", "resource-use", "surgical-success", "withdrawal",
    "internal-structure", "physical-health", "adverse-events", "infection", "signs-symptoms", "pain",
    "quality-of-life", "mental-health", "biomarker", "subjective",
)  # fmt: skip
COMPARISONS = ("drug-control", "drug-drug", "other-control", "other-drug", "other-other")
"""A drug or another intervention against placebo or control, a drug, or another intervention."""
MEANS = (
    (3.95, 3.52, 3.71, 2.34, 2.14, 2.99, 2.71, 2.29, 1.87, 2.49, 2.06, 1.83, 2.54, 2.12, 1.77, 2.70),
    (4.18, 3.75, 3.95, 2.58, 2.37, 3.23, 2.94, 2.53, 2.10, 2.73, 2.29, 2.06, 2.78, 2.35, 2.00, 2.93),
    (4.17, 3.74, 3.93, 2.56, 2.36, 3.21, 2.93, 2.51, 2.10, 2.71, 2.28, 2.05, 2.77, 2.34, 1.99, 2.92),
    (2.92, 2.49, 2.68, 1.31, 1.11, 1.96, 1.67, 1.26, 0.84, 1.46, 1.03, 0.80, 1.51, 1.09, 0.74, 1.67),
    (3.50, 3.08, 3.27, 1.90, 1.69, 2.55, 2.26, 1.85, 1.43, 2.05, 1.61, 1.38, 2.10, 1.67, 1.33, 2.26),
)
"""Of log tau squared, their signs turned, a row for each comparison, in the order of the outcomes."""
SDS = (
    (1.34, 1.74, 1.74, 1.74, 1.74, 1.74, 1.74, 1.53, 1.52, 1.52, 1.51, 1.52, 1.54, 1.53, 1.52, 1.52),
    (1.41, 1.79, 1.79, 1.79, 1.79, 1.79, 1.79, 1.58, 1.58, 1.58, 1.58, 1.58, 1.60, 1.60, 1.58, 1.58),
    (1.55, 1.91, 1.91, 1.91, 1.91, 1.91, 1.92, 1.72, 1.71, 1.71, 1.71, 1.71, 1.73, 1.72, 1.71, 1.71),
    (1.02, 1.50, 1.51, 1.50, 1.50, 1.51, 1.51, 1.25, 1.24, 1.24, 1.24, 1.25, 1.27, 1.27, 1.24, 1.25),
    (1.26, 1.68, 1.68, 1.68, 1.68, 1.68, 1.68, 1.46, 1.45, 1.45, 1.45, 1.45, 1.47, 1.47, 1.45, 1.45),
)
SOURCE = (
    "Turner 2015, Stat Med 34:984, doi 10.1002/sim.6381, table IV: tau squared of log odds ratios"
    " log-normal({:g}, {:g}), values as read in the source code of bayesmeta"
)


RHODES_OUTCOMES = (
    "obstetric", "resource-use", "internal-structure", "pain", "infection", "mental-health", "biomarker",
    "subjective",
)  # fmt: skip
"""Pain stands for physical health, adverse events and quality of life too, infection for signs and symptoms
and the onset of new disease.
"""
RHODES_COMPARISONS = ("drug-control", "drug-drug", "other")
RHODES_LOCATIONS = (
    (4.13, 2.55, 2.43, 3.16, 3.00, 2.99, 3.41, 2.76),
    (4.40, 2.83, 2.70, 3.44, 3.27, 3.27, 3.68, 3.03),
    (3.99, 2.41, 2.29, 3.02, 2.86, None, 3.27, 2.62),
)
"""Of log tau squared, their signs turned, as `MEANS`. None: the source has 3.85, and the others of its row
differ from those of the first by 0.14 throughout, which would be 2.85; neither is taken.
"""
RHODES_SCALES = (
    (2.34, 2.73, 2.50, 2.50, 2.50, 2.16, 2.83, 2.58),
    (2.31, 2.70, 2.46, 2.44, 2.47, 2.14, 2.78, 2.59),
    (2.11, 2.57, 2.32, 2.27, 2.33, 1.93, 2.66, 2.41),
)
RHODES_ANY = (3.44, 2.59)
RHODES_SOURCE = (
    "Rhodes 2015, J Clin Epidemiol 68:52, doi 10.1016/j.jclinepi.2014.08.012, table 3: log tau squared of"
    " standardised mean differences t(5, {:g}, {:g}), values as read in the source code of bayesmeta"
)


def prior_of(text: str) -> Prior:
    """A prior by name or by family; raise ValueError saying what is legal."""
    if text == "rhodes" or text.startswith("rhodes:"):
        return _rhodes(text)
    return _turner(text) if text.startswith("turner:") else parse(text)


def _rhodes(text: str) -> Prior:
    """Log tau is half of log tau squared, so location and scale halve."""
    outcome, _, comparison = text.removeprefix("rhodes").removeprefix(":").partition(":")
    comparison = comparison or RHODES_COMPARISONS[0]
    if outcome and (outcome not in RHODES_OUTCOMES or comparison not in RHODES_COMPARISONS):
        raise ValueError(
            f"{text!r} is not in Rhodes's table: write rhodes or rhodes:OUTCOME:COMPARISON, the outcome one"
            f" of {', '.join(RHODES_OUTCOMES)}, the comparison one of {', '.join(RHODES_COMPARISONS)}"
        )
    if outcome:
        row, column = RHODES_COMPARISONS.index(comparison), RHODES_OUTCOMES.index(outcome)
        location, scale = RHODES_LOCATIONS[row][column], RHODES_SCALES[row][column]
    else:
        location, scale = RHODES_ANY
    if location is None:
        raise ValueError(
            f"{text!r}: the copy of Rhodes's table at hand has a misprint there, so it is not taken"
        )
    of = f" of {outcome.replace('-', ' ')}, {comparison.replace('-', ' v ')}" if outcome else ""
    return Prior(
        f"rhodes_{outcome}_{comparison}" if outcome else "rhodes",
        "log_t",
        (5.0, -location / 2, scale / 2),
        f"as in past Cochrane reviews{of} (Rhodes 2015)",
        RHODES_SOURCE.format(-location, scale),
    )


def _turner(text: str) -> Prior:
    """Log tau is half of log tau squared, so mean and SD halve."""
    outcome, _, comparison = text.removeprefix("turner:").partition(":")
    comparison = comparison or COMPARISONS[0]
    if outcome not in OUTCOMES or comparison not in COMPARISONS:
        raise ValueError(
            f"{text!r} is not in Turner's table: write turner:OUTCOME:COMPARISON, the outcome one of"
            f" {', '.join(OUTCOMES)}, the comparison one of {', '.join(COMPARISONS)}"
        )
    row, column = COMPARISONS.index(comparison), OUTCOMES.index(outcome)
    mean, sd = -MEANS[row][column], SDS[row][column]
    return Prior(
        f"turner_{outcome}_{comparison}",
        "log_normal",
        (mean / 2, sd / 2),
        f"as in past Cochrane reviews of {outcome.replace('-', ' ')}, {comparison.replace('-', ' v ')}"
        " (Turner 2015)",
        SOURCE.format(mean, sd),
    )
