"""Does the posterior foresee the reports that were left out?  And what survival curves does it imply?

Every check simulates the report from the draws, as its paper would have printed it, and says where the
printed one lies. Patients of a left-out report are often those of a report used, so a check that passes is
weak evidence; one that fails is a warning.
"""

from dataclasses import dataclass

import numpy as np

from extraction.records import Review
from extraction.recover.p_values import fisher
from extraction.recover.rounding import printed_p
from models.answers.absolute import risk_with
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Unused
from models.likelihood.power import mann_whitney_critical
from models.likelihood.reports import z_from_p
from models.runs import store
from models.trust.simulate import log_rank_z
from models.words import percent

SEED = 20_261_121
SURPRISING = 0.05
"""A report is called surprising if results as far out, or its outcome, have a smaller predictive probability
than this.
"""


@dataclass(frozen=True)
class Check:
    """A left-out report and its prediction.

    quantity : `|z|` of a log-rank test, `p` of a test of counts, or `significant`, the outcome of a test in
    words
    predicted : simulated |z|; or 0 and 1, whether p is as small as the printed one, whether the test is
    significant
    printed : where the printed report stands on that scale
    probability : of a |z| as large or larger, of a p as small or smaller, of the outcome printed
    """

    report: Unused
    quantity: str
    predicted: np.ndarray
    printed: float
    probability: float

    @property
    def verdict(self) -> str:
        """A small |z| is never surprising, as its density is largest near zero; a large one can be."""
        return "surprising" if self.probability < SURPRISING else "as foreseen"


def checks(key: str, review: Review) -> list[Check]:
    """A check of every unused report that the posterior can predict."""
    draws, generator = store.read(key, review).draws, np.random.default_rng(SEED)
    predict = {
        "log_rank": lambda report: _log_rank(report, _effect(draws, report.study), generator),
        "durations": lambda report: _durations(report, draws, generator),
        "table": lambda report: _table(
            report, _effect(draws, report.study), _baseline(draws, report.study), generator
        ),
    }
    return [
        predict[report.check["kind"]](report) for report in evidence_of(key, review).unused if report.check
    ]


def _effect(draws, study: str) -> np.ndarray:
    """Log ratio of a study, or of a new one where it entered no likelihood."""
    known = study in draws["study"].values
    return (draws["theta"].sel(study=study) if known else draws["prediction"]).values.ravel()


def _baseline(draws, study: str) -> np.ndarray:
    """Log odds of the event without tocilizumab in a study whose counts or tables are used."""
    (table,) = [name for name in draws["table"].values if name.split(" ")[0] == study]
    return draws["alpha"].sel(table=table).values.ravel()


def _log_rank(report: Unused, log_hr: np.ndarray, generator) -> Check:
    sign, printed = z_from_p(report.check["p"])
    z = np.abs(log_rank_z(log_hr, report.check["n_toci"], report.check["n_control"], generator))
    return Check(report, "|z|", z, printed, float(np.mean(z >= printed)))


def _table(report: Unused, log_or: np.ndarray, baseline: np.ndarray, generator) -> Check:
    """How often Fisher's test of groups of these sizes comes out as printed, at the risks of the whole study."""
    n_toci, n_control = report.check["n_toci"], report.check["n_control"]
    toci, control = (
        generator.binomial(n, 1 / (1 + np.exp(-logit)))
        for n, logit in ((n_toci, baseline + log_or), (n_control, baseline))
    )
    p = fisher(toci, n_toci, control, n_control)
    if "p" in report.check:
        as_small = p <= printed_p(report.check["p"]).upper
        return Check(report, "p", as_small.astype(float), 1.0, float(np.mean(as_small)))
    significant, printed = p < report.check["alpha"], report.check["significant"]
    return Check(
        report,
        "significant",
        significant.astype(float),
        float(printed),
        float(np.mean(significant == printed)),
    )


def _durations(report: Unused, draws, generator) -> Check:
    """How often a Mann-Whitney test of two arms of mixed grades comes out as printed."""
    stacked = draws.stack(sample=("chain", "draw"))
    toci, control = (
        _simulate(stacked, report.study, report.check[arm], arm == "toci", generator)
        for arm in ("toci", "control")
    )
    u = (toci[:, :, None] > control[:, None, :]).sum(axis=(1, 2))
    n_toci, n_control = toci.shape[1], control.shape[1]
    critical = mann_whitney_critical(n_toci, n_control, 0.05)
    significant = (u <= critical) | (u >= n_toci * n_control - critical)
    printed = bool(report.check["outcome"])
    return Check(
        report,
        "significant",
        significant.astype(float),
        float(printed),
        float(np.mean(significant == printed)),
    )


def _simulate(stacked, study: str, cells: list[list[int]], toci: bool, generator) -> np.ndarray:
    """Durations in log days of the patients of an arm, shape (sample, patient); cells pair grade and number."""
    step = {1: -stacked["step_1_to_2"].values, 2: 0.0, 3: stacked["step_2_to_3"].values}
    level, sigma = (stacked[name].sel(study=study).values for name in ("level", "sigma"))
    parts = []
    for grade, n in cells:
        mean = level + step[grade] + (stacked["delta"].sel(study=study, grade=grade).values if toci else 0.0)
        parts.append(mean[:, None] + sigma[:, None] * generator.standard_normal((len(mean), n)))
    return np.concatenate(parts, axis=1)


def prior_effects(key: str, samples: int = 20_000) -> np.ndarray:
    """Log ratios of single studies that the priors of mean and between-study SD foresee."""
    endpoint, generator = ENDPOINTS[key], np.random.default_rng(SEED)
    mu, tau = (
        prior.quantile(generator.uniform(size=samples)) for prior in (endpoint.mu_prior, endpoint.tau_prior)
    )
    return mu + tau * generator.standard_normal(samples)


def foreseen_before(key: str, review: Review) -> list[str]:
    """What the priors foresee of each report used, as sentences: the risk with tocilizumab, or how often a
    log-rank p is below 0.05.
    """
    theta, generator, said = prior_effects(key), np.random.default_rng(SEED), []
    for report in evidence_of(key, review).used:
        label, data = review.studies[report.study].label, report.data
        if report.only_table and report.only_table[2]:
            risk = report.only_table[2] / report.only_table[3]
            low, middle, high = 1000 * np.quantile(risk_with(risk, theta), [0.025, 0.5, 0.975])
            said.append(
                f"{label}: where {1000 * risk:.0f} in 1,000 have the event without tocilizumab, the priors"
                f" foresee {middle:.0f} with it (95 % interval {low:.0f} to {high:.0f})."
            )
        elif report.term == "log_rank":
            z = log_rank_z(theta, data["n_toci"], data["n_control"], generator)
            said.append(
                f"{label}: with {data['n_toci']} v {data['n_control']} patients the priors foresee a log-rank"
                f" p below 0.05 in {percent(float(np.mean(np.abs(z) > z_from_p('0.05')[1])))} of such"
                f" studies; printed is p={data['p']}."
            )
    return said


def prior_durations(samples: int = 20_000) -> dict[int, np.ndarray]:
    """Days of CRS without tocilizumab that the priors foresee in one patient of each grade."""
    from models.crs_duration import GRADES
    from models.priors import LEVEL_LOG_DAYS as LEVEL
    from models.priors import SIGMA_LOG_DURATION as SIGMA
    from models.priors import STEP_LOG_DURATION as STEP

    generator = np.random.default_rng(SEED)

    def draw(prior):
        return prior.quantile(generator.uniform(size=samples))

    level, sigma = draw(LEVEL), draw(SIGMA)
    step = {1: -draw(STEP), 2: np.zeros(samples), 3: draw(STEP)}
    return {
        grade: np.exp(level + step[grade] + sigma * generator.standard_normal(samples)) for grade in GRADES
    }


def survival_curves(
    key: str, review: Review, patients: int = 100, cohorts: int = 150, follow_up: float = 3.0
):
    """Kaplan-Meier estimates of simulated cohorts, as {arm: array (cohort, time)} at common times.

    No baseline hazard is known, so time is in multiples of the median survival without tocilizumab and the
    hazard is taken as constant; with tocilizumab it is multiplied by a draw of the hazard ratio of a next
    study.  All are followed to `follow_up`.
    """
    from lifelines import KaplanMeierFitter

    generator = np.random.default_rng(SEED)
    log_hr = store.read(key, review).draws["prediction"].values.ravel()
    times = np.linspace(0, follow_up, 61)
    curves: dict[str, list] = {"none": [], "tocilizumab": []}
    for effect in generator.choice(log_hr, cohorts, replace=False):
        for arm, hazard in (("none", np.log(2)), ("tocilizumab", np.log(2) * np.exp(effect))):
            life = generator.exponential(1 / hazard, patients)
            fit = KaplanMeierFitter().fit(np.minimum(life, follow_up), life <= follow_up)
            curves[arm].append(fit.survival_function_at_times(times).to_numpy())
    return times, {arm: np.array(found) for arm, found in curves.items()}
