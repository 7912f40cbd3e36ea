"""What the review workbench reads and appends: the queue, a value's page, decisions and who looked at what."""

from pipeline.store.review.nouns import (
    Acted,
    Ahead,
    DecidedMeanwhileError,
    Draft,
    Group,
    Item,
    ItemFilters,
    Look,
    Mark,
    Order,
    PagePicture,
    Place,
    Progress,
)
from pipeline.store.review.reviews import Reviews

__all__ = [
    "Acted",
    "Ahead",
    "DecidedMeanwhileError",
    "Draft",
    "Group",
    "Item",
    "ItemFilters",
    "Look",
    "Mark",
    "Order",
    "PagePicture",
    "Place",
    "Progress",
    "Reviews",
]
