"""A year in minutes: made-up people, the real store, gate, dialogues and job engine, and a clock that is moved."""

from __future__ import annotations

from ccmm_bot.worker.simulation.report import Report
from ccmm_bot.worker.simulation.run import Trouble, simulate

__all__ = ["Report", "Trouble", "simulate"]
