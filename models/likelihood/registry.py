"""Every kind of report, in the order in which readers see them."""

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
from models.likelihood.report import Report

KINDS: dict[str, type[Report]] = {
    kind.name: kind
    for kind in (
        Table,
        TableSet,
        LogRankHistories,
        Ratio,
        UnevenRatio,
        RatioWithP,
        OddsRatio,
        CurveRatio,
        MeanRatio,
        Means,
        Medians,
        SurvivalShares,
        SurvivalMedians,
        LogRank,
        OutcomeOfTest,
        MedianRange,
        MedianQuartiles,
    )
}
"""By the name that results give them."""
