"""What can go wrong, said so that the reader knows what to do next."""

from __future__ import annotations


class PipelineError(Exception):
    """The base of every error that zhibiao raises on purpose; its text names the file, the place and the remedy."""

    exit_code = 3


class UsageError(PipelineError):
    """The command was called in a way that cannot be carried out."""

    exit_code = 2


class InputError(PipelineError):
    """One input cannot be read; the others go on."""

    exit_code = 3


class SkippedInput(PipelineError):  # noqa: N818 - it is not an error
    """One input holds nothing to read (no table, no form); it is accounted for as skipped, not as failed."""

    exit_code = 0


class DictionaryError(PipelineError):
    """A dictionary or a template cannot be used as it stands."""

    exit_code = 4


class ModelError(PipelineError):
    """A model or its weights are missing, altered or unreadable."""

    exit_code = 4


class SettingsError(PipelineError):
    """The settings hold an unknown key or a value out of range."""

    exit_code = 4
