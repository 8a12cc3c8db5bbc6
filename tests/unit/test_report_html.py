"""A report in a notebook: well-formed, escaped, readable on any ground."""

import re
from html.parser import HTMLParser

from hypothesis import given

import reports
from recordsmith.reporting.findings import Report
from recordsmith.wording import printable
from reports import CLEAN, FULL

TAGS = {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "span"}
TAGS |= {"code", "br", "ul", "li", "a", "details", "summary"}
ATTRIBUTES = {"class", "style", "scope", "href", "rel"}


class Page(HTMLParser):
    """Collects text and attributes; fails on what the report does not use."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.links, self.cells = [], [], [], []
        self.styles = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name == "href":
                self.links.append(value)
            if name == "style":
                self.styles.append(value)
        if tag != "br":
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if "td" in self.open or "th" in self.open:
            self.cells[-1] += data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def test_the_table_holds_all_findings():
    page = Page(FULL._repr_html_())
    assert page.cells[:6] == ["", "Rule", "Found", "Expected", "Where", "Fix"]
    assert page.cells[6:8] == ["error", "test/nan"]
    assert "Found missing (NaN) values" in page.cells[8]
    assert page.cells[9] == "finite numbers"
    assert "data/train.pbr: record 12, column 4, byte 960" in page.cells[10]
    assert "... and 1 more" in page.cells[10]
    assert "leave such rows out" in page.cells[11]
    assert [page.cells[at] for at in (12, 18)] == ["warning", "note"]
    assert page.links == ["https://example.com/page.html#nan"]
    text = "".join(page.text)
    assert "rows: 1,234; files: 2; bytes: 56,789" in text
    assert "test/classes: num_classes was not given" in text


def test_a_clean_report_has_no_table():
    page = Page(CLEAN._repr_html_())
    assert page.cells == []
    assert page.text == ["a.pbr", ": ok", "rows: 1; files: 1; rules checked: 1"]


def test_colours_of_text_and_ground_are_the_pages_own():
    styles = Page(FULL._repr_html_()).styles
    assert styles
    for style in styles:
        colours = re.findall(r"(?<![-\w])(color|background):([^;]+)", style)
        plain = {("color", "inherit"), ("background", "transparent")}
        assert set(colours) <= plain or {name for name, _ in colours} == {
            "color",
            "background",
        }, "a colour without its ground may not be readable"


@given(reports.reports)
def test_any_text_is_shown_and_none_is_markup(report):
    html = report._repr_html_()
    html.encode("utf-8")
    page = Page(html)  # fails on tags and attributes that the report does not use
    text = "".join(page.text)
    for finding in report.findings:
        for one in (finding.found, finding.expected, finding.fix, finding.message or ""):
            assert printable(one) in text
    assert all(re.match(r"https?://[^\s\"'<>]+$", link) for link in page.links)
    assert printable(report.subject) in text


def test_a_link_is_an_address_of_the_web():
    def links(source):
        one = reports.Finding("a/b", "error", "f", "e", "x", sources=(source,))
        return Page(Report("X", (one,))._repr_html_()).links

    assert links("https://a.example/?b=1&c=2") == ["https://a.example/?b=1&c=2"]
    assert links("javascript:alert(1)") == []
    assert links("https://a.example/ and more") == []
