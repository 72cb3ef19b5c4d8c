"""The plot of what a message costs against how many are in the store already."""

from __future__ import annotations

from pathlib import Path


def draw(path: Path) -> None:
    """Write the plot of what :mod:`growth` measured in this run; nothing where it did not run."""
    import growth

    if not growth.POINTS:
        return
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ccmm"
    from matplotlib import pyplot

    points = {0: (1.0, 1.0, 1.0), **growth.POINTS}
    sizes = sorted(points)
    middle, low, high = zip(*(points[size] for size in sizes), strict=True)
    places = range(len(sizes))
    figure, axes = pyplot.subplots(figsize=(7, 3.6))
    axes.fill_between(places, low, high, alpha=0.2, linewidth=0)
    axes.plot(places, middle, marker="o")
    axes.axhline(1.2, linestyle=":", color="grey")
    axes.annotate("at most 1.2", (0, 1.2), textcoords="offset points", xytext=(0, 4), color="grey")
    axes.set_xticks(places, [f"{size:,}" for size in sizes])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("messages in the store")
    axes.set_ylabel("cost of a message,\ntimes that in an empty store")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
