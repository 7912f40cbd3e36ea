"""Dictionaries are checked as they are loaded; a doubtful one stops the run and says where."""

from pathlib import Path

import pytest

from pipeline.dictionaries import comparison_key, dictionary_files, load_dictionaries, load_vocabulary
from pipeline.errors import DictionaryError


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "user.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_shipped_dictionaries_load_and_name_their_source() -> None:
    """They travel inside the package."""
    loaded = load_dictionaries()

    assert "zhengzhou-2020" in {vocabulary.id for vocabulary in loaded.vocabularies}
    assert all(vocabulary.sources for vocabulary in loaded.vocabularies)
    assert "预算执行率" in loaded.names("level3")


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("[level3]\n甲率\n乙率\n甲率\n", 4, "listed twice"),
        ("[level3]\n甲率\n甲 率\n", 3, "listed twice"),
        ("[level9]\n甲率\n", 1, "unknown section"),
        ("[level3\n甲率\n", 1, "does not end it"),
        ("甲率 | operator=≥\n", 1, "after a tab"),
        ("甲率\tsize=3\n", 1, "unknown key 'size'"),
        ("#! colour: red\n甲率\n", 1, "unknown header key"),
        ("甲率\toperator=~\n", 1, "unknown operator"),
        ("甲率\tunits=\n", 1, "empty value"),
        ("[column]\n甲列\trole=king\n", 2, "unknown role"),
        ("甲率\tseen=乙率\n乙率\n", 2, "a name here and a misreading of 甲率"),
        ("甲率\n".encode() + b"\xff\xfe\n", 2, "not UTF-8"),
    ],
)
def test_a_fault_stops_with_file_and_line(tmp_path: Path, content: str | bytes, line: int, says: str) -> None:
    """A dictionary that silently loses a name would silently lose repairs."""
    path = written(tmp_path, content)

    with pytest.raises(DictionaryError, match=says) as caught:
        load_vocabulary(path)

    assert str(caught.value).startswith(f"{path}:{line}:")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("content", ["", "# only a comment\n", "[level3]\n"])
def test_an_empty_dictionary_never_passes(tmp_path: Path, content: str) -> None:
    """A missing or empty dictionary must not become an empty vocabulary."""
    with pytest.raises(DictionaryError, match="holds no names"):
        load_vocabulary(written(tmp_path, content))


def test_a_missing_dictionary_is_named(tmp_path: Path) -> None:
    """The path is in the message."""
    with pytest.raises(DictionaryError, match="none"):
        load_vocabulary(tmp_path / "none.txt")


def test_a_folder_stands_for_the_dictionaries_in_it(tmp_path: Path) -> None:
    """Whoever keeps them in one folder names the folder; an empty one is a mistake, not a pass."""
    file = written(tmp_path, "甲率\n")

    assert dictionary_files([tmp_path, file]) == [file]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DictionaryError, match="holds no dictionary"):
        dictionary_files([tmp_path / "empty"])


def test_a_plain_list_of_names_is_a_dictionary(tmp_path: Path) -> None:
    """One name a line is all that a user has to write; they are level-3 names."""
    loaded = load_dictionaries([written(tmp_path, "甲乙丙达标率\n丁戊己人数\n")])

    assert loaded.names("level3")["丁戊己人数"][0].vocabulary == "user"


def test_aliases_are_names_in_their_own_right() -> None:
    """Levels are never canonicalised: 数量指标 stays 数量指标."""
    names = load_dictionaries().names("level2")

    assert any(entry.alias_of == "数量" for entry in names["数量目标"])


def test_the_digest_changes_with_a_name(tmp_path: Path) -> None:
    """Records depend on dictionary versions; the version is the digest."""
    one = load_dictionaries([written(tmp_path, "甲率\n")]).digest
    other = load_dictionaries([written(tmp_path, "乙率\n")]).digest

    assert one != other


@pytest.mark.parametrize(
    ("one", "other"), [("项目 名称：", "项目名称"), ("（万元）", "(万元)"), ("【2019】", "〔2019〕")]
)
def test_spaces_widths_and_brackets_do_not_tell_names_apart(one: str, other: str) -> None:
    """They flip from page to page."""
    assert comparison_key(one) == comparison_key(other)
