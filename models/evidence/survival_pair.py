"""What is printed of each arm and tells the hazard ratio only together."""

from dataclasses import dataclass

from extraction.schema import MedianTime, Percentage
from models.likelihood.report import EffectReport


@dataclass(frozen=True)
class Pair[E: (Percentage, MedianTime)]:
    """An entry of each arm, of one stratum; the report they make, and how, for readers."""

    treated: E
    control: E
    report: EffectReport
    note: str

    @property
    def kind(self) -> str:
        return self.report.name

    @property
    def stratum(self) -> str:
        return self.treated.stratum

    @property
    def entries(self) -> tuple[str, str]:
        return self.treated.id, self.control.id
