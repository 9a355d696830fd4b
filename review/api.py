"""What others may build upon: these names keep their meaning, or the changelog says so.

What data could have printed this?  Of two arms of 9 and 2 patients Fisher's test gives 0.4545 for two tables
(126 + 84 of the 462 ways to spread 5 or 6 events among 11):

>>> found = recover_tables(Arm(max_n=9, min_n=9), Arm(max_n=2, min_n=2), printed_p("0.4545"), ("fisher",))
>>> [str(table) for table in found.candidates]
['4/9 v 2/2', '5/9 v 0/2']

One event among 5 v 1 patients has z² = 1/5, whichever of the five had it:

>>> log_rank_histories(5, 1, "0.6547").untied[0]["histories"]
5

A log-rank p and the number of events give a hazard ratio, here exp(-1.78 · √(4 / 485)):

>>> report = LogRankReport(491, 485, p=".075", direction="lower", events=485)
>>> [round(ratio.estimate, 2) for ratio in hazard_ratios(report)]
[0.85]

Are printed numbers possible, and do they agree?  20 whole numbers have a mean of 3.45 or 3.50, not 3.47; a
ratio lies midway between its limits on the log scale, √(0.41 · 1.80) = 0.859; a p of 0.96 is 1 - 0.079 / 2:

>>> grim("3.47", n=20).possible
False
>>> ratio_coherence("0.86", "0.41", "1.80").estimate_fits
True
>>> judge_claim(read_claim("t(18) = -1.861, p = .96")).conditions
('one-sided, on the side that the statistic is not on',)

What is no number of a paper is told in words, as everything is that a user can mend:

>>> try:
...     printed_p("many")
... except Fault as fault:
...     print(type(fault).__name__)
Unusable

Pool a table.  Two studies that found the same have it as their mean, whatever differs between studies:

>>> import pandas as pd
>>> alike = {"hr": 0.8, "lower": 0.5, "upper": 1.28}
>>> pooled = pool(pd.DataFrame([{"study": name, **alike} for name in "AB"]), mu="flat")
>>> isinstance(pooled, Pooled), round(pooled.natural(pooled.summary["mu"])["median"], 2)
(True, 0.8)
>>> try:
...     pool(pd.DataFrame([{"study": "A", **alike, "upper": 0.1}]))
... except BadTable as fault:
...     print("upper" in str(fault))
True

A review is its folder as read; another than the one of the folder one works in is named by REVIEW or given:

>>> review = load()
>>> isinstance(review, Review), "zhou2025" in review.included()
(True, True)
>>> [finding for finding in check(review).errors]
[]

Its evidence, by endpoint: which reports enter, and why the others do not:

>>> evidence = evidence_of("severe_infection", review)
>>> "severe_infection" in ENDPOINTS, sorted(evidence.studies)
(True, ['zhang2022', 'zhou2025'])

In the forms of other programs:

>>> csl(review.register.studies)[0]["DOI"]
'10.3389/fimmu.2025.1530623'
>>> sorted(robvis(review, "severe_infection"))
['robins_i']
>>> fhir(review, {"endpoints": {}})["resourceType"]
'Bundle'
>>> from pathlib import Path
>>> sorted(drafts(Path("tests/interop/meta.csv"), {"": "severe_infection"}).studies)
['example2031']
"""

from extraction.checks import check
from extraction.fault import Fault
from extraction.interop.csl import csl
from extraction.interop.drafts import read as drafts
from extraction.interop.robvis import tables as robvis
from extraction.records import Review, load
from extraction.recover.claims import judge_claim, read_claim
from extraction.recover.estimates import grim, ratio_coherence
from extraction.recover.log_rank import log_rank_histories
from extraction.recover.log_rank_ratios import LogRankReport, hazard_ratios
from extraction.recover.rounding import printed_p
from extraction.recover.tables import Arm, recover_tables
from models.answers.fhir import bundle as fhir
from models.endpoints import ENDPOINTS, evidence_of
from models.pool import BadTable, Pooled, pool

__all__ = [
    "ENDPOINTS",
    "Arm",
    "BadTable",
    "Fault",
    "LogRankReport",
    "Pooled",
    "Review",
    "check",
    "csl",
    "drafts",
    "evidence_of",
    "fhir",
    "grim",
    "hazard_ratios",
    "judge_claim",
    "load",
    "log_rank_histories",
    "pool",
    "printed_p",
    "ratio_coherence",
    "read_claim",
    "recover_tables",
    "robvis",
]
