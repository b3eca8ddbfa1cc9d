"""What a search for a tree came to: how good it is, beside CART, over restarts, and if proven."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tried:
    """One penalty of a path, measured by cross-validation.

    Parameters
    ----------
    alpha
        Penalty a leaf, as a share of the root's squared errors.
    error
        Mean log loss on rows not learned from, over folds.
    deviation
        Standard error of that mean.
    leaves
        Mean number of leaves.
    """

    alpha: float
    error: float
    deviation: float
    leaves: float


@dataclass(frozen=True, slots=True)
class Found:
    """A search's outcome.

    Parameters
    ----------
    alpha
        Penalty a leaf, as a share of the root's squared errors.
    objective
        Squared errors plus penalties of the tree that was kept, on the rows learned from.
    leaves
        Its leaves.
    cart_objective, cart_leaves
        The same of CART with the same penalty, depth and smallest leaf: what the search begins
        with, equal to scikit-learn's where bins hold single values.
    restarts
        Objective of every restart, in their order. The best of them, of CART polished and of those
        of an earlier screening was kept.
    certified
        The proven optimum, where a certificate was asked for and could be had. The proof leaves
        .01% a level open: an objective may lie below it by that.
    path
        Penalties tried, where one was chosen by cross-validation, descending.
    stopped
        Whether the time given ended the search before it was done.
    """

    alpha: float
    objective: float
    leaves: int
    cart_objective: float
    cart_leaves: int
    restarts: tuple[float, ...]
    certified: float | None = None
    path: tuple[Tried, ...] = ()
    stopped: bool = False

    @property
    def gap(self) -> float | None:
        """How far the tree is above the proven optimum, as a share of it; None if not proven."""
        return None if self.certified is None else self.objective / self.certified - 1

    @property
    def spread(self) -> float:
        """How far the worst restart is above the tree that was kept, as a share of that."""
        return max(self.restarts) / self.objective - 1 if self.objective > 0 else 0.0

    def words(self) -> str:
        """Say in one line how near the best tree this one is."""
        cart = (
            f"CART with the same penalty: {self.cart_objective:,.6g} with {self.cart_leaves} leaves"
        )
        mine = f"objective {self.objective:,.6g} with {self.leaves} leaves"
        gap = self.gap
        if gap is not None and self.certified is not None:
            if gap <= 1e-9:
                return f"certified optimum: {mine}; {cart}"
            above = f"{100 * gap:.2g}% above the certified optimum {self.certified:,.6g}"
            return f"{above}: {mine}; {cart}"
        kind = f"local optimum, best of {len(self.restarts)}"
        if len(self.restarts) > 1:
            apart = f"the worst {100 * self.spread:.2g}% above it"
            kind += f" ({apart if self.spread > 1e-9 else 'all of them as good'})"
        return f"{kind}{', stopped when its time was up' if self.stopped else ''}: {mine}; {cart}"
