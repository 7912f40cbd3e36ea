from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import Settings, load_settings


def test_what_a_file_does_not_say_keeps_its_default(tmp_path: Path) -> None:
    """A file names only what is other than usual."""
    file = tmp_path / "settings.toml"
    file.write_text('[left.engine]\nrecognition = "PP-OCRv6_medium_rec"\n', "utf-8")
    settings = load_settings(file)
    assert settings.left.engine.recognition == "PP-OCRv6_medium_rec"
    assert settings.left.engine.detection == Settings().left.engine.detection
    assert load_settings(None) == Settings()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[left.engine]\nrecogniser = 1\n", "left.engine.recogniser"),
        ("review_confidence = 'much'\n", "review_confidence"),
        ("review_confidence =\n", "is not TOML"),
    ],
)
def test_a_misspelt_setting_is_named(tmp_path: Path, content: str, said: str) -> None:
    """A setting that is silently ignored is worse than none."""
    file = tmp_path / "settings.toml"
    file.write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=said):
        load_settings(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A run with other settings than asked for is a wrong run."""
    with pytest.raises(SettingsError, match=r"gone\.toml"):
        load_settings(tmp_path / "gone.toml")
