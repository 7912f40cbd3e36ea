"""Which Hanzi simplified Chinese is printed with."""

from __future__ import annotations

from functools import lru_cache


def is_hanzi(character: str) -> bool:
    """Tell whether a character is of the first block of Hanzi in Unicode: all that forms are printed with."""
    return "\u4e00" <= character <= "\u9fff"


@lru_cache(maxsize=30_000)
def is_uncommon(character: str) -> bool:
    """Tell whether a Hanzi is none of GB/T 2312's 6,763, which simplified Chinese is printed with, a few names apart.

    >>> is_uncommon("強"), is_uncommon("强"), is_uncommon("㎡")
    (True, False, False)
    """
    if not is_hanzi(character):
        return False
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False
