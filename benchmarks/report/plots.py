"""Plots of steps per second, as SVG; none where matplotlib is not installed."""

from growth import points

PLOTS = {  # file -> benchmark, what is below, how rates are scaled
    "steps_per_second_by_width.svg": ("by_width", "units of each hidden layer", "log"),
    "steps_per_second_by_environments.svg": ("by_environments", "environments", "linear"),
}


def draw(results, folder):
    """Name of each file written -> what it shows."""
    try:
        import matplotlib
    except ImportError:
        return {}
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "gradiva"  # the same data gives the same file
    from matplotlib import pyplot

    written = {}
    for name, (benchmark, axis, scale) in PLOTS.items():
        found = points(results, benchmark)
        if not found:
            continue
        figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
        axes.plot([point.value for point in found], [point.steps_per_second for point in found], marker="o")
        axes.set_xscale("log", base=2)
        axes.set_yscale(scale)
        if scale == "linear":
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.set_xticks([point.value for point in found], [f"{point.value:,}" for point in found])
        axes.set_xlabel(axis)
        axes.set_ylabel("steps per second")
        axes.set_title("PPO on CartPole, one thread")
        axes.grid(True, which="both", alpha=0.3)
        figure.savefig(folder / name, metadata={"Date": None})
        pyplot.close(figure)
        written[name] = f"steps per second over {axis}"
    return written
