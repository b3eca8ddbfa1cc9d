"""What can be turned in the simulated children's services."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.simulate.knobs import within


@dataclass(frozen=True, slots=True)
class Knobs:
    """Knobs of the world; the presets differ in the noise of the records only.

    Every value is a guess: the paper says that such errors occur, not how often.

    Parameters
    ----------
    need_spread
        Standard deviation of the log rate of reports between families, on the scale of need
        (0 to 1.5): how much there is to predict.
    report_bias
        Log ratio of reports on Black families to those on white families of the same need
        (-1 to 1); half of it for Hispanic families. It is reporting, not behaviour.
    unit_spread
        Standard deviation between units of the mean need of their families (0 to 1).
    practice_spread
        Standard deviation between units of the log rate at which reports follow an
        investigation of a family of the same need (0 to 0.5).
    echo
        Reports that follow one report within months, on average, for a family of mean need
        (0 to 0.4).
    follow_up
        Reports that follow one report within weeks, on average: these make most of the
        overlapping investigations (0 to 0.4).
    alone
        Rate of reports on one child alone, as a share of the family's rate (0 to 1).
    effects
        Size of the services' effects: 1 for those of `offers.EFFECTS`, 0 for none (0 to 2).
    confounding
        How strongly case workers offer services by need that the records lack, against chance
        (0 to 5): weight of a standard deviation of need.
    capacity
        Families a unit can offer any service, per investigation (0.01 to 0.8).
    name_typo
        Share of rows with a misspelt first or last name (0 to 0.5).
    birth_wrong, birth_missing
        Share of rows with a wrong birth date, and with none (0 to 0.3).
    gender_wrong
        Share of rows with the other gender (0 to 0.3).
    race_wrong
        Share of rows with another race or ethnicity (0 to 0.5).
    id_split
        Share of a child's later rows on which the agency opens a new number (0 to 0.5).
    household_split
        The same for a household and its later investigations (0 to 0.5).
    rap_missing
        Share of investigations whose RAP level was not recorded (0 to 0.6).
    rap_missing_need
        Change in the log odds of a missing RAP level per standard deviation of need that the
        level itself does not show (-3 to 3); 0 is missing at random.
    """

    need_spread: float
    report_bias: float
    unit_spread: float
    practice_spread: float
    echo: float
    follow_up: float
    alone: float
    effects: float
    confounding: float
    capacity: float
    name_typo: float
    birth_wrong: float
    birth_missing: float
    gender_wrong: float
    race_wrong: float
    id_split: float
    household_split: float
    rap_missing: float
    rap_missing_need: float

    def __post_init__(self) -> None:
        """Check every range.

        Raises
        ------
        ValueError
            If a knob lies outside its range; the message names it.
        """
        within(0, 1.5, need_spread=self.need_spread)
        within(-1, 1, report_bias=self.report_bias)
        within(0, 1, unit_spread=self.unit_spread, alone=self.alone)
        within(0, 0.4, echo=self.echo, follow_up=self.follow_up)
        within(0, 0.5, practice_spread=self.practice_spread, name_typo=self.name_typo)
        within(0, 0.5, race_wrong=self.race_wrong, id_split=self.id_split)
        within(0, 0.5, household_split=self.household_split)
        within(0, 2, effects=self.effects)
        within(0, 5, confounding=self.confounding)
        within(0.01, 0.8, capacity=self.capacity)
        within(0, 0.3, birth_wrong=self.birth_wrong, birth_missing=self.birth_missing)
        within(0, 0.3, gender_wrong=self.gender_wrong)
        within(0, 0.6, rap_missing=self.rap_missing)
        within(-3, 3, rap_missing_need=self.rap_missing_need)
