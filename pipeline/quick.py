"""Frozen values that are made quickly."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

_Noun = TypeVar("_Noun")


def quick(noun: type[_Noun]) -> type[_Noun]:
    """Give a frozen dataclass with slots a constructor that takes half the time; it takes the same and does the same.

    A frozen class's own looks up by name where each value goes, though the places are known: a form's records are
    made of 1,400 such values, and making them was a fifteenth of the time.
    """
    names = [field.name for field in fields(noun)]  # type: ignore[arg-type]
    made: Any = noun.__init__
    if hasattr(noun, "__post_init__") or any(f.default_factory is not MISSING for f in fields(noun)):  # type: ignore[arg-type]
        raise TypeError(f"{noun.__name__} is more than its values")
    places = {f"_{number}": getattr(noun, name).__set__ for number, name in enumerate(names)}
    lines = [f"def __init__(self, {', '.join(names)}):", *(f"  _{k}(self, {name})" for k, name in enumerate(names))]
    # As dataclasses does it: there is no other way to a function with these names for its parameters.
    exec("\n".join(lines), places)  # noqa: S102 - names of fields, which Python has checked
    quicker: Any = places["__init__"]
    quicker.__defaults__, quicker.__annotations__ = made.__defaults__, made.__annotations__
    quicker.__module__, quicker.__qualname__ = made.__module__, made.__qualname__
    noun.__init__ = quicker  # type: ignore[method-assign]
    return noun
