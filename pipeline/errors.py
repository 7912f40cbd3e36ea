"""What can go wrong, said so that the reader knows what to do next."""

from __future__ import annotations

import re


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


def shown(text: object) -> str:
    """A path or a message as one line that UTF-8 can hold: what cannot be shown is written as an escape.

    >>> shown("a\\nb")
    'a\\\\nb'
    """
    return _UNSHOWN.sub(lambda found: ascii(found[0])[1:-1], str(text))


# Control characters end or overwrite a terminal's line; lone surrogates stand for bytes of a name that are no UTF-8.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


class StoreError(PipelineError):
    """The store cannot be opened, read or written."""

    exit_code = 2


class ConflictError(PipelineError):
    """Somebody else decided on the same value since it was looked at; nothing was written."""

    exit_code = 3
