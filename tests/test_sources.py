"""What is named on the command line becomes documents: files, folders, and folders of page images."""

import os
from pathlib import Path

import pytest
from PIL import Image

from pipeline.sources import Source, SourceError, find_sources


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), 255).save(path)
    return path


def text(path: Path, content: str = "项目名称\t甲\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def found(*paths: Path, separate: bool = False) -> list[tuple[str, str]]:
    """Kind and name of each document; an error is `error` and its message."""
    return [
        (source.kind, source.path.name) if isinstance(source, Source) else ("error", str(source))
        for source in find_sources(paths, separate=separate)
    ]


def test_inputs_keep_their_order(tmp_path: Path) -> None:
    """Records are written in the order of the inputs."""
    names = ["b.txt", "a.txt", "c.png"]
    paths = [picture(tmp_path / name) if name.endswith("png") else text(tmp_path / name) for name in names]

    assert found(*paths) == [("text", "b.txt"), ("text", "a.txt"), ("pages", "c.png")]


def test_a_file_is_what_its_content_says(tmp_path: Path) -> None:
    """Names lie."""
    image = picture(tmp_path / "scan.png").rename(tmp_path / "scan.txt")

    assert found(image, text(tmp_path / "form.png")) == [("pages", "scan.txt"), ("text", "form.png")]


def test_images_of_one_folder_are_one_document(tmp_path: Path) -> None:
    """Scanners write a file a page; the texts beside them are documents of their own."""
    for name in ("page-10.png", "page-2.png", "page-1.png"):
        picture(tmp_path / "scan" / name)
    text(tmp_path / "scan" / "form.txt")

    assert found(tmp_path / "scan") == [("images", "scan"), ("text", "form.txt")]


def test_one_image_in_a_folder_is_a_file(tmp_path: Path) -> None:
    """It is named by its own path."""
    picture(tmp_path / "scan" / "page.png")

    assert found(tmp_path / "scan") == [("pages", "page.png")]


def test_separate_takes_each_image_for_itself(tmp_path: Path) -> None:
    """In natural order, as people count."""
    for name in ("page-10.png", "page-2.png", "page-1.png"):
        picture(tmp_path / name)

    assert found(tmp_path, separate=True) == [("pages", f"page-{n}.png") for n in (1, 2, 10)]


def test_every_subfolder_is_its_own_document(tmp_path: Path) -> None:
    """Archives keep a folder a file."""
    for folder in ("a10", "a2"):
        for name in ("1.png", "2.png"):
            picture(tmp_path / folder / name)

    assert found(tmp_path) == [("images", "a2"), ("images", "a10")]


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    """Systems leave their own files in folders (.DS_Store)."""
    text(tmp_path / ".DS_Store")
    text(tmp_path / "form.txt")

    assert found(tmp_path) == [("text", "form.txt")]


def test_a_link_in_a_circle_ends(tmp_path: Path) -> None:
    """A folder that links to itself is no deeper than it is, and the link is said."""
    text(tmp_path / "form.txt")
    (tmp_path / "again").symlink_to(tmp_path)

    form, link = find_sources([tmp_path])

    assert isinstance(form, Source)
    assert form.path.name == "form.txt"
    assert isinstance(link, SourceError)
    assert link.skipped
    assert "is a link to a folder and is not followed" in str(link)


@pytest.mark.parametrize("make", ["missing", "folder", "long", "pipe", "dangling"])
def test_what_cannot_be_read_is_one_error_and_the_rest_goes_on(tmp_path: Path, make: str) -> None:
    """Each names the path and what to do."""
    path = tmp_path / ("x" * 5000 if make == "long" else make)
    if make == "folder":
        path.mkdir()
    elif make == "pipe":
        os.mkfifo(path)
    elif make == "dangling":
        path.symlink_to(tmp_path / "nowhere")

    error, other = find_sources([path, text(tmp_path / "form.txt")])

    assert isinstance(error, SourceError)
    assert error.path == path
    assert str(path) in str(error)
    assert ";" in str(error)
    assert isinstance(other, Source)


def test_an_empty_file_is_left_to_the_text_importer(tmp_path: Path) -> None:
    """It says what is wrong with it; here nothing is read."""
    assert found(text(tmp_path / "empty.txt", "")) == [("text", "empty.txt")]
