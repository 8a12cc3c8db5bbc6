"""The page of `recordsmith stats --html` in a real browser: what a person gets to see.

The page is laid out in a frame as wide as a desktop's window or a telephone's, light and
dark, and a script beside it (the page itself has none) measures what was made of it.
"""

import html
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

WAIT_S = 120
DESKTOP, TELEPHONE = 1280, 390

SCRIPT = """
<script>
function measure() {
  const view = document.querySelector("iframe"), page = view.contentDocument;
  const own = view.contentWindow;
  const all = selector => [...page.querySelectorAll(selector)];
  const box = one => { const r = one.getBoundingClientRect();
                       return [r.left, r.top, r.width, r.height]; };
  const style = (one, name) => own.getComputedStyle(one)[name];
  const found = {
    title: page.title,
    dark: own.matchMedia("(prefers-color-scheme: dark)").matches,
    width: page.documentElement.clientWidth,
    needed: page.documentElement.scrollWidth,
    loaded: own.performance.getEntriesByType("resource").length,
    scripts: page.scripts.length,
    bold: all("b").length,
    cards: all(".card").map(one => ({
      name: one.querySelector("h3").textContent, box: box(one),
      widest: Math.max(...[...one.querySelectorAll("*")].map(
        part => part.getBoundingClientRect().right)) })),
    charts: all("svg").map(one => ({
      name: one.getAttribute("aria-label"), box: box(one),
      bars: [...one.querySelectorAll(".bar")].map(box),
      box_plot: box(one.querySelector(".box")), median: box(one.querySelector(".median")),
      fill: style(one.querySelector(".bar"), "fill") })),
    values: all(".values td.track > span").map(one => box(one)[2]),
    colours: all("h1, h2, h3, p, dt, dd, .mark, .remarks li, .values th, .all td, footer")
      .map(one => { let ground = one;
        while (style(ground, "backgroundColor") === "rgba(0, 0, 0, 0)" &&
               ground.parentElement) ground = ground.parentElement;
        return [one.tagName, style(one, "color"), style(ground, "backgroundColor")]; }),
  };
  document.body.innerHTML = "<pre id='found'></pre>";
  document.getElementById("found").textContent = JSON.stringify(found);
}
</script>
"""


def chromium():
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "no Chromium here (Debian, Ubuntu: apt-get install chromium)"
    return found


def browse(folder, address, *options):
    """Run the browser once on an address; gives its standard output."""
    dark = "--blink-settings=preferredColorScheme=0"
    options = [dark if one == "dark" else one for one in options if one != "light"]
    done = subprocess.run(
        [
            *(chromium(), "--headless", "--no-sandbox", "--disable-gpu"),
            *("--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run"),
            # Nothing may come from elsewhere; without this it would be tried in vain.
            *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}/own"),
            *options,
            address,
        ],
        capture_output=True,
        timeout=WAIT_S,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout.decode()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    rng = np.random.default_rng(5)
    lines = ["id,height,income,city,a very long name of a column without a gap_"]
    lines[0] += "x" * 60 + ",<b>bold</b>,y"
    for i in range(3000):
        height = "" if i % 9 == 0 else f"{rng.normal(170, 9):.2f}"
        city = ["Oslo", "Bern", "Rome"][i % 3]
        lines.append(
            f"{i},{height},{rng.lognormal(10, 1):.2f},{city},1,{rng.integers(9)},{i % 2}"
        )
    folder.joinpath("people.csv").write_text("\n".join(lines) + "\n")
    command = ["stats", "people.csv", "--label", "y", "--html", "people.html", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "recordsmith", *command], cwd=folder, check=True
    )
    return folder / "people.html"


def measured(page, width, scheme):
    """What the browser made of the page, in a frame of this width."""
    frame = (
        f'<iframe style="width:{width}px;height:900px;border:0" onload="measure()" '
        f'srcdoc="{html.escape(page.read_text("utf-8"))}"></iframe>'
    )
    harness = page.with_name(f"harness-{width}-{scheme}.html")
    harness.write_text(
        f'<!doctype html><meta charset="utf-8">{SCRIPT}<body>{frame}</body>', "utf-8"
    )
    text = browse(page.parent, harness.as_uri(), "--dump-dom", scheme)
    found = re.search(r'<pre id="found">(.*?)</pre>', text, re.DOTALL)
    assert found, text[-2000:]
    return json.loads(html.unescape(found[1]))


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request):
    return request.param


@pytest.fixture(scope="module", params=[DESKTOP, TELEPHONE])
def found(request, page, scheme):
    return measured(page, request.param, scheme)


def luminance(colour):
    parts = [float(one) / 255 for one in re.findall(r"[\d.]+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_it_fits_and_stands_alone(found, scheme):
    assert found["dark"] == (scheme == "dark")
    assert found["title"] == "people.csv: statistics"
    assert found["needed"] <= found["width"], "it has to be scrolled sideways"
    assert (found["loaded"], found["scripts"], found["bold"]) == (0, 0, 0)


def test_every_column_has_a_card_that_holds_what_is_in_it(found):
    names = [one["name"] for one in found["cards"]]
    assert len(names) == 7 and names[0] == "y" and "<b>bold</b>" in names
    for one in found["cards"]:
        left, _, width, height = one["box"]
        assert width > 250 and height > 60, one
        assert one["widest"] <= left + width + 1, one


def test_charts_show_what_they_are_to_show(found):
    names = [one["name"].split(":")[0] for one in found["charts"]]
    assert names == [f"Histogram of {one}" for one in ("id", "height", "income")]
    for one in found["charts"]:
        left, top, width, height = one["box"]
        assert width > 250 and height > 60
        assert len(one["bars"]) == 24
        for x, y, wide, high in [*one["bars"], one["box_plot"], one["median"]]:
            assert left - 1 <= x and x + wide <= left + width + 1
            assert top - 1 <= y and y + high <= top + height + 1
        heights = [bar[3] for bar in one["bars"]]
        assert max(heights) > 0.5 * height
        box, median = one["box_plot"], one["median"]
        assert box[0] - 2 <= median[0] <= box[0] + box[2] + 2
    even, bell = ([bar[3] for bar in one["bars"]] for one in found["charts"][:2])
    assert min(even) > 0.8 * max(even), "ids are spread evenly"
    assert 8 <= int(np.argmax(bell)) <= 16, "the middle of a bell is highest"
    assert found["values"] and min(found["values"]) > 0


def test_everything_can_be_read(found):
    assert len(found["colours"]) > 60
    for tag, text, ground in found["colours"]:
        assert contrast(text, ground) >= 4.5, (tag, text, ground)


def test_the_picture_is_no_blank_sheet(page, scheme):
    target = page.with_name(f"{scheme}.png")
    browse(
        page.parent,
        page.as_uri(),
        f"--screenshot={target}",
        "--window-size=1280,1400",
        scheme,
    )
    with Image.open(target) as picture:
        assert picture.size == (1280, 1400)
        colours = {rgb: n for n, rgb in picture.convert("RGB").getcolors(1 << 24)}
    assert len(colours) > 50
    ground = max(colours, key=colours.get)
    assert (sum(ground) < 150) == (scheme == "dark")
