"""All settings, one small class a stage; a misspelt key is an error."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StageSettings(BaseModel):
    """The base of every stage's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OcrTextSettings(StageSettings):
    """How OCR text is read."""

    # The longest real line (a narrative clipped by its page) has under 2,000 characters; a cell of the longest
    # statutory text would have some 200,000. Longer lines are another kind of file, and parsing one could take minutes.
    max_line_bytes: int = 8 * 1024 * 1024
