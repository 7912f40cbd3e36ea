"""What people decided, and what becomes of a record by it. Pure: it reads no store and no clock.

A decision is anchored to what a person looked at: a place on a page (by the page's digest, never by a list index) and
the text that was read there. So it holds for every document the page stands in, survives a new reading, a new
dictionary and a new model, and is found again where rows were added or joined otherwise.
"""

from pipeline.decisions.anchors import (
    ACTIONS,
    LEVELS,
    Action,
    Anchor,
    Decision,
    PageKeys,
    all_places,
    anchor_of,
    effective,
    holding,
    page_keys,
    place_text,
    places_of,
    value_of,
)
from pipeline.decisions.applied import Applied, apply_decisions, settle
from pipeline.decisions.doubts import Doubt, Reason, list_doubts

__all__ = [
    "ACTIONS",
    "LEVELS",
    "Action",
    "Anchor",
    "Applied",
    "Decision",
    "Doubt",
    "PageKeys",
    "Reason",
    "all_places",
    "anchor_of",
    "apply_decisions",
    "effective",
    "holding",
    "list_doubts",
    "page_keys",
    "place_text",
    "places_of",
    "settle",
    "value_of",
]
