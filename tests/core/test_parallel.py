from __future__ import annotations

import pytest

from commonweal.core.parallel import each, once


@pytest.mark.parametrize("threads", [1, 3])
def test_results_are_in_the_order_of_the_items(threads: int) -> None:
    assert each(lambda x: x * x, range(20), threads) == [x * x for x in range(20)]


def test_an_interrupted_work_says_that_it_is_stopping(capsys: pytest.CaptureFixture[str]) -> None:
    def work(item: int) -> int:
        if item == 1:
            raise KeyboardInterrupt
        return item

    with pytest.raises(KeyboardInterrupt):
        each(work, range(4), 2)
    assert "interrupt again to stop now" in capsys.readouterr().err


def test_what_is_done_once_is_done_once() -> None:
    done: list[int] = []
    get = once(lambda: done.append(1))
    each(lambda _: get(), range(8), 4)
    assert done == [1]
