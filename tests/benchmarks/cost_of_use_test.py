"""The programs whose cost is measured are those of the README."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from cost_of_use import sources  # noqa: E402


class CostOfUseTest(unittest.TestCase):
    def test_the_readme_has_a_whole_program_and_an_environment(self):
        found = sources((ROOT / "README.md").read_text())
        program, is_program = found["whole program"]
        self.assertIn("int main()", program)
        self.assertIn("trainer.train(", program)
        self.assertTrue(is_program)
        environment, is_program = found["environment alone"]
        self.assertIn("void reset(", environment)
        self.assertNotIn("main()", environment)
        self.assertFalse(is_program)

    def test_a_readme_without_the_program_says_which_heading_is_missing(self):
        with self.assertRaisesRegex(SystemExit, "'## An environment of your own'"):
            sources("## A whole program\n```cpp\nint main() {}\n```\n")


if __name__ == "__main__":
    unittest.main()
