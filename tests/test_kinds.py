"""What every kind of report has to do, held over the registry."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from example_tree import copy_compiled

from extraction.question import GRADES
from models.engines import hierarchy
from models.engines.durations import layout
from models.evidence.report import Evidence, Used
from models.likelihood.duration_report import DurationReport
from models.likelihood.graph_op import DurationReports
from models.likelihood.kernels import joint
from models.likelihood.kinds.curve_ratio import CurveRatio
from models.likelihood.kinds.log_rank import LogRank
from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.kinds.mean_ratio import MeanRatio
from models.likelihood.kinds.means import Means
from models.likelihood.kinds.median_quartiles import MedianQuartiles
from models.likelihood.kinds.median_range import MedianRange
from models.likelihood.kinds.medians import Medians
from models.likelihood.kinds.odds_ratio import OddsRatio
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.ratio_with_p import RatioWithP
from models.likelihood.kinds.survival_medians import SurvivalMedians
from models.likelihood.kinds.survival_shares import SurvivalShares
from models.likelihood.kinds.table import Table
from models.likelihood.kinds.table_set import TableSet
from models.likelihood.kinds.test_outcome import OutcomeOfTest
from models.likelihood.kinds.uneven_ratio import UnevenRatio
from models.likelihood.registry import KINDS
from models.likelihood.report import EffectReport
from models.priors import MIDWAY, MU_LOG_RATIO, TAU_PRIMARY

ROOT = Path(__file__).parents[1]
FINDING = {"significant": True, "direction": "lower"}
EXAMPLES = [
    Table(events_treated=4, events_control=2, n_treated=6, n_control=5),
    TableSet(((4, 6, 2, 5),)),
    TableSet(((3, 17, 4, 28), (4, 17, 5, 28))),
    LogRankHistories("0.6547", None, 4, 2),
    LogRankHistories("0.3173", "lower", 3, 2, counted=(8, 10)),
    Ratio(1.031, 0.512, 2.076),
    UnevenRatio(3.69, 1.18, 16.5),
    RatioWithP(0.74, 0.735, 0.745, "0.36"),
    OddsRatio(1.4, 0.52, 3.77),
    CurveRatio(0.8, 0.35, 1.83),
    MeanRatio(0.81, 0.66, 0.99),
    Means((14.0, 8.0, 8), (18.0, 11.0, 13)),
    Medians((None, 3.0, 5.0, 9.0, None), (1.0, None, 6.0, None, 30.0), 17, 28),
    SurvivalShares((0.61, 0.47, 0.74), (0.66, 0.53, 0.78)),
    SurvivalMedians((24.0, 16.0, 45.0), (15.0, 12.0, None)),
    LogRank("0.273", None, 17, 28),
    LogRank("<0.05", "lower", 17, 28),
    LogRank(">0.9999", "higher", 17, 10),
    OutcomeOfTest(treated=((3, 9),), control=((3, 6),), tests=("t", "mann_whitney"), **FINDING),
    OutcomeOfTest(treated=((2, 8),), control=((1, 7), (2, 11)), tests=("mann_whitney",), **FINDING),
    MedianRange(treated=((2, 8), (3, 9)), control=None, median=6.1, minimum=2.0, maximum=14.0),
    MedianRange(treated=((2, 3),), control=((1, 2), (2, 4)), median=5.5, minimum=0.0, maximum=12.0, zeros=2),
    MedianQuartiles(
        treated=None, control=((1, 7), (3, 4)), median=5.5, lower_quartile=3.0, upper_quartile=9.0
    ),
]
PRINTED_ALIKE = (Table, TableSet, LogRankHistories)
"""Kinds that new patients print again and again, so that their likelihood is a share that can be counted."""
AS_WRITTEN = pytensor.compile.mode.Mode(linker="py", optimizer=None)
"""Graphs are run by Python: a compiler takes longer than all of them."""


def examples(*kinds):
    found = [report for report in EXAMPLES if isinstance(report, kinds)]
    return pytest.mark.parametrize("report", found, ids=lambda report: report.name)


every_report = pytest.mark.parametrize("report", EXAMPLES, ids=lambda report: report.name)


def test_every_kind_has_an_example_here():
    assert {type(report) for report in EXAMPLES} == set(KINDS.values())


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_in_words_what_it_is_and_stands_in_the_file_of_its_name(name):
    kind = KINDS[name]
    assert kind.words and kind.short and kind.__module__ == f"models.likelihood.kinds.{name}"


@every_report
def test_a_report_comes_back_from_json_with_the_same_hash(report):
    again = KINDS[report.name].of(json.loads(json.dumps(report.data)))
    assert again == report and hash(again) == hash(report)
    hashes = {Evidence("endpoint", (Used("study", one, ()),)).used_hash() for one in (report, again)}
    assert len(hashes) == 1


# arms


def swapped(report):
    """The same report with tocilizumab taken for none and none for tocilizumab."""
    if isinstance(report, Ratio):
        return replace(report, estimate=1 / report.estimate, lower=1 / report.upper, upper=1 / report.lower)
    if isinstance(report, RatioWithP):
        return replace(report, estimate=1 / report.estimate, least=1 / report.most, most=1 / report.least)
    data = json.loads(_exchanged(json.dumps(report.data), "treated", "control"))
    if "direction" in data:
        data["direction"] = data["direction"] and _exchanged(data["direction"], "lower", "higher")
    if "candidates" in data:
        data["candidates"] = [[*row[2:], *row[:2]] for row in data["candidates"]]
    return type(report).of(data)


def _exchanged(text: str, one: str, other: str) -> str:
    return re.sub(f"{one}|{other}", lambda found: other if found[0] == one else one, text)


@examples(EffectReport)
@pytest.mark.parametrize("effect", [-1.3, 0.0, 0.6])
def test_swapping_the_arms_mirrors_the_likelihood_of_an_effect(report, effect):
    """An effect on the risk of one arm is the opposite effect, seen from the risk of the other."""
    baseline = -0.4
    assert swapped(report).log_likelihood(-effect, baseline + effect) == pytest.approx(
        report.log_likelihood(effect, baseline), abs=1e-9
    )


def means() -> np.ndarray:
    """Mean log days, shape (grade, arm), control first."""
    return np.array([[1.2, 1.0], [1.6, 1.3], [2.1, 1.5]])


def duration_inputs(report: DurationReport, means: np.ndarray) -> list:
    assert means.shape == (len(GRADES), 2)
    return [means.ravel(), np.array([0.6]), *layout(Evidence("crs_duration", (Used("study", report, ()),)))]


@examples(DurationReport)
def test_swapping_the_arms_mirrors_the_likelihood_of_durations(report):
    found = joint(*duration_inputs(report, means()))[0]
    assert np.isfinite(found)
    assert joint(*duration_inputs(swapped(report), means()[:, ::-1]))[0] == pytest.approx(found, abs=1e-9)


# both languages


@examples(EffectReport)
def test_the_likelihood_of_an_effect_is_the_same_for_numbers_and_for_graphs(report):
    effect, baseline = pt.dscalars("effect", "baseline")
    graph = pytensor.function(
        [effect, baseline], report.log_likelihood(effect, baseline), mode=AS_WRITTEN, on_unused_input="ignore"
    )
    for point in ((0.3, -0.5), (-2.0, 1.0), (2.7, -1.0)):
        # rounding only
        assert float(graph(*point)) == pytest.approx(float(report.log_likelihood(*point)), rel=1e-10)


def test_many_reports_in_one_term_of_the_graph_are_as_likely_as_each_in_its_own(monkeypatch):
    tables = [Table(i, 2 * i, 20 + i, 30 + i) for i in range(3)]
    ratios = [Ratio(0.7 + i / 10, 0.4, 1.8, level) for i, level in enumerate((90.0, 95.0, 99.0))]
    others = [TableSet(((3, 17, 4, 28), (4, 17, 5, 28))), UnevenRatio(3.69, 1.18, 16.5)]
    mixed = (tables[0], ratios[0], others[0], tables[1], ratios[1], others[1], tables[2], ratios[2])
    # two studies print twice
    used = tuple(Used(f"study{i % 6}", report, (), f"part{i}") for i, report in enumerate(mixed))
    found = []
    for many in (3, 4):
        monkeypatch.setattr(hierarchy, "MANY", many)
        model = hierarchy.from_reports(Evidence("endpoint", used), MU_LOG_RATIO, TAU_PRIMARY, MIDWAY)
        values = {
            value.name: np.random.default_rng(i).normal(size=model.initial_point()[value.name].shape)
            for i, value in enumerate(model.value_vars)
        }
        found.append((len(model.potentials), float(model.compile_logp(mode=AS_WRITTEN)(values))))
    (terms, together), (all_terms, apart) = found
    assert (terms, all_terms) == (4, 8)
    assert together == pytest.approx(apart, rel=1e-12)  # rounding only


@examples(DurationReport)
def test_the_likelihood_of_durations_is_the_same_for_numbers_and_for_graphs(report):
    _, sigma, *arrays = duration_inputs(report, means())
    midway, effect = means().mean(axis=1), np.diff(means())[:, 0]
    zeros = np.zeros((1, len(GRADES)))
    parameters = [effect, 0.0, zeros, np.zeros(1), midway[1:2], midway - midway[1], sigma]
    graph = DurationReports()(*map(pt.as_tensor, [*parameters, *arrays]))[0].eval(mode=AS_WRITTEN)
    packed = report.packed()
    by_cell = [means()[GRADES.index(grade), int(arm == "treated")] for grade, arm, _ in report.cells]
    # of one grade a test sees the difference alone
    seen = [by_cell[0] - by_cell[1]] if packed.kind == "curve" else by_cell
    assert float(graph) == pytest.approx(packed.log_likelihood(seen, 0.6), rel=1e-12)


# simulation


@examples(*PRINTED_ALIKE)
@pytest.mark.parametrize("effect", [0.0, 0.9])
def test_new_patients_print_the_report_as_often_as_its_likelihood_says(report, effect):
    """Of a set of tables the paper that saw one could have seen any: each of them prints the whole set."""
    generator, draws, new = np.random.default_rng(11), 6000, report.simulate
    if isinstance(report, TableSet):
        tables = np.array(report.candidates)
        new = partial(new, alike=lambda a, b, _: tables[: len(tables) * ([a, b] in tables[:, ::2].tolist())])
    kept = np.mean([new(effect, generator) == report for _ in range(draws)])
    expected = float(np.exp(report.of_effect(MIDWAY)(np.array([effect]))[0]))
    assert kept > 0
    assert kept == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / draws))


@examples(DurationReport)
def test_new_patients_print_a_report_of_the_same_patients(report):
    generator = np.random.default_rng(12)
    patients = {(grade, arm): np.exp(generator.normal(1.6, 0.6, n)) for grade, arm, n in report.cells}
    new = report.simulate(patients, generator)
    assert (type(new), new.cells) == (type(report), report.cells) and new != report


# the worked example of CONTRIBUTING


def test_the_kind_of_the_worked_example_is_one_file_and_named_in_two_places(tmp_path):
    said = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Add a kind of report")[2]
    path, code = re.search(
        r"`(models/likelihood/kinds/\w+\.py)`[^`]*```python\n(.*?)```", said, re.DOTALL
    ).groups()
    for folder in ("extraction", "models", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    copy_compiled(tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / path).write_text(code, encoding="utf-8")
    for change in re.findall(r"```diff\n(.*?)```", said, re.DOTALL):
        subprocess.run(["git", "apply", "-"], input=change, text=True, cwd=tmp_path, check=True)
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_kinds.py"]
    done = subprocess.run(
        [*run, "-k", f"{Path(path).stem} or every_kind"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^9 passed", done.stdout, re.MULTILINE), done.stdout
