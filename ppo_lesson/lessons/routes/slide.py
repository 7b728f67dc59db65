"""What a slide of a route is: a title, cells of the notebooks, and what the teacher says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

PARTS = ("all", "code", "picture", "table", "numbers", "formula", "text")
PLACE = re.compile(rf"(?P<notebook>\d\d)/(?P<cell>[a-z0-9-]+)(:(?P<part>{'|'.join(PARTS)})\d?)?")


@dataclass(frozen=True)
class Slide:
    """One slide. Its questions and exercises bring their own notes.

    Attributes:
        title: what it says or asks, on one line.
        shows: cells, as "05/climb", or a part of one, as "05/climb:table"; "04/drop:formula2" is
            the second formula there. A cell that asks shows its question, the cell of an
            exercise its task, any other one of code what it puts out, a text its formulas.
        points: at most four lines of Markdown, above what is shown.
        ask: what the teacher asks the room.
        wrong: what usually goes wrong here, and what helps.
        minutes: how long it takes.
        do: what teacher and learners do, where a route's table has a row for this slide.

    Raises:
        ValueError: a place is not written like these, or there are more than four points.
    """

    title: str
    shows: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    ask: str = ""
    wrong: str = ""
    minutes: float = 2
    do: str = ""

    def __post_init__(self) -> None:
        """Check how its places are written."""
        for place in self.shows:
            if not PLACE.fullmatch(place):
                raise ValueError(f"shows: expected a place such as 05/climb:table, got {place!r}")
        if len(self.points) > 4:
            raise ValueError(f"points: expected at most four, got {len(self.points)}")

    def within(self, minutes: float) -> Slide:
        """Return the same slide, given another time."""
        return replace(self, minutes=minutes)


@dataclass(frozen=True)
class Deck:
    """The slides of one meeting.

    Attributes:
        name: of its file.
        title: of its first slide.
        slides: in order, after the first.
    """

    name: str
    title: str
    slides: tuple[Slide, ...]

    @property
    def minutes(self) -> int:
        """How long all of it takes."""
        return round(sum(slide.minutes for slide in self.slides))
