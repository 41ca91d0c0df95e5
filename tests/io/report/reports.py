"""Reports in headless Chromium: what they draw, how they are used, and whether everyone can.

Usage: reports.py PROGRAM, the path of report_samples.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import warnings

import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "player"))
import browser  # noqa: E402

PROGRAM = pathlib.Path(sys.argv.pop())
NAMES = ("one", "long", "seeds", "thirty", "undescribed")

# Of each text on the page that is shown: its colour, what is behind it, its size and weight. And of each line of a chart.
COLOURS = """(() => {
  const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const all = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(element.tagName)) continue;
    if (element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element), drawn = element instanceof SVGElement;
    all.push({text: text.slice(0, 30), colour: rgb(drawn ? style.fill : style.color),
      behind: behind(drawn ? element.closest('.plot') : element), size: parseFloat(style.fontSize),
      bold: Number(style.fontWeight) >= 600, line: false});
  }
  for (const path of document.querySelectorAll('path.line, .legend line')) {
    all.push({text: 'a line', colour: rgb(getComputedStyle(path).stroke), behind: behind(path.closest('div')), line: true});
  }
  return all;
})()"""


def luminance(colour):
    parts = [c / 255 for c in colour[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def decoded(code):
    if isinstance(code, dict) and "range" in code:
        first, step, count = code["range"]
        return first + step * np.arange(count)
    if isinstance(code, dict):
        return np.frombuffer(base64.b64decode(code["f64"]), "<f8")
    return np.frombuffer(base64.b64decode(code), "<f4")


def buckets_of(values, most=400):
    """Ranges of rows as a table makes them, of as many rows."""
    width = 1
    while len(values) > most * width:
        width *= 2
    return [values[i:i + width] for i in range(0, len(values), width)]


def band_of(runs, name):
    """Quartiles of the runs at the union of their steps; NaN where none is there."""
    curves = []
    for run in runs:
        there = ~np.isnan(run[name])
        curves.append((run["steps"][there], run[name][there]))
    places = np.unique(np.concatenate([run["steps"] for run in runs]))
    rows = []
    for place in places:
        values = [np.interp(place, x, y) for x, y in curves if x[0] <= place <= x[-1]]
        rows.append(np.percentile(values, [25, 50, 75]) if values else [np.nan] * 3)
    return np.array(rows)


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        subprocess.run([PROGRAM, cls.folder], check=True)
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.__exit__)

    def open(self, name, dark=False, width=1280):
        page = self.browser.open(self.folder / f"{name}.html", dark, width, 900)
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.addCleanup(page.call, "Page.close")
        return page

    def data(self, name):
        """What is in the page, and the numbers that it was made of."""
        text = (self.folder / f"{name}.html").read_text()
        begin = text.index('id="data">') + len('id="data">')
        numbers = json.loads((self.folder / f"{name}.json").read_text())
        return (json.loads(text[begin:text.index("</script>", begin)]),
                [{key: np.array(values, float) for key, values in run.items()} for run in numbers])

    def drawn(self, page, quantity, kind):
        """The points of the first such path in the chart of a quantity, in pixels."""
        path = page.value(f"[...document.querySelectorAll('figure')].find((figure) => figure.dataset.quantity === "
                        f"{json.dumps(quantity)}).querySelector('path.{kind}').getAttribute('d')")
        return np.array([[float(x) for x in point.split()] for point in path.strip("MZ").split("L")])

    def check_pixels(self, pixels, values):
        """Pixels are values on a linear scale that goes up."""
        slope, offset = np.polyfit(values, pixels, 1)
        self.assertLess(slope, 0)
        self.assertLess(np.abs(slope * values + offset - pixels).max(), 0.02)

    def test_pages_open_without_complaints_and_load_nothing(self):
        for name in NAMES:
            for dark in (False, True) if name in ("one", "thirty") else (False,):
                with self.subTest(name=name, dark=dark):
                    page = self.open(name, dark)
                    self.assertEqual(page.problems, [])
                    self.assertGreater(page.value("document.querySelectorAll('path.line').length"), 2)

    def test_logs_without_a_quantity_have_a_page_without_curves(self):
        for name, runs in (("bare", 1), ("bare_groups", 3)):
            with self.subTest(name=name):
                page = self.open(name)
                self.assertEqual(page.problems, [])
                self.assertEqual(page.value("document.querySelectorAll('#curves, figure').length"), 0)
                self.assertEqual(page.value("document.querySelectorAll('#runs tbody tr').length"), runs)
                self.assertIn("30", page.value("document.querySelector('#overview').textContent"))

    def test_the_evaluation_has_its_metrics(self):
        page = self.open("one")
        cells = "[...document.querySelectorAll('#evaluation %s')].map((cell) => cell.textContent)"
        self.assertEqual(page.value(cells % "thead th"), ["Run", "Mean return ± deviation", "<b>goals</b>", "Episodes"])
        self.assertEqual(page.value(cells % "tbody td"), ["11 ± 1", "1.25", "20"])

    def test_what_is_said_of_the_final_return_of_a_short_run_is_true(self):
        page = self.open("one")
        self.assertIn("mean of the last up to 100 episodes", page.value("document.querySelector('.tile').textContent"))

    def test_a_page_of_ten_seeds_is_below_a_megabyte(self):
        self.assertLess((self.folder / "seeds.html").stat().st_size, 1_000_000)

    def test_series_below_400_are_held_exactly(self):
        data, [numbers] = self.data("one")
        page = self.open("one")
        self.assertEqual(data["quantities"][0], "mean_return")
        for quantity in data["quantities"]:
            series = data["groups"][0]["series"][quantity]
            self.assertEqual(set(series), {"last"})
            np.testing.assert_array_equal(decoded(series["last"]), numbers[quantity].astype(np.float32))
            there = ~np.isnan(numbers[quantity])
            points = self.drawn(page, quantity, "line")
            self.assertEqual(len(points), there.sum())
            self.check_pixels(points[:, 1], numbers[quantity][there])
        for axis in ("steps", "seconds", "iteration", "episodes"):
            np.testing.assert_array_equal(decoded(data["groups"][0]["axes"][axis]), numbers[axis])

    def test_longer_series_keep_their_extremes(self):
        data, [numbers] = self.data("long")
        page = self.open("long")
        for quantity in data["quantities"]:
            series = {key: decoded(code) for key, code in data["groups"][0]["series"][quantity].items()}
            parts = buckets_of(numbers[quantity])
            self.assertLessEqual(len(parts), 400)
            np.testing.assert_array_equal(series["least"], np.float32([np.nanmin(part) for part in parts]))
            np.testing.assert_array_equal(series["greatest"], np.float32([np.nanmax(part) for part in parts]))
            np.testing.assert_array_equal(series["last"], np.float32([part[-1] for part in parts]))
            points = self.drawn(page, quantity, "extremes")
            self.check_pixels(points[:, 1], np.concatenate([series["greatest"], series["least"][::-1]]).astype(float))
        steps = decoded(data["groups"][0]["axes"]["steps"])
        np.testing.assert_array_equal(steps, [part[-1] for part in buckets_of(numbers["steps"])])

    def test_curves_of_groups_are_quartiles_over_runs(self):
        for name in ("seeds", "thirty"):
            data, numbers = self.data(name)
            for group in data["groups"]:
                for quantity in data["quantities"]:
                    series = group["series"][quantity]
                    self.assertEqual(set(series), {"last", "least", "greatest", "low", "high", "count"})
                    parts = buckets_of(band_of([numbers[r] for r in group["runs"]], quantity))
                    with self.subTest(name=name, group=group["name"], quantity=quantity), warnings.catch_warnings():
                        warnings.simplefilter("ignore", RuntimeWarning)  # of buckets without a number
                        for key, expected in (("low", [np.nanmin(part[:, 0]) for part in parts]),
                                              ("last", [part[-1, 1] for part in parts]),
                                              ("least", [np.nanmin(part[:, 1]) for part in parts]),
                                              ("greatest", [np.nanmax(part[:, 1]) for part in parts]),
                                              ("high", [np.nanmax(part[:, 2]) for part in parts])):
                            np.testing.assert_allclose(decoded(series[key]), expected, rtol=1e-6, atol=1e-5)

    def test_the_extremes_of_a_median_are_drawn(self):
        data, _ = self.data("seeds")
        page = self.open("seeds")
        for quantity in data["quantities"]:
            series = {key: decoded(code) for key, code in data["groups"][0]["series"][quantity].items()
                      if key in ("least", "greatest")}
            there = ~np.isnan(series["least"])
            points = self.drawn(page, quantity, "extremes")
            self.check_pixels(points[:, 1], np.concatenate([series["greatest"][there],
                                                            series["least"][there][::-1]]).astype(float))

    def test_final_returns_are_interquartile_means(self):
        for name, groups, runs in (("one", 1, 1), ("seeds", 1, 10), ("thirty", 3, 10), ("undescribed", 30, 1)):
            data, numbers = self.data(name)
            self.assertEqual([len(group["runs"]) for group in data["groups"]], [runs] * groups)
            for group in data["groups"]:
                finals = np.sort([numbers[r]["mean_return"][-1] for r in group["runs"]])
                cut = len(finals) // 4
                self.assertAlmostEqual(group["final"]["value"], finals[cut:len(finals) - cut].mean(), delta=1e-6)
                if runs > 1:
                    self.assertLess(group["final"]["low"], group["final"]["value"])
                    self.assertGreater(group["final"]["high"], group["final"]["value"])

    def test_text_of_users_is_text(self):
        for name in ("one", "thirty"):
            page = self.open(name)
            title = f'<script>throw 1</script> & "{name}"'
            self.assertEqual(page.value("[document.title, document.querySelector('h1').textContent]"), [title, title])
            self.assertEqual(page.value("document.querySelectorAll('u, i, img, main b').length"), 0)
            self.assertEqual(page.value("document.querySelectorAll('script').length"), 3)
        self.assertIn("<u>TRPO</u>", page.value("document.querySelector('.legend').textContent"))
        self.assertIn("<b>goals</b>", page.value("document.querySelector('.charts').textContent"))

    def test_play_advances_the_animation(self):
        page = self.open("one")
        picture = "document.querySelector('#episodes canvas').toDataURL()"
        page.value("document.querySelector('#episodes button').focus()")
        before, at = page.value(picture), page.value("document.querySelector('#episodes input').value")
        page.press("Enter")
        page.until(f"document.querySelector('#episodes input').value !== '{at}'")
        page.press("Enter")  # pause
        self.assertNotEqual(page.value(picture), before)
        later = page.value("document.querySelector('#episodes input').value")
        self.assertGreater(int(later), int(at))
        time.sleep(0.2)
        self.assertEqual(page.value("document.querySelector('#episodes input').value"), later)
        self.assertEqual(page.problems, [])

    def test_themes_follow_the_system_and_the_button(self):
        page = self.open("one", dark=True)
        colour = "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"
        self.assertLess(luminance(page.value(colour)), 0.05)
        page.value("document.getElementById('theme').click()")
        self.assertGreater(luminance(page.value(colour)), 0.8)
        page = self.open("one")
        self.assertGreater(luminance(page.value(colour)), 0.8)
        page.theme(True)
        page.until("document.documentElement.dataset.theme === 'dark'")
        self.assertLess(luminance(page.value(colour)), 0.05)

    def test_contrast_is_enough_in_both_themes(self):
        for name in ("one", "thirty"):
            for dark in (False, True):
                page = self.open(name, dark)
                page.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
                page.until("[...document.querySelectorAll('figure .rows')].every((rows) => rows.querySelector('td'))")
                seen = page.value(COLOURS)
                self.assertGreater(len(seen), 50)
                for found in seen:
                    large = found["line"] or found["size"] >= 24 or found["bold"] and found["size"] >= 18.66
                    with self.subTest(name=name, dark=dark, text=found["text"]):
                        self.assertGreaterEqual(contrast(found["colour"], found["behind"]), 3 if large else 4.5)

    def focusable(self, page):
        """Names and roles of what takes the focus, as assistive technology gets them."""
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        for node in nodes:
            properties = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
            if properties.get("focusable") and node["role"]["value"] != "RootWebArea":
                yield node["role"]["value"], node.get("name", {}).get("value", ""), node.get("value", {})

    def test_everything_that_takes_the_focus_has_a_label(self):
        for name in ("one", "thirty"):
            page = self.open(name)
            found = list(self.focusable(page))
            self.assertGreater(len(found), 8)
            for role, label, _ in found:
                if role not in ("main", "generic"):
                    self.assertTrue(label.strip(), f"{name}: a {role} has no label")
            sliders = [label for role, label, _ in found if role == "slider"]
            self.assertEqual(sum("Chart of" in label for label in sliders), 3)
            self.assertEqual(page.value("[...document.querySelectorAll('section')].every((section) => document"
                                      ".getElementById(section.getAttribute('aria-labelledby')).textContent)"), True)
            self.assertEqual(page.value("[...document.querySelectorAll('th')].every((head) => head.scope)"), True)

    def test_the_focus_goes_through_the_page_in_its_order_and_is_seen(self):
        page = self.open("thirty")
        count = page.value("document.querySelectorAll('a, button, select, input, summary, [tabindex=\"0\"]').length")
        page.value("""window.stops = []; document.addEventListener('focusin', ({target}) => {
            const style = getComputedStyle(target);
            stops.push([target, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]); })""")
        for _ in range(count + 1):
            page.press("Tab")
        self.assertGreater(page.value("stops.length"), 15)
        self.assertTrue(page.value("stops.every(([, seen]) => seen)"))
        self.assertTrue(page.value("stops.slice(1).every(([stop], i) => stop === stops[0][0] || Boolean("
                                 "stops[i][0].compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING))"))
        visible = page.value("[...document.querySelectorAll('a, button, select, input, summary, .plot, .scroll, .rows')]"
                           ".filter((e) => e.checkVisibility({contentVisibilityAuto: true}))"
                           ".every((e) => stops.some(([stop]) => stop === e))")
        self.assertTrue(visible)

    def test_a_chart_is_read_by_keys_and_as_a_table(self):
        page = self.open("one")
        _, [numbers] = self.data("one")
        page.value("document.querySelector('.plot').focus()")
        text = "document.querySelector('.plot').getAttribute('aria-valuetext')"
        page.press("End")
        self.assertIn("102,144", page.value(text))
        page.press("ArrowLeft")
        self.assertIn("101,888", page.value(text))
        self.assertIn(f"{numbers['mean_return'][-2]:.3f}"[:6], page.value(text))
        self.assertFalse(page.value("document.querySelector('.tip').hidden"))
        page.press("Escape")
        self.assertTrue(page.value("document.querySelector('.tip').hidden"))
        page.value("document.querySelector('figure summary').focus()")
        page.press("Enter")
        page.until("document.querySelectorAll('figure .rows tbody tr').length === 399")
        self.assertEqual(page.problems, [])

    def test_groups_and_axes_are_chosen_by_keys(self):
        page = self.open("thirty")
        lines = "document.querySelectorAll('figure path.line').length"
        self.assertEqual(page.value(lines), 9)
        page.value("document.querySelector('.legend button').focus()")
        page.press(" ")
        self.assertEqual(page.value(lines), 6)
        self.assertEqual(page.value("document.activeElement.getAttribute('aria-pressed')"), "false")
        page.press(" ")
        self.assertEqual(page.value(lines), 9)
        for axis in ("seconds", "iteration", "episodes"):
            page.value(f"document.getElementById('axis').value = '{axis}'; "
                     "document.getElementById('axis').dispatchEvent(new Event('change'))")
            self.assertEqual(page.value(lines), 9)
            self.assertIn(page.value("document.querySelector('#axis').selectedOptions[0].textContent"),
                          page.value("document.querySelector('.plot').getAttribute('aria-valuetext')"))
        self.assertEqual(page.problems, [])

    def test_the_pointer_reads_all_groups(self):
        page = self.open("thirty")
        frame = page.value("(() => { const r = document.querySelector('.plot').getBoundingClientRect(); "
                         "return [r.left + r.width / 2, r.top + r.height / 2]; })()")
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=frame[0], y=frame[1])
        self.assertEqual(page.value("document.querySelectorAll('.tip div').length"), 3)
        self.assertIn("<u>TRPO</u>", page.value("document.querySelector('.tip').textContent"))
        self.assertEqual(page.problems, [])

    def test_narrow_windows_do_not_scroll_sideways(self):
        for name in ("one", "thirty", "undescribed"):
            for width in (1280, 360):
                page = self.open(name, width=width)
                self.assertLessEqual(page.value("document.documentElement.scrollWidth"), width, name)


if __name__ == "__main__":
    unittest.main()
