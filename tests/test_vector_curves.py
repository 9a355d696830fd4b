"""Survival curves read from vector figures of matplotlib, lifelines and R, against what was drawn."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from example_curves import corners, simulated
from lifelines import KaplanMeierFitter
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from extraction.__main__ import main
from extraction.digitised.read import read
from extraction.digitised.vector import axis_of, read_figure, steps_read
from extraction.recover import Unusable
from extraction.recover.curve_types import Point

REFERENCE = Path(__file__).parent / "reference" / "curves"
READ = 1e-3
"""Time (of an axis to 6) and share to which a corner is read: figures are drawn to a hundredth of a point."""


def after_each_event(points, tolerance=READ):
    """Times at which a curve falls, and the share after each, from its corners."""
    falls = [(b[0], b[1]) for a, b in pairwise(points) if b[1] < a[1] - tolerance]
    return np.array(falls).T


def figure_of(draw):
    """A figure with axes of time to 6 and share to 1 that `draw` draws on."""
    figure = Figure()
    ax = figure.subplots()
    draw(ax)
    ax.set(xlim=(0, 6.5), ylim=(-0.02, 1.05), xticks=range(7), yticks=[0, 0.5, 1])
    return figure


def drawn(tmp_path, draw):
    """The file of such a figure."""
    path = tmp_path / "figure.svg"
    figure_of(draw).savefig(path)
    return path


def lines_of(path, time=(0, 6), survival=(0, 1)):
    found = read_figure(path)
    axes = axis_of("time", found.time_ticks, time), axis_of("survival", found.survival_ticks, survival)
    return [steps_read(line, *axes) for line in found.lines], found


def test_a_step_of_matplotlib_is_read_to_its_corners(tmp_path):
    patients = simulated(np.random.default_rng(1), 60, 3.0)
    times, shares = np.array(corners(patients)).T
    path = drawn(tmp_path, lambda ax: (ax.plot(times, shares, color="#ff0000"), ax.axhline(0.5), ax.grid()))
    [line], found = lines_of(path)
    assert [stroke for _, stroke in found.lines] == ["#ff0000"]
    assert after_each_event(line) == pytest.approx(after_each_event(corners(patients)), abs=READ)


needs_poppler = pytest.mark.skipif(not shutil.which("pdftocairo"), reason="poppler is not installed")


@needs_poppler
def test_a_page_of_a_pdf_is_read_to_its_corners(tmp_path, capsys):
    """The second of two pages that matplotlib writes, listed and written as a digitised curve."""
    patients = simulated(np.random.default_rng(1), 60, 3.0)
    times, shares = np.array(corners(patients)).T
    path, out = tmp_path / "paper.pdf", tmp_path / "curve.csv"
    with PdfPages(path) as pages:
        pages.savefig(figure_of(lambda ax: ax.plot([0, 6], [1, 0])))
        pages.savefig(figure_of(lambda ax: (ax.plot(times, shares, color="#ff0000"), ax.grid())))
    code, listed, _ = recover(capsys, "--pdf", path, "--page", 2, "--json")
    assert code == 0 and [line["steps"] > 10 for line in json.loads(listed)["lines"]] == [True]
    told = ("--time", 0, 6, "--survival", 0, 1, "--unit", "years", "--treated", 1, "--out", out)
    code, _, err = recover(capsys, "--pdf", path, "--page", 2, *told)
    assert code == 0, err
    points = [(point.time, point.survival) for point in read(out).treated.points]
    assert after_each_event(points) == pytest.approx(after_each_event(corners(patients)), abs=2 * READ)


@needs_poppler
def test_a_page_that_a_pdf_has_not_is_told(tmp_path, capsys):
    path = tmp_path / "paper.pdf"
    figure_of(lambda ax: ax.plot([0, 6], [1, 0])).savefig(path)
    code, _, err = recover(capsys, "--pdf", path, "--page", 3)
    assert code == 1 and "page 3 is not read" in err and "Traceback" not in err


def test_without_poppler_a_pdf_says_what_reads_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7")
    code, _, err = recover(capsys, "--pdf", tmp_path / "paper.pdf")
    assert code == 1 and "poppler-utils" in err


def test_the_plot_of_lifelines_is_read_to_its_steps(tmp_path):
    """Two curves, with bands, the marks of the censored, and a legend."""
    fitted = []
    for seed in (2, 3):
        patients = simulated(np.random.default_rng(seed), 50, 3.0)
        fitted.append(KaplanMeierFitter(label=f"arm {seed}").fit(patients.time, patients.event))
    path = drawn(tmp_path, lambda ax: [km.plot_survival_function(ax=ax, show_censors=True) for km in fitted])
    lines, _ = lines_of(path)
    assert len(lines) == 2
    for line, km in zip(lines, fitted, strict=True):
        times, shares = after_each_event(line)
        events = km.event_table.index[km.event_table.observed > 0]
        assert times == pytest.approx(events.to_numpy(), abs=READ)
        assert shares == pytest.approx(km.predict(events).to_numpy(), abs=READ)


def test_the_plot_of_r_is_read_with_its_limits():
    """Arms in red and blue with their limits of confidence.  Of 11 maintained one dies at 9, and one at 13 of
    10: shares 10/11 and 9/11; of 12 others two at 5 and two at 8: 10/12 and 8/12 (weeks).
    """
    lines, found = lines_of(REFERENCE / "leukaemia.svg", time=(0, 150))
    red, blue = (
        next(line for line, of in zip(lines, found.lines, strict=True) if of.stroke == stroke)
        for stroke in ("rgb(100%,0%,0%)", "rgb(0%,0%,100%)")
    )
    pixel = 150 / np.ptp(found.time_ticks), 1 / np.ptp(found.survival_ticks)
    for line, times, shares in ((red, (9, 13), (10 / 11, 9 / 11)), (blue, (5, 8), (10 / 12, 8 / 12))):
        seen = after_each_event(line)[:, :2]
        assert seen[0] == pytest.approx(times, abs=0.02 * pixel[0])  # R writes two decimals of a point
        assert seen[1] == pytest.approx(shares, abs=0.02 * pixel[1])


HAND = """<svg xmlns="http://www.w3.org/2000/svg"><g transform="translate(10,20) scale(2)">
<polyline points="0,0 5,0 5,10 20,10 20,25 40,25" style="stroke:blue"/>
<path stroke="green" d="m0 0h10v5h20v1"/>
<path stroke="black" d="M0 0 L40 0"/><path d="M0 0 L40 30"/><path d="M0 0 C1 1 2 2 40 3"/>
<path d="M0 0H40V3H0Z"/></g>
<defs><path id="t" d="M0 0V4"/></defs>
<use href="#t" x="10" y="80"/><use href="#t" x="50" y="80"/><use href="#t" x="90" y="80"/>
<line x1="6" y1="20" x2="10" y2="20"/><line x1="6" y1="70" x2="10" y2="70"/></svg>"""


def test_a_figure_by_hand(tmp_path):
    """Moved by (10, 20) and doubled: the first line ends at (90, 70), the other at (70, 32).  Ticks at x 10,
    50, 90, and at y 70 and 20.  A straight line, a slope, a curve and a band are no survival curves.
    """
    path = tmp_path / "hand.svg"
    path.write_text(HAND)
    found = read_figure(path)
    assert [(line.stroke, line.steps) for line in found.lines] == [("blue", 2), ("green", 2)]
    assert found.lines[0].corners.tolist() == [[10, 20], [20, 20], [20, 40], [50, 40], [50, 70], [90, 70]]
    assert found.lines[1].corners[-1].tolist() == [70, 32]
    assert found.time_ticks == (10, 50, 90) and found.survival_ticks == (70, 20)
    axes = axis_of("time", found.time_ticks, (0, 8)), axis_of("survival", found.survival_ticks, (0, 100))
    assert steps_read(found.lines[0], *axes) == [(0, 100), (1, 100), (1, 60), (4, 60), (4, 0), (8, 0)]


def recover(capsys, *arguments):
    code = main(["recover", "curve", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_command_lists_lines_and_writes_the_chosen_as_a_curve(tmp_path, capsys):
    path, out = tmp_path / "hand.svg", tmp_path / "curve.csv"
    path.write_text(HAND)
    code, listed, _ = recover(capsys, "--svg", path, "--json")
    answer = json.loads(listed)
    assert code == 0 and [line["stroke"] for line in answer["lines"]] == ["blue", "green"]
    code, listed, _ = recover(capsys, "--svg", path)
    assert code == 0 and "blue" in listed and "10.0, 50.0, 90.0" in listed
    told = ("--svg", path, "--time", 0, 8, "--survival", 0, 100, "--unit", "years", "--treated", 1)
    code, _, err = recover(capsys, *told, "--out", out)
    assert code == 0, err
    curve = read(out)
    assert list(curve.arms) == ["treated"]
    assert [Point(*p[:2]) for p in curve.treated.points] == [
        (0, 1, None), (1, 1, None), (1, 0.6, None), (4, 0.6, None), (4, 0, None), (8, 0, None)
    ]  # fmt: skip
    out.write_text(out.read_text() + "at_risk,treated,0,,5,,\nat_risk,treated,4,,3,,\n")
    code, listed, _ = recover(capsys, out, "--json")
    patients = json.loads(listed)["arms"]["treated"]["patients"]
    assert [patient["time"] for patient in patients] == pytest.approx([1, 1, 4, 4, 4])


AXES = ["--time", "0", "8", "--survival", "0", "1", "--unit", "days"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pdf", "figure.pdf"), "cannot be read"),
        (("--svg", "none.svg"), "cannot be read as SVG"),
        ((), "either FILE.csv or a vector figure"),
        (("--svg", "{svg}", "--out", "{new}"), "--time, --survival, --unit must be told"),
        (
            (
                "--svg",
                "{svg}",
                "--out",
                "{svg}",
                *["--time", "0", "8", "--survival", "0", "1", "--unit", "days"],
            ),
            "not overwritten",
        ),
        (
            (
                "--svg",
                "{svg}",
                "--out",
                "{new}",
                *["--time", "0", "8", "--survival", "0", "1", "--unit", "days"],
            ),
            "no line is chosen",
        ),
        (
            (
                "--svg",
                "{svg}",
                "--out",
                "{new}",
                *["--time", "0", "8", "--survival", "0", "1", "--unit", "days", "--treated", "3"],
            ),
            "the figure has 2 lines",
        ),
        (
            (
                "--svg",
                "{svg}",
                "--out",
                "{new}",
                *["--time", "8", "8", "--survival", "0", "1", "--unit", "days", "--treated", "1"],
            ),
            "have one value",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path, capsys, arguments, message):
    svg, new = tmp_path / "hand.svg", tmp_path / "new.csv"
    svg.write_text(HAND)
    code, out, err = recover(capsys, *(argument.format(svg=svg, new=new) for argument in arguments))
    assert code == 1 and not out and message in err and len(err.splitlines()) == 1
    assert not new.exists()


@pytest.mark.parametrize("content", ["<html/>", "<svg", '<svg xmlns="http://www.w3.org/2000/svg"/>'])
def test_what_is_no_figure_is_refused(tmp_path, content):
    path = tmp_path / "x.svg"
    path.write_text(content)
    with pytest.raises(Unusable):
        read_figure(path)


def test_places_are_given_where_no_ticks_are_found():
    with pytest.raises(Unusable, match="give two places on the page, as --time-at"):
        axis_of("time", (), (0, 1))
    assert axis_of("time", (100, 300), (0, 10)).value(np.array([200])) == pytest.approx([5])
