"""Pages and animated pictures of recordings: well-formed, and played in headless Chromium.

Usage: players.py PROGRAM, the path of player_samples.
"""

import math
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from html.parser import HTMLParser

import browser

PROGRAM = pathlib.Path(sys.argv.pop())
HOSTILE = "</script></title><img src=x onerror='broken = 1'>&amp; ? \ufffd caf\u00e9"
# The colour of the middle of the square that is there in even steps.
SQUARE = """(() => {
  const picture = document.querySelector("canvas"), copy = document.createElement("canvas");
  copy.width = copy.height = 1;
  const context = copy.getContext("2d", {willReadFrequently: true});
  context.drawImage(picture, Math.round(picture.width / 4), Math.round(picture.height / 2), 1, 1, 0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].join();
})()"""
STATE = "JSON.stringify(player.state())"
WORDS = "document.querySelector('output').textContent"


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.title, self.inside = [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "title":
            self.title += data


class Players(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        subprocess.run([PROGRAM, cls.folder.name], check=True)
        cls.browser = browser.Browser().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__(None, None, None)
        cls.folder.cleanup()

    def open(self, name, **options):
        page = self.browser.open(self.path / name, **options)
        self.addCleanup(lambda: self.assertEqual(page.problems, []))
        return page

    def test_pictures_are_well_formed(self):
        for name, title in (("plain", "Plain"), ("still", "Still"), ("hostile", HOSTILE)):
            root = xml.parse(self.path / f"{name}.svg").getroot()
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            self.assertEqual(root.find("{*}title").text, title)
            self.assertEqual([text.text for text in root.findall("{*}text")], [title])
            self.assertFalse(root.findall(".//{*}script") + root.findall(".//{*}img"))
            self.assertTrue(root.findall(".//{*}animate"))

    def test_pages_have_no_elements_of_users(self):
        for name, title in (("plain", "Plain"), ("hostile", HOSTILE)):
            page = Elements((self.path / f"{name}.html").read_text())
            self.assertEqual(page.tags.count("script"), 2)
            self.assertNotIn("img", page.tags)
            self.assertEqual(page.title, title)
        page = self.open("hostile.html")
        self.assertEqual(page.value("typeof broken"), "undefined")
        self.assertEqual(page.value("document.querySelector('h1').textContent"), HOSTILE)
        self.assertEqual(page.value("document.querySelectorAll('img').length"), 0)

    def test_pictures_move_in_a_browser(self):
        page = self.open("plain.svg")
        shown = "getComputedStyle(document.querySelector('rect.f5')).visibility"
        for visibility in ("hidden", "visible", "hidden"):
            page.until(f"{shown} === '{visibility}'")

    def test_play_advances_through_all_episodes_and_stops(self):
        page = self.open("plain.html")
        self.assertEqual(page.value(STATE), '{"episode":0,"frame":0,"frames":11,"playing":false}')
        page.value("player.play()")
        page.until("player.state().frame >= 3")
        page.until("player.state().episode === 1")
        page.until("player.state().episode === 2")
        page.until("!player.state().playing")
        self.assertEqual(page.value(STATE), '{"episode":2,"frame":0,"frames":1,"playing":false}')
        page.value("player.play()")
        self.assertEqual(page.value(STATE), '{"episode":0,"frame":0,"frames":11,"playing":true}')

    def test_each_frame_shows_its_own_shapes(self):
        for dark, square, empty in ((False, "31,95,191,255", "255,255,255,255"), (True, "110,168,254,255", "20,24,29,255")):
            page = self.open("still.html", dark=dark)
            for frame in (0, 1, 2, 7, 10, 3, 0):  # forwards and backwards
                page.value(f"player.seek({frame})")
                self.assertEqual(page.value(SQUARE), empty if frame % 2 else square, (dark, frame))
            page.value("player.choose(1)")
            self.assertEqual(page.value(SQUARE), square)
        page.theme(False)
        page.until(SQUARE + " === '31,95,191,255'")

    def test_shapes_are_where_they_were_drawn(self):
        page = self.open("still.html")
        places = page.value("gradivaFrames(JSON.parse(document.getElementById('recording').textContent))"
                            ".map(episode => episode.map(shapes => shapes[1].numbers))")
        for episode, length in zip(places, (10, 4, 0), strict=True):
            self.assertEqual(episode, [[round(500 * (3 + 0.5 * math.sin(0.3 * step))), 500] for step in range(length + 1)])

    def test_it_says_where_it_is(self):
        page = self.open("still.html")
        self.assertEqual(page.value(WORDS), "step 0 of 10, return 0")
        page.value("player.seek(7)")
        self.assertEqual(page.value(WORDS), "step 7 of 10, return 3.5")
        page.value("player.seek(99)")
        self.assertEqual(page.value(WORDS), "step 10 of 10, return 5, cut off")
        page.value("player.choose(1); player.seek(4)")
        self.assertEqual(page.value(WORDS), "step 4 of 4, return 2, terminated")
        self.assertEqual(page.value("document.querySelector('input').getAttribute('aria-valuetext')"), page.value(WORDS))
        self.assertEqual(page.value("document.querySelector('canvas').getAttribute('aria-label')"),
                         "Still, episode 2, step 4 of 4, return 2, terminated")

    def test_the_keyboard_is_enough(self):
        page = self.open("still.html")
        focused = "document.activeElement.tagName + ' ' + (document.activeElement.labels?.[0]?.textContent ?? '')"
        order = []
        for _ in range(4):
            page.press("Tab")
            order.append(page.value(focused).split()[:2])
        self.assertEqual([tag for tag, *_ in order], ["BUTTON", "SELECT", "SELECT", "INPUT"])
        self.assertTrue(order[1][1].startswith("Episode") and order[2][1].startswith("Speed") and order[3][1] == "Frame")
        page.press("ArrowRight")
        page.press("ArrowRight")
        self.assertEqual(page.value("player.state().frame"), 2)
        page.press("End")
        self.assertEqual(page.value("player.state().frame"), 10)
        page.value("player.seek(0); document.querySelector('button').focus()")
        page.press(" ")
        self.assertTrue(page.value("player.state().playing"))
        self.assertEqual(page.value("document.activeElement.textContent"), "Pause")
        page.press("Enter")
        self.assertFalse(page.value("player.state().playing"))

    def test_everything_has_a_name_for_screen_readers(self):
        page = self.open("still.html")
        page.call("Accessibility.enable")
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        names = {(node["role"]["value"], node["name"]["value"]) for node in nodes
                 if not node.get("ignored") and node.get("role") and node.get("name")}
        for wanted in (("group", "Playback of Still"), ("button", "Play"), ("slider", "Frame"), ("heading", "Still")):
            self.assertIn(wanted, names)
        self.assertTrue(any(role in ("image", "img") and name.startswith("Still, episode 1") for role, name in names))
        boxes = [name for role, name in names if role.lower().startswith("combobox")]
        self.assertEqual(sorted(name.split()[0] for name in boxes), ["Episode", "Speed"])

    def test_it_fits_into_a_narrow_window(self):
        page = self.open("still.html", width=320, height=600)
        self.assertLessEqual(page.value("document.documentElement.scrollWidth"), 320)


if __name__ == "__main__":
    unittest.main()
