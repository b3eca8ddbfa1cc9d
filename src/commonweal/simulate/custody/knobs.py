"""The knobs of the custody world."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.simulate.knobs import within


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """What can be turned: first the noise in the records, then how the world works.

    Parameters
    ----------
    duplicates
        Share of raw detainers that repeat one for the same case. The paper: .171.
    id_changes
        Chance that a person's id is another one when the next detainer falls into another
        fiscal year. Within a fiscal year ids always are reliable.
    missing_sentences
        Share of convictions whose sentence is missing. The paper: .096.
    conflicts
        Share of repeated detainers whose birth year, gender or nationality is another than the
        person's.
    lost_crimes
        Share of crimes missing from a criminal history that is listed again under another id.
    still_imprisoned
        Share of cases whose sentence ends on or after the day the tables were drawn. The
        paper: .047.
    skill
        Area under the ROC curve of the best ranking by what is on record, among people who are
        not deported, for re-arrest on file; .55 to .90. The paper's tree reaches .786.
    signal
        Log odds of re-arrest a standard deviation of the signal that only officers see.
    confounding
        Log odds of detention a standard deviation of that signal: how strongly officers act on
        it. At 0 decisions are as good as random given the records.
    officers
        Log odds of detention a standard deviation of the risk that can be read off the records.
    guideline
        How much the guideline's level says about the risk that can be read off the records:
        the level's weight beside the other attributes. At 0 it only says what these imply.
    unit_decisions
        Standard deviation, in log odds, of shifts of the detention rate from prison to prison.
    unit_outcomes
        Standard deviation, in log odds, of shifts of the chance of re-arrest from prison to
        prison.
    exclusion
        Log odds by which people in prisons near an office are re-arrested more. At 0 distance
        matters through the decision alone.
    defiers
        Share of cases in the hands of officers for whom nearness lowers the chance of
        detention, at most .5. They are likelier to have the cases with a high signal. At 0
        nearness never lowers anybody's.
    """

    duplicates: float
    id_changes: float
    missing_sentences: float
    conflicts: float
    lost_crimes: float
    still_imprisoned: float
    skill: float
    signal: float
    confounding: float
    officers: float
    guideline: float
    unit_decisions: float
    unit_outcomes: float
    exclusion: float
    defiers: float

    def __post_init__(self) -> None:
        """Check the ranges."""
        within(0.0, 1.0, id_changes=self.id_changes, missing_sentences=self.missing_sentences)
        within(0.0, 1.0, conflicts=self.conflicts, lost_crimes=self.lost_crimes)
        within(0.0, 0.5, duplicates=self.duplicates, defiers=self.defiers)
        within(0.01, 0.3, still_imprisoned=self.still_imprisoned)
        within(0.55, 0.9, skill=self.skill)
        within(-3.0, 3.0, signal=self.signal, confounding=self.confounding)
        within(-3.0, 3.0, officers=self.officers, exclusion=self.exclusion)
        within(0.0, 3.0, guideline=self.guideline)
        within(0.0, 1.0, unit_decisions=self.unit_decisions, unit_outcomes=self.unit_outcomes)
