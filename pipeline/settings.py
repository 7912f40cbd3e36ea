"""All settings, one small class a stage; a misspelt key is an error."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StageSettings(BaseModel):
    """The base of every stage's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)
