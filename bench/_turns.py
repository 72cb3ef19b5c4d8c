"""Contenders measured in turns, so that what else the machine does disturbs all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import _load
from _servers import Contender
from _table import Row, Target


class Turns:
    """What every contender did in every round."""

    def __init__(self, contenders: Sequence[Contender], rounds: int, measure: Callable[[Contender, str], _load.Measured]) -> None:
        self._measured: dict[str, list[_load.Measured]] = {each.name: [] for each in contenders}
        for turn in range(rounds):
            # Nobody always comes first, or always after the same one.
            for place in range(len(contenders)):
                contender = contenders[(place + turn) % len(contenders)]
                self._measured[contender.name].append(measure(contender, f"{turn}.{contender.name}"))

    def rates(self, name: str) -> list[float]:
        """Messages a second, by round."""
        return [each.rate for each in self._measured[name]]

    def quantiles(self, name: str, q: float) -> list[float]:
        """Milliseconds, by round."""
        return [each.quantile(q) for each in self._measured[name]]

    def row(self, shown: str, name: str, beside: str | None = None, target: Target | None = None) -> Row:
        """A contender's messages a second, beside those of another."""
        floors = self.rates(beside) if beside else []
        return Row(name=shown, unit="messages/s", values=self.rates(name), floors=floors, target=target)
