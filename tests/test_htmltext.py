"""HTML that anybody may send."""

from pipeline.htmltext import HtmlTable, read_html


def test_a_cell_that_holds_thousands_of_tables_is_read() -> None:
    """Whoever nests tables to keep a run busy for an hour does not: rows are told apart once, not for each table."""
    inner = "".join(f"<table><tr><td>甲{n}</td><td>乙</td></tr></table>" for n in range(3_000))

    found = list(read_html(f"<table><tr><td>{inner}</td></tr></table>"))

    texts = [cell.text for table in found if isinstance(table, HtmlTable) for cell in table.cells]
    assert [text for text in texts if text.startswith("甲")] == [f"甲{n}" for n in range(3_000)]
