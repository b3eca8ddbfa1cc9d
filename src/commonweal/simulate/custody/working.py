"""The paper's working sample, made from a world's tables as section 3 of paper A describes.

Where the paper links and imputes, the truth is read: what is measured are the world's marginals
and not how well somebody would link.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.tables import read_table
from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.custody.published import END


@dataclass(frozen=True, slots=True)
class Working:
    """One row a person of the final sample, and counts of what was left out.

    Parameters
    ----------
    raw, cases
        Number of raw detainers, and of distinct cases among them.
    unended
        Number of people whose sentence has not ended.
    detainers
        The most recent detainer of each person of the final sample, with what its facility is.
    crimes
        The crimes under those detainers' ids; ``row`` is the place of the detainer.
    sentences, missing
        Number of convictions, and of these without a sentence.
    rearrested
        Whether re-arrested, by row of `detainers`.
    risk
        Log odds of re-arrest that can be read off the records, by row of `detainers`.
    """

    raw: int
    cases: int
    unended: int
    detainers: pa.Table
    crimes: pa.Table
    sentences: int
    missing: int
    rearrested: Mask
    risk: Floats


def working(data: Path, truth: Path) -> Working:
    """Make the working sample from the agency's tables and the truth beside them."""
    detainers, people = read_table(data / "detainers.parquet"), read_table(truth / "people.parquet")
    person = _persons(truth, "detainers", np.asarray(detainers["detainer_id"]))
    issued, known = _day(detainers["issued_on"]), _day(detainers["known_on"])
    order = np.lexsort((np.asarray(detainers["detainer_id"]), known, issued, person))
    last = order[np.append(np.diff(person[order]) > 0, True)]
    final = ~np.asarray(people["still_imprisoned"])[person[last]]
    kept = detainers.take(last)
    crimes = _crimes(data, np.asarray(kept["person_id"]))
    unended = _unended(crimes, kept)
    convicted = np.asarray(pc.equal(crimes["status"].cast("string"), "convicted"))
    gone = np.asarray(crimes["sentence_days"].is_null())
    row = np.cumsum(final) - 1
    inside = final[np.asarray(crimes["row"])]
    crimes = crimes.filter(inside)
    place = row[np.asarray(crimes["row"])]
    crimes = crimes.set_column(crimes.column_names.index("row"), "row", pa.array(place))
    again = _persons(truth, "rearrests", np.asarray(read_table(data / "rearrests.parquet")[0]))
    rearrested = np.zeros(people.num_rows, np.bool_)
    rearrested[again] = True
    who = person[last][final]
    return Working(
        raw=detainers.num_rows,
        cases=last.size,
        unended=unended,
        detainers=_placed(kept.filter(final), data),
        crimes=crimes,
        sentences=int(convicted.sum()),
        missing=int((convicted & gone).sum()),
        rearrested=rearrested[who],
        risk=np.asarray(people["risk"])[who],
    )


def _persons(truth: Path, table: str, ids: Ints) -> Ints:
    """Return the person of each record of a table, by record id."""
    whose = read_table(truth / "records.parquet")
    whose = whose.filter(pc.equal(whose["table"].cast("string"), table))
    known = np.asarray(whose["record_id"].cast("int64"))
    order = np.argsort(known)
    found: Ints = np.asarray(whose["person"])[order[np.searchsorted(known[order], ids)]]
    return found


def _crimes(data: Path, ids: Ints) -> pa.Table:
    """Return the crimes under some ids, with the place of the id among them."""
    wanted = ["person_id", "category", "level", "status", "status_on", "sentence_days"]
    crimes = read_table(data / "crimes.parquet", wanted)
    order = np.argsort(ids)
    key = np.asarray(crimes["person_id"])
    place = np.minimum(np.searchsorted(ids[order], key), ids.size - 1)
    kept = ids[order][place] == key
    return crimes.filter(kept).append_column("row", pa.array(order[place[kept]]))


def _unended(crimes: pa.Table, detainers: pa.Table) -> int:
    """Return how many people's latest sentence is still running.

    As in the paper, whoever was detained has been released; only the others' sentences are
    added up. Missing ones run on as often as the known ones.
    """
    row, status = np.asarray(crimes["row"]), crimes["status"].cast("string")
    convicted = np.flatnonzero(np.asarray(pc.equal(status, "convicted")))
    day = _day(crimes["status_on"])
    order = convicted[np.lexsort((day[convicted], row[convicted]))]
    latest = order[np.append(np.diff(row[order]) > 0, True)]
    latest = latest[~np.asarray(detainers["detained"])[row[latest]]]
    length = crimes["sentence_days"].to_numpy()[latest].astype(np.float64)
    known = ~np.isnan(length)
    running = (day[latest] + length)[known] >= END
    share = float(running.mean())
    return round(share * int(latest.size))


def _placed(detainers: pa.Table, data: Path) -> pa.Table:
    """Bring in what is known of the facilities."""
    facilities = read_table(data / "facilities.parquet")
    ids = np.asarray(facilities["facility_id"])
    place = np.searchsorted(ids, np.asarray(detainers["facility_id"]))
    for name in ("bin", "miles_to_office"):
        detainers = detainers.append_column(name, facilities[name].take(pa.array(place)))
    return detainers


def _day(column: pa.ChunkedArray) -> Ints:
    days: Ints = np.asarray(column.cast("int32").fill_null(END)).astype(np.int64)
    return days
