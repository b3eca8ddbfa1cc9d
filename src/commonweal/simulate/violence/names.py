"""Names of people who do not exist, and what clerks make of them.

Given names and surnames are put together from syllables, so that they are nobody's; some are far
commoner than others. Each comes with a nickname (given names only) and four misspellings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Ints, Mask
from commonweal.simulate.violence.knobs import Knobs
from commonweal.simulate.violence.people import DAYS, RACES, YEAR, Population

GIVEN, SURNAMES = 700, 6_000
"""Given names of each sex, and surnames of each race."""
SPELLINGS = 6
"""Each name stands six times in its vocabulary: right, nickname, and four misspellings."""
_NICKNAME, _FIRST_TYPO, _TYPOS = 1, 2, 4


def _syllables(text: str) -> list[str]:
    return text.split()


_STARTS = _syllables("""
    Al Bar Bren Cal Car Dar Del Dev El Fel Gar Hal Jar Jer Kel Ken Lam Lor
    Mar Mel Nor Or Per Ral Ren Ros Sal Sel Ter Tor Val Vin Wil Zan
""")
_MIDDLES = _syllables("a an ar e el en er i il in is o ol on or u")
_MEN = _syllables("ac ald an ard as den don el ert ick in io is o on ord us win")
_WOMEN = _syllables("a ada ana ela ene ia ice ie ina ira isa ita ona yn")
_ENDS = _syllables("""
    ado by den er ers ez field fort gan house ick ins ley low man mon nes ora
    sen son ston ton ver well wood worth
""")
_STREETS = 2_400


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every spelling of every name and street.

    Parameters
    ----------
    given, surname
        Spellings; name `n` in spelling `s` stands at ``SPELLINGS * n + s``.
    street
        Streets by number.
    """

    given: tuple[str, ...]
    surname: tuple[str, ...]
    street: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What people are called and where they live, and since when otherwise.

    Parameters
    ----------
    given, surname, house, street
        Of each person; names and streets by their place in the vocabulary.
    new_surname, renamed
        Another surname, and the day from which it is used.
    new_house, new_street, moved
        Another address, and the day from which they live there.
    birth
        Day of birth, twins' made equal.
    """

    given: NDArray[np.int32]
    surname: NDArray[np.int32]
    house: NDArray[np.int16]
    street: NDArray[np.int16]
    new_surname: NDArray[np.int32]
    renamed: NDArray[np.int16]
    new_house: NDArray[np.int16]
    new_street: NDArray[np.int16]
    moved: NDArray[np.int16]
    birth: NDArray[np.int32]


def vocabulary() -> Vocabulary:
    """Return the names; the same in every world."""
    rng = stream(0, "violence", "vocabulary")
    given = [*_made(GIVEN, _MEN, rng), *_made(GIVEN, _WOMEN, rng)]
    surnames = _made(len(RACES) * SURNAMES, _ENDS, rng)
    streets = _made(_STREETS, _ENDS, rng)
    return Vocabulary(
        given=_spelt_all(given, rng),
        surname=_spelt_all(surnames, rng),
        street=tuple(f"{name.upper()} {kind}" for name, kind in zip(
            streets, rng.choice(["AVE", "ST", "BLVD", "PL"], _STREETS), strict=True)),
    )  # fmt: skip


def _made(count: int, ends: list[str], rng: np.random.Generator) -> list[str]:
    """Make different names of two to four syllables, short ones first."""
    longer = [middle + start.lower() for middle in _MIDDLES for start in _STARTS]
    found: dict[str, None] = {}
    for joints in ([""], _MIDDLES, longer):
        made = [f"{a}{b}{c}" for a in _STARTS for b in joints for c in ends]
        found |= dict.fromkeys(made[place] for place in rng.permutation(len(made)))
        if len(found) >= count:
            break
    return list(found)[:count]


def _spelt_all(names: list[str], rng: np.random.Generator) -> tuple[str, ...]:
    """Return every spelling of every name, `SPELLINGS` of each in a row."""
    at = rng.random((len(names), _TYPOS)).tolist()
    vowels = rng.integers(0, 5, len(names)).tolist()
    return tuple(
        text
        for name, places, vowel in zip(names, at, vowels, strict=True)
        for text in _spellings(name, places, "aeiou"[vowel])
    )


def _spellings(name: str, places: list[float], vowel: str) -> list[str]:
    """Return a name, a nickname of it, and four misspellings, in capitals."""
    a, b, c, d = (1 + int(place * (len(name) - 2)) for place in places)
    swapped = name[:a] + name[a + 1] + name[a] + name[a + 2 :]
    dropped = name[:b] + name[b + 1 :]
    doubled = name[:c] + name[c] + name[c:]
    other = name[:d] + vowel + name[d + 1 :]
    nickname = name[:3] if name[2] not in "aeiou" else name[:4]
    return [text.upper() for text in (name, nickname, swapped, dropped, doubled, other)]


def identify(city: Population, knobs: Knobs, seed: int) -> Identity:
    """Name and house everyone; twins and namesakes stand next to whom they resemble."""
    rng = stream(seed, "violence", "identity")
    count = city.count
    given = _common(GIVEN, count, rng) + GIVEN * city.woman
    surname = _common(SURNAMES, count, rng) + SURNAMES * city.race.astype(np.int32)
    house, street = _addresses(city, rng)
    birth = city.birth.copy()
    like = _like_the_last(city)
    near = like & (np.abs(np.diff(birth, prepend=birth[0])) < 4 * YEAR)
    twin = _some(near, knobs.twins, rng)
    like[twin] = False
    same = _some(like, knobs.namesakes, rng)
    birth[twin] = birth[twin - 1]
    given[same] = np.where(city.woman[same] == city.woman[same - 1], given[same - 1], given[same])
    for column in (surname, house, street):
        for rows in (twin, same):
            column[rows] = column[rows - 1]
    new_house, new_street = _addresses(city, rng)
    return Identity(
        given=given.astype(np.int32), surname=surname.astype(np.int32), house=house, street=street,
        new_surname=_common(SURNAMES, count, rng) + SURNAMES * city.race.astype(np.int32),
        renamed=_once(knobs.surname_changes, count, rng),
        new_house=new_house, new_street=new_street, moved=_once(knobs.moves, count, rng),
        birth=birth,
    )  # fmt: skip


def _like_the_last(city: Population) -> Mask:
    """Return every other person who could be of the family of the one numbered before them."""
    found = np.zeros(city.count, np.bool_)
    found[1:] = (city.race[1:] == city.race[:-1]) & (city.kind[1:] == city.kind[:-1])
    found[2::2] = False
    return found


def _some(fit: Mask, share: float, rng: np.random.Generator) -> Ints:
    """Choose from those who fit, so that they and those before them are a share of all."""
    chosen = min(1.0, share * fit.size / 2 / max(int(fit.sum()), 1))
    return np.flatnonzero(fit & (rng.random(fit.size, dtype=np.float32) < chosen))


def _common(names: int, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Draw names of which some are far commoner than others."""
    drawn = np.floor(names * rng.random(count, dtype=np.float32) ** 2.2)
    return np.asarray(drawn, np.int32)


def _addresses(
    city: Population, rng: np.random.Generator
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return house numbers and streets, a few streets to each beat."""
    house = rng.integers(100, 9_900, city.count, dtype=np.int16)
    street = (city.beat.astype(np.int32) * 8 + rng.integers(0, 24, city.count)) % _STREETS
    return house, street.astype(np.int16)


def _once(share: float, count: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Return the day on which something changes, after the end for those it never does."""
    day = np.full(count, DAYS + 1, np.int16)
    who = np.flatnonzero(rng.random(count, dtype=np.float32) < share)
    day[who] = rng.integers(0, DAYS, who.size, dtype=np.int16)
    return day


def spelt(name: NDArray[np.int32], nickname: float, typo: float, rng: np.random.Generator) -> Ints:
    """Return each name's place in the vocabulary, in the spelling a clerk has put down."""
    drawn = rng.random(name.size, dtype=np.float32)
    spelling = np.where(drawn < nickname, _NICKNAME, 0)
    wrong = drawn >= 1 - typo
    spelling[wrong] = rng.integers(_FIRST_TYPO, SPELLINGS, int(wrong.sum()))
    place: Ints = name.astype(np.int64) * SPELLINGS + spelling
    return place
