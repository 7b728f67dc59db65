"""Two short routes: a demonstration of 50 minutes, and a lab of 90."""

from __future__ import annotations

from ppo_lesson.lessons.routes.notebooks_00_03 import IMPORTANCE
from ppo_lesson.lessons.routes.notebooks_04_06 import AWAY, PROXIMAL, SURROGATE
from ppo_lesson.lessons.routes.notebooks_07_09 import CARTPOLE
from ppo_lesson.lessons.routes.slide import Deck, Slide

_EVERY = (*IMPORTANCE, *SURROGATE, *AWAY, *PROXIMAL, *CARTPOLE)
_BY_PLACE = {place.partition(":")[0]: slide for slide in _EVERY for place in slide.shows}


def _take(place: str, minutes: float) -> Slide:
    """Take the slide that shows a cell, and give it another time."""
    return _BY_PLACE[place].within(minutes)


DEMONSTRATION = Deck(
    "demonstration",
    "PPO in 50 minutes",
    (
        Slide(
            "How can a policy learn from data that an older policy collected?",
            points=(
                "Samples are dear: a robot has to move, a language model has to write.",
                "The policy gradient takes **one** step on a batch and throws it away.",
                "PPO takes several. Why may it, and what goes wrong?",
            ),
            ask="Who has trained a policy or a language model? What did you wait for?",
            wrong="The room is lost in words such as off-policy. Stay with the two questions.",
            minutes=3,
        ),
        _take("02/two-dice", 3),
        _take("02/predict-weight-of-a-six", 3),
        _take("02/first-estimate", 3),
        _take("02/two-policies", 3),
        _take("05/predict-many-steps", 3),
        _take("05/climb", 3),
        _take("05/promise-figure", 3),
        _take("05/explore-cliff", 5),
        _take("06/climb-answer", 3),
        _take("06/predict-silent-cases", 3),
        _take("06/clip-lab", 5),
        _take("06/proximal-ratio-outside", 2),
        _take("08/live", 4),
        _take("08/solved", 2),
        Slide(
            "What you have seen",
            points=(
                "A weight lets old samples answer for a new policy.",
                "The surrogate is right at one point; its own gradient leads over a cliff.",
                "The clip takes away the reward for going far; it holds no ratio.",
                "To do it yourself: notebook 00, then the shortest path, four hours.",
            ),
            ask="Which of the three would you have guessed this morning?",
            wrong="No time is left for questions. Leave out the two slides before this one first.",
            minutes=2,
        ),
    ),
)

LAB = Deck(
    "lab",
    "A lab of 90 minutes: the surrogate, and how it fails",
    (
        Slide(
            "What you will do",
            points=(
                "Open `notebooks/04_surrogate_gradient.ipynb`; **Edit → Clear Outputs**.",
                "Predict before you run a cell. Work in pairs: one types, one says what and why.",
                "Write four functions; `check` says what is wrong with them.",
                "Stuck for three minutes? `hint(...)`, then your neighbours, then me.",
            ),
            ask="Does the first cell run on every machine?",
            wrong="A laptop fails. Put its owner beside somebody else now, not later.",
            minutes=5,
        ),
        _take("04/ratio-product", 5),
        _take("04/exercise-policy-ratio", 8),
        _take("04/drop", 5),
        _take("04/predict-refreshed-advantages", 4),
        _take("04/line-s1", 5),
        _take("04/tangent-numbers", 3),
        _take("04/exercise-surrogate-loss", 9),
        _take("04/predict-detach-slips", 4),
        _take("04/detach-table", 2),
        Slide(
            "Now notebook 05: away from theta_old",
            points=(
                "Open `notebooks/05_away_from_theta_old.ipynb`; **Edit → Clear Outputs**.",
                "Sections 1 to 4: predict, run, compare.",
                "Those who are fast write `exploding_ratio` in section 5.",
            ),
            ask="Who can say in one sentence what the surrogate leaves out?",
            wrong="Some are still in notebook 04. Let them go on there.",
            minutes=3,
        ),
        _take("05/predict-many-steps", 4),
        _take("05/climb", 3),
        _take("05/promise-figure", 3),
        _take("05/predict-more-data", 4),
        _take("05/cloud-figure", 3),
        _take("05/explore-cliff", 4),
        _take("05/exercise-gradient-share", 10),
        _take("05/predict-noise", 3),
        _take("05/noise-figure", 2),
        Slide(
            "Before you go",
            points=(
                "Write down one number that surprised you, and why.",
                "Save the notebook; hand it in as you were told.",
                "Next: notebook 06, how to stay near.",
            ),
            ask="Which of the two errors does more data cure?",
            wrong="Nobody saves. Wait until you have seen it.",
            minutes=1,
        ),
    ),
)
