"""A digitised curve from its file to the pages: read or refused with the place named, checked, used by rule,
drawn.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from example_curves import curve_of, example, text_of, write
from example_review import RECORD

from book.shown.endpoint import curves, tables, without_priors
from book.shown.endpoint.printed import printed_result
from extraction.__main__ import main
from extraction.digitised.drawing import kaplan_meier
from extraction.digitised.read import read
from extraction.records import ROOT, load
from extraction.recover.curve_types import NO_ARM, ArmCurve, AtRisk, Point
from extraction.recover.curves import reconstruct
from extraction.source import BadRecords
from models.evidence.collect import alternatives, collect
from models.evidence.report import Reading
from models.history.what_if import what_if
from models.likelihood.kinds.curve_ratio import CurveRatio

NAME = "example2020-overall_survival.csv"
FILE = f"curves/{NAME}"


def refused(tmp_path: Path, text: str) -> list:
    path = tmp_path / "curves" / NAME
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    with pytest.raises(BadRecords) as stopped:
        read(path)
    return stopped.value.problems


def line_of(text: str, start: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), start=1) if line.startswith(start))


# reading


def test_what_was_digitised_is_read(tmp_path):
    curve = example(events=True)
    found = read(write(tmp_path, NAME, curve))
    assert (
        found.unit == "years"
        and found.pixel == pytest.approx(curve.pixel)
        and found.calibration == curve.calibration
    )
    assert [(row.time, row.n) for row in found.treated.at_risk] == [
        (row.time, row.n) for row in curve.treated.at_risk
    ]
    assert found.control.events == curve.control.events
    assert np.array([p[:2] for p in found.treated.points]) == pytest.approx(
        np.array([p[:2] for p in curve.treated.points]), abs=0.0006
    )


def test_remarks_blank_lines_and_the_order_of_columns_do_not_matter(tmp_path):
    path = write(tmp_path, NAME, example())
    plain, lines = read(path), path.read_text().splitlines()
    turned = [",".join(reversed(line.split(","))) for line in lines]
    path.write_text("# digitised twice\n\n" + "\n".join(turned) + "\n")
    again = read(path)
    assert [p[:2] for p in again.treated.points] == [
        p[:2] for p in plain.treated.points
    ] and again.pixel == plain.pixel


FORM = [
    ("kind,arm,time_years", "kind,arm,time", "columns", "the columns are kind,arm,time"),
    ("point,treated,", "dot,treated,", "kind", "must be one of calibration, point"),
    ("point,treated,", "point,drug,", "point.arm", "must be one of treated, control"),
    ("point,treated,", "point,,", "point.arm", "is required"),
    (
        "point,treated,",
        "point,treated,0,=1+1,,,\npoint,treated,",
        "point.survival (treated)",
        "must be a number",
    ),
    (
        "point,treated,",
        "point,treated,0,nan,,,\npoint,treated,",
        "point.survival (treated)",
        "must be a number",
    ),
    ("point,treated,", "point,treated,0,1,7,,\npoint,treated,", "point.n", "leaves this cell empty"),
    ("point,treated,", "point,treated,0,1\npoint,treated,", "row", "a row has 7 cells"),
    (
        "at_risk,treated,0,",
        "at_risk,treated,0,,11.5,,\nat_risk,treated,0,",
        "at_risk.n (treated)",
        "must be a whole number of patients",
    ),
    (
        "calibration,,6",
        "calibration,,3,0,,370,450\ncalibration,,6",
        "calibration.pixel_x",
        "pixels off the straight axis",
    ),
]


@pytest.mark.parametrize(("old", "new", "field", "rule"), FORM)
def test_a_fault_of_form_names_line_field_value_and_rule(tmp_path, old, new, field, rule):
    text = text_of(example())
    line = line_of(text, old)
    problem = next(p for p in refused(tmp_path, text.replace(old, new, 1)) if p.field == field)
    assert (
        problem.line == line
        and rule in problem.rule
        and problem.file == FILE
        and problem.study == "example2020"
        and problem.value
    )


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"", "a line of column names"), (b"\xff\xfe\x00", "UTF-8"), (b"x" * 1_000_001, "1,000,000 bytes")],
)
def test_what_is_no_curve_at_all_is_refused(tmp_path, content, rule):
    path = tmp_path / NAME
    path.write_bytes(content)
    with pytest.raises(BadRecords, match=rule):
        read(path)


def without(text: str, *starts: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith(starts)) + "\n"


def test_what_is_missing_is_named(tmp_path):
    text = text_of(example())
    assert "a curve has two points" in refused(tmp_path, without(text, "point,control"))[0].rule
    assert "points of an arm or of both" in refused(tmp_path, without(text, "point,"))[0].rule
    assert "patients at time 0" in refused(tmp_path, without(text, "at_risk,control,0,"))[0].rule
    assert "the axis of time needs two points" in refused(tmp_path, without(text, "calibration,,6"))[0].rule


# contradictions within a curve


def changed(**arm) -> str:
    """A curve whose treated arm is changed."""
    curve = example(events=True)
    return text_of(curve._replace(treated=curve.treated._replace(**arm)))


def last_of(text: str, start: str) -> str:
    return [line for line in text.splitlines() if line.startswith(start)][-1]


def test_a_curve_that_rises_is_refused_at_the_point_that_rises(tmp_path):
    text = text_of(example()) + "point,treated,5.5,0.99,,,\n"
    [problem] = refused(tmp_path, text)
    assert (
        problem.line == len(text.splitlines())
        and problem.field == "point.survival (treated)"
        and problem.value == "0.99"
        and "never rises" in problem.rule
    )


def test_percentages_are_read_where_the_axis_is_in_per_cent_and_named_once_where_it_is_not(tmp_path):
    text, per_cent = text_of(example()), []
    for line in text.splitlines():
        cells = line.split(",")
        if cells[0] in ("calibration", "point"):
            cells[3] = f"{100 * float(cells[3]):.2f}"
        per_cent.append(",".join(cells))
    path = write(tmp_path, NAME, example())
    plain = read(path)
    path.write_text("\n".join(per_cent) + "\n")
    found = read(path)
    assert found.pixel == pytest.approx(plain.pixel)
    shares, known = ([p.survival for p in curve.treated.points] for curve in (found, plain))
    assert shares == pytest.approx(known)
    lines = zip(text.splitlines(), per_cent, strict=True)
    mixed = [share if share.startswith("calibration") else other for share, other in lines]
    problems = refused(tmp_path, "\n".join(mixed) + "\n")
    assert [p.field for p in problems] == ["point.survival (treated)", "point.survival (control)"]
    assert all("percentages have an axis in per cent" in p.rule for p in problems)


def test_clicks_just_beyond_the_ends_of_the_axes_are_clicks(tmp_path):
    """Two pixels above 1, below 0 and left of 0."""
    moved = "point,treated,-0.02,1.005,,,\npoint,control,0.01,1.005,,,\npoint,treated,5.9,-0.005,,,\n"
    path = write(tmp_path, NAME, example())
    path.write_text(text_of(example()) + moved)
    assert read(path).treated.points[-1].survival == -0.005


def test_points_beyond_the_axes_are_refused(tmp_path):
    text = text_of(example()) + "point,treated,6.2,0.0,,,\n"
    [problem] = refused(tmp_path, text)
    assert (
        problem.line == len(text.splitlines())
        and problem.field == "point.time (treated)"
        and "beyond the calibrated axis, 0 to 6" in problem.rule
    )


def test_numbers_at_risk_never_grow_and_stand_in_order(tmp_path):
    text = text_of(example())
    row = last_of(text, "at_risk,control")
    [problem] = refused(tmp_path, text.replace(row, "at_risk,control,4,,30,,"))
    assert (
        problem.field == "at_risk.n (control)"
        and problem.value == "30"
        and "never grows" in problem.rule
        and problem.line == line_of(text, row)
    )
    [problem] = refused(tmp_path, text.replace(row, "at_risk,control,1.5,,0,,"))
    assert problem.field == "at_risk.time (control)" and "in order of time" in problem.rule


def test_more_at_risk_than_the_curve_leaves_is_refused(tmp_path):
    """With 18 at first, all still at risk after 3 years would mean that nobody died: the curve says
    otherwise.
    """
    curve = example()
    full = tuple(row._replace(n=18) if row.time <= 3 else row for row in curve.control.at_risk)
    problems = refused(tmp_path, text_of(curve._replace(control=curve.control._replace(at_risk=full))))
    assert [p.field for p in problems] == ["at_risk.n (control)"] and "the curve leaves at most" in problems[
        0
    ].rule


def test_a_fall_after_the_last_patient_is_refused(tmp_path):
    curve = example()
    nobody = tuple(row._replace(n=0) if row.time >= 1 else row for row in curve.control.at_risk)
    problems = refused(tmp_path, text_of(curve._replace(control=curve.control._replace(at_risk=nobody))))
    assert [p.field for p in problems] == ["at_risk.n (control)"] and "when nobody is at risk" in problems[
        0
    ].rule


@pytest.mark.parametrize("events", [0, 12])
def test_events_that_curve_and_numbers_at_risk_do_not_allow_are_refused(tmp_path, events):
    [problem] = refused(tmp_path, changed(events=events))
    assert (
        problem.field == "events.n (treated)"
        and problem.value == str(events)
        and "allow" in problem.rule
        and problem.line
    )


# a record that names a curve


@pytest.fixture
def with_curve(invented):
    """The invented review with a digitised curve of overall survival, and without its hazard ratio unless
    `ratio`.
    """

    def made(curve=None, ratio: bool = False, name: str = NAME, extra: str = ""):
        write(invented.root, NAME, curve or example())
        invented.plant(
            RECORD, "id: overall_survival.curve", "unit: none\n", f"unit: none\n    curve: {name}\n"
        )
        if not ratio:
            text = (invented.root / RECORD).read_text()
            start, end = (
                text.index("  - id: overall_survival.ratio"),
                text.index("  - id: progression_free_survival.p"),
            )
            (invented.root / RECORD).write_text(text[:start] + extra + text[end:])
        return invented

    return made


P_VALUE = """  - id: overall_survival.p
    kind: log_rank_p
    field: overall_survival
    arm: comparison
    unit: probability
    p: {p}
    printed: "p={p}"
    address: {{source: example2020.xml, section: Results, paragraph: 4}}
"""


@pytest.mark.parametrize(
    "name",
    [
        "../records/example2020.yml",
        "/etc/passwd",
        "other2020-overall_survival.csv",
        f"./{NAME}",
        f"curves/{NAME}",
    ],
)
def test_a_record_may_name_its_own_file_alone(with_curve, name):
    code, printed = with_curve(name=name).check()
    problem = next(p for p in printed["problems"] if p["field"] == "entries[overall_survival.curve].curve")
    assert (
        code == 1 and "extraction/curves" in problem["rule"] and problem["value"] == name and problem["line"]
    )


def test_a_link_out_of_the_folder_is_refused(with_curve, tmp_path):
    found = with_curve()
    path = found.root / FILE
    shutil.move(path, tmp_path / "elsewhere.csv")
    path.symlink_to(tmp_path / "elsewhere.csv")
    assert "not a link" in found.problem()["rule"]


def test_a_file_that_is_missing_and_one_that_nobody_names_are_problems(with_curve):
    found = with_curve()
    (found.root / FILE).rename(found.root / "curves" / "example2020-icans.csv")
    assert [p["rule"] for p in found.check()[1]["problems"]] == [
        "there is no such file in extraction/curves",
        "no entry of a record names this curve",
    ]


def test_the_curve_of_a_faulty_record_is_not_called_unnamed(with_curve):
    found = with_curve()
    found.plant(RECORD, "study: ", "study: ", "stdy: ")
    assert "no entry of a record names this curve" not in [p["rule"] for p in found.check()[1]["problems"]]


def test_a_record_with_a_curve_is_previewed_without_and_with_it(with_curve):
    root = with_curve().root
    seen = what_if(root / RECORD, root)
    assert not seen.before.curves and list(seen.after.curves) == [NAME]
    assert [r.entries for r in collect(seen.after, "overall_survival").used] == [("overall_survival.curve",)]


def test_a_faulty_curve_stops_the_check_with_its_place(with_curve):
    found = with_curve()
    with (found.root / FILE).open("a") as file:
        file.write("point,treated,5.5,0.99,,,\n")
    problem = found.problem()
    assert (
        problem["file"] == FILE
        and problem["field"] == "point.survival (treated)"
        and problem["line"] == len((found.root / FILE).read_text().splitlines())
    )


# what the check says of it


STARTS = "at time 0 a curve holds the patients of its arm"


def verdicts(found) -> list[tuple[str, str]]:
    """Rule and verdict of every finding about the curve."""
    _, printed = found.check()
    assert not printed["problems"], printed["problems"]
    return [(f["rule"], f["verdict"]) for f in printed["findings"] if f["entry"] == "overall_survival.curve"]


def test_a_curve_is_held_to_its_group_sizes_and_its_p(with_curve):
    p = f"{reconstruct(example()).p:.3f}"
    assert verdicts(with_curve(extra=P_VALUE.format(p=p))) == [
        (STARTS, "agrees"),
        (STARTS, "agrees"),
        (f"the log-rank p of the curve beside the printed {p}", "agrees"),
    ]


def test_a_records_curve_has_both_arms_and_their_patients(with_curve):
    curve = example()
    root = with_curve().root
    for broken, rule in (
        (text_of(curve._replace(control=NO_ARM)), "has both arms"),
        (without(text_of(curve), "at_risk"), "number at risk at time 0"),
    ):
        (root / FILE).write_text(broken)
        with pytest.raises(BadRecords, match=rule):
            load(root)


def test_a_curve_of_other_patients_or_with_another_p_differs_and_stops_the_check(with_curve):
    found = with_curve(example(n=(11, 18)), extra=P_VALUE.format(p="0.0001"))
    assert found.check()[0] == 1
    assert verdicts(found) == [
        (STARTS, "differs"),
        (STARTS, "agrees"),
        ("the log-rank p of the curve beside the printed 0.0001", "differs"),
    ]


def test_fewer_patients_may_start_where_the_endpoint_counts_some_alone(with_curve):
    found = with_curve(example(n=(11, 18)))
    found.plant(
        RECORD,
        "definitions:\n",
        "definitions:\n",
        "definitions:\n  overall_survival:\n    definition: From remission.\n    among: complete_response\n",
    )
    assert verdicts(found) == [(STARTS, "agrees"), (STARTS, "agrees")]


def test_an_adjusted_hazard_ratio_is_no_yardstick_and_an_unadjusted_one_is(with_curve):
    found = with_curve(ratio=True)
    assert verdicts(found)[-1] == ("an adjusted hazard ratio is not that of the curves", "cannot_be_checked")
    found.plant(RECORD, "id: overall_survival.ratio", "adjusted_for: [age]", "adjusted_for: []")
    right, turned = (f"{np.exp(sign * reconstruct(example()).log_hr):.2f}" for sign in (1, -1))
    printed = "0.80"
    for estimate, verdict in ((right, "agrees"), (turned, "differs")):
        found.plant(RECORD, "id: overall_survival.ratio", f"estimate: {printed}", f"estimate: {estimate}")
        found.plant(RECORD, "id: overall_survival.ratio", f'"{printed} (', f'"{estimate} (')
        assert verdicts(found)[-1] == (
            f"the hazard ratio of the curve beside the printed {estimate}",
            verdict,
        )
        printed = estimate


# evidence


def test_a_curve_enters_with_both_its_errors(with_curve):
    found = load(with_curve().root)
    [report] = [r for r in collect(found, "overall_survival").used if r.study == "example2020"]
    known = reconstruct(found.curves[NAME])
    assert isinstance(report.report, CurveRatio) and report.entries == ("overall_survival.curve",)
    ratio = report.report
    assert ratio.estimate == pytest.approx(np.exp(known.log_hr), rel=1e-3)
    assert np.log(ratio.upper / ratio.lower) / (2 * 1.959964) == pytest.approx(known.se, rel=1e-3)


def test_a_printed_hazard_ratio_enters_and_the_curve_does_not(with_curve):
    evidence = collect(load(with_curve(ratio=True).root), "overall_survival")
    assert [r.entries for r in evidence.used] == [("overall_survival.ratio",)]
    [left] = [r for r in evidence.unused if r.entries == ("overall_survival.curve",)]
    assert left.reason == "the same patients as the hazard ratio used"


def test_of_a_curve_and_a_p_one_enters_by_the_reading(with_curve):
    found = load(with_curve(extra=P_VALUE.format(p="0.2")).root)

    def used(reading: Reading) -> tuple[list, dict]:
        evidence = collect(found, "overall_survival", reading)
        return [r.entries[0] for r in evidence.used], {r.entries[0]: r.reason for r in evidence.unused}

    enters, left = used(Reading())
    assert (
        enters == ["overall_survival.curve"]
        and left["overall_survival.p"] == "the same patients as the curve used"
    )
    enters, left = used(Reading(curve_first=False))
    assert (
        enters == ["overall_survival.p"]
        and left["overall_survival.curve"] == "the same patients as the p-value used"
    )
    enters, left = used(Reading(recovered=False))
    assert enters == ["overall_survival.p"] and "not a printed number" in left["overall_survival.curve"]
    assert {"printed numbers only", "log-rank p-values before digitised curves"} <= alternatives(
        found, "overall_survival"
    ).keys()


def test_a_p_left_out_for_a_curve_is_predicted(with_curve):
    evidence = collect(load(with_curve(extra=P_VALUE.format(p="0.2")).root), "overall_survival")
    assert [r.check.p for r in evidence.unused if r.check] == ["0.2"]


@pytest.mark.parametrize(
    ("curve", "reason"),
    [
        (example(at_risk_times=(0,)), "digitised, but treated: neither numbers at risk"),
        (example(n=(4, 18)), "4 v 18 patients are too few for a normal log hazard ratio"),
    ],
)
def test_a_curve_that_fixes_no_hazard_ratio_leaves_its_p_to_enter(with_curve, curve, reason):
    evidence = collect(load(with_curve(curve, extra=P_VALUE.format(p="0.2")).root), "overall_survival")
    assert [r.entries for r in evidence.used] == [("overall_survival.p",)]
    [left] = [r for r in evidence.unused if r.entries == ("overall_survival.curve",)]
    assert left.reason.startswith(reason)


# the command


def recover(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(["recover", "curve", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_command_answers_for_people_and_for_machines(tmp_path, capsys):
    path = write(tmp_path, NAME, example(events=True))
    known = reconstruct(read(path))
    code, out, _ = recover(capsys, str(path), "--json")
    answer = json.loads(out)
    assert code == 0 and answer.keys() == {"schema", "time_unit", "arms", "hazard_ratio", "log_rank_p"}
    treated = answer["arms"]["treated"]
    assert treated["n"] == len(treated["patients"]) == 12 and treated["clicked"] == "tops and feet"
    assert treated["events"] == sum(patient["event"] for patient in treated["patients"])
    assert (
        answer["hazard_ratio"]["estimate"] == pytest.approx(np.exp(known.log_hr))
        and answer["hazard_ratio"]["se"] == known.se
    )
    code, out, _ = recover(capsys, str(path))
    assert (
        code == 0
        and f"Hazard ratio {np.exp(known.log_hr):.2f} (95 % interval" in out
        and "of the reading" in out
    )
    assert {p.name for p in tmp_path.rglob("*")} == {NAME, "curves"}


def test_one_arm_alone_gives_its_patients(tmp_path, capsys):
    path = write(tmp_path, NAME, example(events=True)._replace(control=NO_ARM))
    code, out, _ = recover(capsys, str(path), "--json")
    answer = json.loads(out)
    assert code == 0 and list(answer["arms"]) == ["treated"] and "one arm alone" in answer["no_hazard_ratio"]
    assert len(answer["arms"]["treated"]["patients"]) == 12
    figure = tmp_path / "out.svg"
    code, out, _ = recover(capsys, str(path), "--figure", str(figure))
    assert code == 0 and "one arm alone" in out and "a reconstructed Kaplan-Meier curve" in figure.read_text()


def test_numbers_at_risk_are_optional(tmp_path, capsys):
    path = write(tmp_path, NAME, example(at_risk_times=(0,)))
    code, out, _ = recover(capsys, str(path))
    assert code == 0 and "No hazard ratio: treated: neither numbers at risk" in out
    assert "fewer events would do" in out
    path.write_text(without(text_of(example()), "at_risk"))
    code, out, _ = recover(capsys, str(path), "--figure", str(tmp_path / "out.svg"))
    assert code == 0 and "how many patients there were is not known" in out
    answer = json.loads(recover(capsys, str(path), "--json")[1])
    assert answer["arms"]["control"]["patients"] is None


def test_an_arm_that_never_falls_has_a_limit(tmp_path, capsys):
    """Two controls die, of 9 and 8 at risk beside 9 treated: their chance is 9/(9 + 9 HR) 8/(8 + 9 HR), which
    is exp(-1.92) where (1 + HR) (1 + 1.125 HR) = 6.826, so at HR = 1.519.
    """
    flat = ArmCurve((Point(0, 1), Point(4, 1)), (AtRisk(0, 9), AtRisk(4, 9)))
    points = (0, 1), (1, 1), (1, 8 / 9), (2, 8 / 9), (2, 7 / 9), (4, 7 / 9)
    falls = ArmCurve(tuple(Point(float(t), s) for t, s in points), (AtRisk(0, 9), AtRisk(4, 7)))
    path = write(tmp_path, NAME, curve_of(flat, falls))
    answer = json.loads(recover(capsys, str(path), "--json")[1])
    limit = answer["hazard_ratio_limit"]
    assert limit["estimate"] == 0 and limit["limit"] == pytest.approx(1.519, abs=2e-3)
    assert answer["arms"]["treated"]["events"] == 0
    assert "never falls" in answer["arms"]["treated"]["notes"][0]
    assert "0 (95 % interval 0 to 1.52)" in recover(capsys, str(path))[1]
    write(tmp_path, NAME, curve_of(falls, flat))
    turned = json.loads(recover(capsys, str(path), "--json")[1])["hazard_ratio_limit"]
    assert turned["estimate"] is None and turned["limit"] == pytest.approx(1 / limit["limit"])


def test_the_command_draws_where_it_is_asked_to(tmp_path, capsys):
    path, figure = write(tmp_path, NAME, example()), tmp_path / "out.svg"
    assert recover(capsys, str(path), "--figure", str(figure))[0] == 0
    drawn = figure.read_text()
    assert drawn.lstrip().startswith("<?xml") and "Digitised points lie on two reconstructed" in drawn
    assert sorted(p.name for p in tmp_path.iterdir()) == ["curves", "out.svg"]


def test_a_curve_at_fault_gets_a_message_and_exit_code_1(tmp_path, capsys):
    path = write(tmp_path, NAME, example())
    for arguments, message in (
        ((str(tmp_path / "none.csv"),), "a curve is a file of UTF-8 text"),
        ((str(path), "--figure", "out.png"), "its name ends in .svg"),
    ):
        code, out, err = recover(capsys, *arguments)
        assert code == 1 and not out and message in err and "Traceback" not in err


def test_the_command_runs_by_itself(tmp_path):
    path = write(tmp_path, NAME, example())
    ran = subprocess.run(
        [sys.executable, "-m", "extraction", "recover", "curve", str(path), "--json"],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["time_unit"] == "years"


# pictures and pages


def test_the_overlay_shows_every_click_both_curves_and_the_numbers_at_risk():
    curve = example()
    figure, alt, _ = curves.overlay(curve, "Example")
    top, below = figure.axes
    drawn = {line.get_label(): line.get_xydata() for line in top.lines}
    for arm, name in (("treated", "treated"), ("control", "control")):
        assert drawn[f"{name}, digitised"] == pytest.approx(np.array([p[:2] for p in curve.arms[arm].points]))
        steps = drawn[f"{name}, reconstructed"]
        assert steps[0].tolist() == [0, 1] and (np.diff(steps[:, 1]) <= 0).all()
    assert {text.get_text() for text in below.texts} == {
        str(row.n) for arm in curve.arms.values() for row in arm.at_risk
    }
    assert "years" in below.get_xlabel() and "12 patients" in alt and "Hazard ratio" in alt


def test_the_clicks_lie_on_the_reconstructed_curve():
    """Within three pixels of survival of the curve at that time, or three pixels of time before or after a
    step.
    """
    curve = example(n=(40, 60))
    for arm, patients in reconstruct(curve).patients.items():
        times, shares = kaplan_meier(patients)
        for click in curve.arms[arm].points:
            near = [
                shares[np.searchsorted(times, click.time + shift, side="right") - 1]
                for shift in (-0.03, 0.03)
                if click.time + shift >= 0
            ]
            assert min(near) - 0.0175 <= click.survival <= max(near) + 0.0175


def test_the_books_tables_say_what_a_curve_gives(with_curve):
    found = load(with_curve(extra=P_VALUE.format(p="0.2")).root)
    [row] = curves.beside_print(found, "overall_survival").to_dict("records")
    assert (
        row["printed"] == "p=0.2"
        and row["from the curve"].startswith("HR ")
        and row["entries"] == ("overall_survival.curve",)
    )
    assert "curve" in printed_result(found.records["example2020"], "overall_survival")
    conventional = without_priors.results("overall_survival", found).frame
    assert "read off the digitised curve" in conventional.recomputed[0]
    assert "a curve, digitised" in tables.as_printed("overall_survival", found)["as printed"].tolist()


def test_a_study_page_shows_its_curve_and_one_without_shows_none(with_curve, review):
    from book.make import pages

    found = load(with_curve().root)
    text = pages.generated(found)["studies/example2020.md"]
    assert (
        'id="figure-curve-example2020-overall-survival"' in text
        and "Digitised points lie on" in text
        and "Enters overall survival" in text
    )
    without_curve = pages.generated(review)
    assert not any("figure-curve" in page for page in without_curve.values())


def test_where_no_curve_is_digitised_nothing_is_shown_of_curves(monkeypatch, review):
    from book.html import files
    from book.shown.endpoint import chapter

    shown = []
    monkeypatch.setattr(files, "display_with", lambda html, handed: shown.append(html))
    chapter.digitised_curves("overall_survival", review)
    assert not shown and not curves.digitised(review)


def test_a_survival_page_shows_the_curves_there_are(with_curve, monkeypatch):
    from book.html import files
    from book.shown.endpoint import chapter

    shown = []
    monkeypatch.setattr(files, "display_with", lambda html, handed: shown.append(html))
    chapter.digitised_curves("overall_survival", load(with_curve().root))
    assert (
        'id="figure-curve-example2020-overall-survival"' in shown[0]
        and "curves beside what is printed" in shown[1]
    )


def test_the_likelihood_of_a_curve_is_normal_with_its_whole_standard_error(with_curve):
    found = load(with_curve().root)
    [report] = collect(found, "overall_survival").used
    known, theta = reconstruct(found.curves[NAME]), np.linspace(-2, 2, 9)
    exact = -((theta - known.log_hr) ** 2) / (2 * known.se**2)
    term = report.report.log_likelihood(theta)
    assert term - term[4] == pytest.approx(exact - exact[4], abs=0.02)  # the data keep four digits
