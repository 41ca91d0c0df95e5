"""The benchmarks' report, made of invented results."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPORT = Path(__file__).parents[2] / "benchmarks" / "report"
sys.path.insert(0, str(REPORT))

import growth  # noqa: E402
import sections  # noqa: E402
from formatting import number, seconds  # noqa: E402
from goals import goals  # noqa: E402
from results import load  # noqa: E402


def row(name, cpu_time, real_time=None, aggregate="median", **counters):
    return {
        "name": f"{name}_{aggregate}",
        "run_name": name,
        "run_type": "aggregate",
        "aggregate_name": aggregate,
        "cpu_time": cpu_time,
        "real_time": real_time or cpu_time,
        "time_unit": "us",
        **counters,
    }


def program(*rows, **context):
    return {"context": {"num_cpus": 2, "load_avg": [0.5], **context}, "benchmarks": list(rows)}


def reference_job(**changes):
    stages = [
        {"group": "collect", "stage": "actor", "seconds": 1.0, "floor_seconds": 0.5, "flops": 50.0, "bytes": 0.0},
        {"group": "update", "stage": "forward", "seconds": 1.0, "floor_seconds": 0.9, "flops": 90.0, "bytes": 0.0},
        {"group": "update", "stage": "rest", "seconds": 1.0, "floor_seconds": 0.0, "flops": 0.0, "bytes": 0.0},
    ]
    job = {
        "width": 64,
        "threads": 1,
        "seconds": 3.0,
        "runs": [3.0, 2.0, 4.0],
        "steps_per_second": 600.0,
        "greedy_return": -150.0,
        "peak_memory": 5e6,
        "breakdown": {"seconds": 3.0, "peak_flops": 100.0, "peak_bytes": 10.0, "stages": stages},
    }
    return job | changes


class ReportTest(unittest.TestCase):
    def results(self, **files):
        """What is read of a folder with these files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                text = content if isinstance(content, str) else json.dumps(content)
                Path(folder, f"{name}.json").write_text(text)
            return load(Path(folder))

    def goal(self, results, beginning):
        found = [goal for goal in goals(results) if goal.what.startswith(beginning)]
        self.assertEqual(len(found), 1, beginning)
        return found[0]

    def peer(self, library, **measured):
        return {"library": library, "job": "pendulum_reference", **measured}

    def test_an_empty_folder_gives_sections_that_say_what_is_missing(self):
        results = self.results()
        for name, section in {
            "pendulum_reference": sections.reference_section(results),
            "peers": sections.peers_section(results),
            "cartpole_solve": sections.solve_section(results),
            "networks": sections.networks_section(results),
            "environments": sections.environments_section(results),
            "ppo_cartpole": growth.growth_section(results, {}),
            "kernels": sections.kernels_section(results),
            "cost_of_use": sections.cost_section(results),
        }.items():
            self.assertIn(f"there is no `{name}.json`", section)
        self.assertEqual({goal.met for goal in goals(results)}, {None})

    def test_the_program_writes_a_report_whatever_there_is(self):
        for files in ({}, {"pendulum_reference": reference_job()}):
            with tempfile.TemporaryDirectory() as folder:
                for name, content in files.items():
                    Path(folder, f"{name}.json").write_text(json.dumps(content))
                subprocess.run([sys.executable, REPORT, folder], check=True, stdout=subprocess.DEVNULL)
                self.assertIn("## Goals", Path(folder, "report.md").read_text())
                self.assertLessEqual(files.keys(), json.loads(Path(folder, "report.json").read_text()).keys())

    def test_a_file_that_is_no_json_is_named_and_the_others_are_read(self):
        results = self.results(networks="{", pendulum_reference=reference_job())
        self.assertIn("networks.json", results.unreadable)
        self.assertIn("pendulum_reference", results.documents)

    def test_only_medians_count_and_names_are_taken_apart(self):
        kernels = program(
            row("product/64", 9, aggregate="mean"), row("product/64", 2), row("both/n:8/threads:2/real_time", 5, 3)
        )
        lines = self.results(kernels=kernels).lines["kernels"]
        self.assertEqual([line.parts for line in lines], [("both",), ("product",)])
        self.assertEqual([line.args for line in lines], [{"n": 8, "threads": 2}, {0: 64}])
        self.assertAlmostEqual(lines[0].seconds, 3e-6)  # of the clock, as its name says
        self.assertAlmostEqual(lines[1].seconds, 2e-6)

    def test_a_kernel_is_compared_with_its_scalar_line_of_the_same_size_and_with_the_peak(self):
        kernels = program(
            row("product/64", 2, **{"FLOP/s": 50.0}),
            row("product/8", 1),
            row("product_scalar/64", 14),
            peak_flops="200",
        )
        lines = sections.kernels_section(self.results(kernels=kernels)).splitlines()
        (large,) = [line for line in lines if line.startswith("| product, 64 ")]
        (small,) = [line for line in lines if line.startswith("| product, 8 ")]
        self.assertIn("| 25 % | 7 x |", large)
        self.assertTrue(small.endswith("|  |  |"), small)

    def test_the_scan_is_compared_with_a_copy_of_as_many_bytes_where_it_is_slowest(self):
        kernels = program(
            row("copy/1200", 10, **{"B/s": 1.2e8}),
            row("copy/12000", 100, **{"B/s": 1.2e8}),
            row("advantage_scan/8/1000", 200, **{"B/s": 0.6e8}),
            row("advantage_scan/64/1000", 125, **{"B/s": 0.96e8}),
            row("advantage_scan/4096/1000", 105, **{"B/s": 1.14e8}),
            row("advantage_scan/64/100", 20, **{"B/s": 0.6e8}),
        )
        goal = self.goal(self.results(kernels=kernels), "advantage scan")
        self.assertAlmostEqual(goal.value, 0.8)

    def test_a_kernel_without_a_copy_of_its_size_has_no_share(self):
        kernels = program(row("copy/120", 1, **{"B/s": 1.2e8}), row("advantage_scan/64/1000", 125, **{"B/s": 0.96e8}))
        self.assertIsNone(self.goal(self.results(kernels=kernels), "advantage scan").met)

    def test_the_categorical_is_compared_with_the_exponentials_of_as_many_choices(self):
        kernels = program(
            row("categorical/2/256", 9),
            row("categorical/16/256", 3),
            row("categorical/64/256", 8),
            *(row(f"exponentials/{n}/256", n / 8) for n in (2, 16, 64)),
        )
        goal = self.goal(self.results(kernels=kernels), "categorical")
        self.assertEqual((goal.value, goal.met), (1.5, True))

    def test_the_best_peak_of_all_programs_counts(self):
        results = self.results(kernels=program(peak_flops="100"), networks=program(peak_flops="250"))
        self.assertEqual(results.peak("peak_flops"), 250)
        results = self.results(kernels=program(peak_flops="90"), pendulum_reference=reference_job())
        self.assertEqual(results.peak("peak_flops"), 100)

    def test_a_benchmark_that_failed_is_a_row_with_its_reason(self):
        for name, file, section in (
            ("product/64", "kernels", sections.kernels_section),
            ("forward/relu/width:16", "networks", sections.networks_section),
            ("one_by_one/Pendulum/environments:8/threads:1", "environments", sections.environments_section),
        ):
            failed = {"name": name, "run_name": name, "run_type": "iteration"}
            failed |= {"error_occurred": True, "error_message": "it went wrong"}
            self.assertIn("| it went wrong |", section(self.results(**{file: program(failed)})))

    def test_the_update_is_all_of_its_stages_by_the_peak_of_its_process(self):
        goal = self.goal(self.results(pendulum_reference=reference_job()), "update's share of the peak, 64")
        self.assertAlmostEqual(goal.value, 0.45)
        self.assertIs(goal.met, False)

    def test_the_reference_job_is_compared_with_the_fastest_rltools_on_no_more_threads(self):
        rows = [
            self.peer("RLtools", threads=1, steps_per_second=300.0),
            self.peer("RLtools without BLAS", threads=1, steps_per_second=30.0),
            self.peer("RLtools", threads=2, steps_per_second=200.0),
            self.peer("Another", threads=1, steps_per_second=900.0),
        ]
        results = self.results(
            pendulum_reference=reference_job(),
            pendulum_reference_2_threads=reference_job(threads=2, steps_per_second=690.0, breakdown=None),
            peers={"rows": rows},
        )
        one, two = self.goal(results, "reference job, one"), self.goal(results, "reference job, two")
        self.assertEqual((one.value, one.met), (2.0, True))
        self.assertEqual((two.value, two.met), (2.3, False))

    def test_runs_in_turns_count_more_than_rates_of_different_minutes(self):
        rows = [self.peer("RLtools", threads=1, steps_per_second=300.0)]
        turns = [self.peer("RLtools", threads=1, ratio=1.4), self.peer("RLtools", error="does not compile")]
        results = self.results(pendulum_reference=reference_job(), peers={"rows": rows, "ratios": turns})
        self.assertEqual(self.goal(results, "reference job, one").value, 1.4)

    def test_a_peer_that_did_not_run_is_a_row_with_its_error_and_no_ratio(self):
        peers = {"rows": [self.peer("RLtools", error="cannot be downloaded")]}
        results = self.results(pendulum_reference=reference_job(), peers=peers)
        self.assertIn("cannot be downloaded", sections.peers_section(results))
        self.assertIsNone(self.goal(results, "reference job, one").met)

    def test_a_compiler_that_failed_is_a_row_with_its_error(self):
        rows = [
            {"compiler": "g++", "source": "whole program", "flags": "-O2", "cpu_seconds": 5.0, "stripped_bytes": 5e5},
            {"compiler": "clang++", "source": "whole program", "flags": "-O2", "error": "no such header"},
        ]
        results = self.results(cost_of_use={"rows": rows})
        self.assertIn("| no such header |", sections.cost_section(results))
        self.assertIs(self.goal(results, "the README's program, g++ -O2: compile time").met, True)
        self.assertIs(self.goal(results, "the README's program, g++ -O2: stripped").met, False)
        self.assertIsNone(self.goal(results, "the README's program, clang++ -O2: compile time").met)

    def test_time_to_solve_is_read_for_each_network(self):
        rows = [
            {"network": "16-16", "median_seconds": 0.02, "seconds": [0.02]},
            {"network": "64-64", "median_seconds": 0.2, "seconds": [0.2]},
        ]
        results = self.results(cartpole_solve={"rows": rows})
        self.assertIs(self.goal(results, "CartPole solved, network").met, True)
        self.assertIs(self.goal(results, "CartPole solved, 64-64").met, False)

    def test_a_row_that_costs_more_than_twice_its_neighbour_is_marked(self):
        def line(environments, microseconds):
            counters = {"samples": 1.0 * environments, "flops_per_sample": 10.0}
            return row(f"by_environments/environments:{environments}", microseconds, **counters)

        results = self.results(ppo_cartpole=program(line(16, 32), line(4, 13), line(1, 6.6), line(1024, 4200)))
        found = growth.points(results, "by_environments")
        self.assertEqual([point.value for point in found], [1, 4, 16, 1024])
        self.assertEqual([point.marked for point in found], [True, False, False, True])
        table = growth.growth_table(results, "by_environments", "Environments").splitlines()
        self.assertIn("less than one minibatch", table[4])
        self.assertIn("no known reason", table[-1])

    def test_over_the_width_the_work_is_the_operation(self):
        def line(width, microseconds, flops):
            return row(f"by_width/width:{width}", microseconds, samples=1.0, flops_per_sample=flops)

        results = self.results(ppo_cartpole=program(line(16, 5, 1.0), line(32, 8, 4.0), line(64, 30, 16.0)))
        self.assertEqual([point.marked for point in growth.points(results, "by_width")], [True, False, False])

    def test_numbers_have_three_digits(self):
        shown = {0.012345: "0.0123", 1.2: "1.2", 123.4: "123", 307200: "307,000", 0: "0", -166.66: "-167"}
        for value, text in shown.items():
            self.assertEqual(number(value), text)
        self.assertEqual([seconds(each) for each in (2.5, 0.0123, 4.2e-8, None)], ["2.5 s", "12.3 ms", "42 ns", ""])


if __name__ == "__main__":
    unittest.main()
