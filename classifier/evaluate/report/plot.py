"""One chart: a frame with two axes, and what is drawn into it. Colours come from the style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from classifier.evaluate.report.scales import Scale
from classifier.markup import h

WIDTH, HEIGHT = 560.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 14.0, 20.0, 48.0
"""The drawing and its margins; units are those of the view box."""

X_AXIS = (LEFT, WIDTH - RIGHT)
Y_AXIS = (HEIGHT - BOTTOM, TOP)
"""Where the axes begin and end."""

APART = 0.6
"""Points of a line closer than this to the one before are left out: unseen, they make files large."""

Point = tuple[float, float]


class Plot:
    """A chart that is being drawn.

    Parameters
    ----------
    x, y : Scale
        From `X_AXIS` and `Y_AXIS`.
    x_label, y_label : str
        What the axes show, with the unit.
    told : str
        The chart in one sentence, for who cannot see it.
    """

    def __init__(self, x: Scale, y: Scale, x_label: str, y_label: str, told: str) -> None:
        self.x, self.y = x, y
        self._drawn: list[Element] = [h("g", *self._grid(), class_="grid")]
        self._labels = [
            h("text", x_label, x=(x.start + x.stop) / 2, y=HEIGHT - 8, class_="axis", text_anchor="middle"),
            h(
                "text",
                y_label,
                transform=f"translate(14 {(y.start + y.stop) / 2:.0f}) rotate(-90)",
                class_="axis",
                text_anchor="middle",
            ),
        ]
        self._told = told

    def line(self, points: Iterable[Point], kind: str, *, steps: bool = False) -> None:
        """Draw a line; it is broken where a number is nan.

        Parameters
        ----------
        points : iterable of (float, float)
        kind : str
            Class of the style sheet.
        steps : bool, default False
            Go sideways, then up or down, never aslant.
        """
        path: list[str] = []
        last: Point | None = None
        for x, y in points:
            if math.isnan(x) or math.isnan(y):
                last = None
                continue
            place = self.x.at(x), self.y.at(y)
            if last and math.dist(place, last) < APART:
                continue
            if last and steps:
                path.append(f"H{place[0]:.1f}")
            path.append(f"{'L' if last else 'M'}{place[0]:.1f} {place[1]:.1f}")
            last = place
        self._drawn.append(h("path", d="".join(path), class_=f"line {kind}"))

    def dot(self, point: Point, kind: str, told: str, size: float = 4.0) -> None:
        """Draw a dot that says what it is when pointed at.

        Parameters
        ----------
        point : (float, float)
        kind : str
        told : str
        size : float, default 4
            Radius.
        """
        x, y = self.x.at(point[0]), self.y.at(point[1])
        self._drawn.append(h("circle", h("title", told), cx=x, cy=y, r=size, class_=f"dot {kind}"))

    def whisker(self, x: float, low: float, high: float, kind: str) -> None:
        """Draw an upright interval.

        Parameters
        ----------
        x, low, high : float
        kind : str
        """
        at = self.x.at(x)
        self._drawn.append(
            h("path", d=f"M{at:.1f} {self.y.at(low):.1f}V{self.y.at(high):.1f}", class_=f"whisker {kind}")
        )

    def bar(self, left: float, right: float, height: float, kind: str, told: str) -> None:
        """Draw a bar that stands on, or hangs from, zero.

        Parameters
        ----------
        left, right, height : float
        kind : str
        told : str
        """
        x0, x1, zero, top = self.x.at(left), self.x.at(right), self.y.at(0), self.y.at(height)
        self._drawn.append(
            h(
                "rect",
                h("title", told),
                x=x0 + 0.5,
                y=min(zero, top),
                width=max(x1 - x0 - 1, 0.5),
                height=abs(top - zero),
                class_=f"bar {kind}",
            )
        )

    def rule(self, value: float, told: str) -> None:
        """Draw a thin upright line through the chart, named above it.

        Parameters
        ----------
        value : float
            Of the x axis.
        told : str
        """
        x = self.x.at(value)
        self._drawn += [
            h("path", d=f"M{x:.1f} {self.y.start:.1f}V{self.y.stop - 4:.1f}", class_="rule"),
            h("text", told, x=x, y=self.y.stop - 8, class_="note", text_anchor="middle"),
        ]

    def element(self) -> Element:
        """Return the drawing.

        Returns
        -------
        Element
            ``svg``.
        """
        return h(
            "svg",
            *self._drawn,
            *self._labels,
            viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
            role="img",
            aria_label=self._told,
        )

    def _grid(self) -> Sequence[Element]:
        """Lines and numbers at the ticks."""
        drawn: list[Element] = []
        for value in self.x.ticks():
            at = self.x.at(value)
            drawn.append(h("path", d=f"M{at:.1f} {self.y.start:.1f}V{self.y.stop:.1f}"))
            drawn.append(h("text", self.x.name(value), x=at, y=self.y.start + 18, text_anchor="middle"))
        for value in self.y.ticks():
            at = self.y.at(value)
            drawn.append(h("path", d=f"M{self.x.start:.1f} {at:.1f}H{self.x.stop:.1f}"))
            drawn.append(h("text", self.y.name(value), x=self.x.start - 6, y=at + 4, text_anchor="end"))
        return drawn
