"""Proves `pipeline/sharing.py`: which names may be near a text, told by the characters that they share."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from pipeline.sharing import Sharing

# Few characters, so that many are shared and repeated; ε stands in no name.
_NAMES = st.lists(st.text("甲乙丙丁", min_size=0, max_size=6), min_size=1, max_size=8)
_TEXTS = st.lists(st.text("甲乙丙丁ε", min_size=0, max_size=7), min_size=1, max_size=4)


@given(_NAMES, _TEXTS, st.integers(0, 4))
def test_no_name_within_the_edits_is_passed_over(names: list[str], texts: list[str], edits: int) -> None:
    """What is passed over is never compared: a near name among it would be lost in silence."""
    rows, columns = Sharing(names).within(texts, np.array([[edits]] * len(texts), dtype=np.int16))

    near = {(t, n) for t, text in enumerate(texts) for n, name in enumerate(names) if OSA.distance(text, name) <= edits}
    assert near <= set(zip(rows.tolist(), columns.tolist(), strict=True))


def test_names_that_share_too_little_are_passed_over() -> None:
    """Otherwise nothing would be saved: of three names one has the characters that one edit leaves."""
    rows, columns = Sharing(["培训合格率", "道路完好率", "设备数量"]).within(["培训台格率"], np.array([[1]], np.int16))

    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 0)]
