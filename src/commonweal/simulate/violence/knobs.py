"""The knobs of the violence-prevention world."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.simulate.knobs import within


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """What can be turned. Shares are of records unless said otherwise.

    Parameters
    ----------
    shootings
        Every chance of being shot, times this; 1 is the paper's base rate.
    contagion
        How strongly a shooting brings on a feud that makes more: 0 is not at all.
    frailty
        Standard deviation, on the log scale, of what makes people and crews more or less
        likely to be shot, apart from everything else.
    contact
        Share of discretionary offences (drugs, loitering) for which White people are arrested,
        where it is 1 for Black people; 1 is equal contact. Hispanic people are halfway. The
        offences nobody was arrested for are in the truth.
    early_id_errors
        Share of arrests before 2010 whose fingerprint number is not the person's.
    typos
        Share of names misspelt, of each of first and last name.
    nicknames
        Share of records with a nickname for a first name.
    surname_changes
        Share of people whose last name changes, once.
    moves
        Share of people who move, once.
    twins
        Share of people who share birth date, last name and address with another.
    namesakes
        Share of people who share first and last name and address with another, a parent say.
    birth_missing
        Share of victims' records without a date of birth.
    birth_errors
        Share of dates of birth that are wrong in a day, month or year.
    age_errors
        Share of ages off by one or more years.
    race_conflicts, sex_conflicts
        Share of records with another race or sex than the person's.
    race_missing
        Share of records without a race.
    index_splits
        Share of records without a fingerprint number which the department's own index gives a
        number of their own.
    index_merges
        Share of such records which it gives to somebody else of the same name.
    """

    shootings: float
    contagion: float
    frailty: float
    contact: float
    early_id_errors: float
    typos: float
    nicknames: float
    surname_changes: float
    moves: float
    twins: float
    namesakes: float
    birth_missing: float
    birth_errors: float
    age_errors: float
    race_conflicts: float
    sex_conflicts: float
    race_missing: float
    index_splits: float
    index_merges: float

    def __post_init__(self) -> None:
        """Check the ranges."""
        within(0.0, 100.0, shootings=self.shootings)
        within(0.0, 3.0, contagion=self.contagion, frailty=self.frailty)
        shares = [name for name in self.__slots__ if name not in _NOT_SHARES]
        within(0.0, 1.0, **{name: getattr(self, name) for name in shares})


_NOT_SHARES = ("shootings", "contagion", "frailty")
