"""Which Hanzi simplified Chinese is printed with."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=30_000)
def is_uncommon(character: str) -> bool:
    """Tell whether a Hanzi is none of GB/T 2312's 6,763, which simplified Chinese is printed with, a few names apart.

    >>> is_uncommon("強"), is_uncommon("强"), is_uncommon("㎡")
    (True, False, False)
    """
    if not "\u4e00" <= character <= "\u9fff":
        return False
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False
