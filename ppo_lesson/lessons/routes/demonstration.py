"""Two short routes: a demonstration of 50 minutes, and a lab of 90."""

from __future__ import annotations

from dataclasses import replace

from ppo_lesson.lessons.routes.notebooks_00_03 import IMPORTANCE
from ppo_lesson.lessons.routes.notebooks_04_06 import AWAY, PROXIMAL, SURROGATE
from ppo_lesson.lessons.routes.notebooks_07_09 import CARTPOLE
from ppo_lesson.lessons.routes.slide import Deck, Slide

_EVERY = (*IMPORTANCE, *SURROGATE, *AWAY, *PROXIMAL, *CARTPOLE)
_BY_PLACE = {place.partition(":")[0]: slide for slide in _EVERY for place in slide.shows}


def _take(place: str, minutes: float, do: str, wrong: str = "") -> Slide:
    """Take the slide that shows a cell; give it another time, and say what is done there.

    A question has a slip of its own, in `wrong`; other slides have theirs already.
    """
    slide = _BY_PLACE[place]
    return replace(slide, minutes=minutes, do=do, wrong=wrong or slide.wrong)


DEMONSTRATION = Deck(
    "demonstration",
    "PPO, a demonstration",
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
            do="Tell the two questions; write them on the board, where they stay.",
        ),
        _take("02/two-dice", 3, "Read the table aloud: what was thrown, and what is wanted."),
        _take(
            "02/predict-weight-of-a-six",
            3,
            "Count hands for each option, then show the answer.",
            "Three is chosen by those who divide the wrong way round.",
        ),
        _take("02/first-estimate", 3, "Compare the two means with 3.5, then the two errors."),
        _take("02/two-policies", 3, "Replace die by policy and face by action, word for word."),
        _take(
            "05/predict-many-steps",
            3,
            "Count hands; let one voice defend each option.",
            "Slopes that are equal at the start are taken for equal all the way.",
        ),
        _take("05/climb", 3, "Read the promise down to the end; only then the truth."),
        _take("05/promise-figure", 3, "Point at the place where the curves touch."),
        _take("05/explore-cliff", 5, "Move the sliders; ask before each move."),
        _take("06/climb-answer", 3, "Write the formula on the board, one part at a time."),
        _take(
            "06/predict-silent-cases",
            3,
            "Count hands; go through the six cases only afterwards.",
            "All four cases outside are chosen. On the wrong side the gradient remains.",
        ),
        _take("06/clip-lab", 5, "Visit the six cases with the sliders; the room says where next."),
        _take(
            "06/proximal-ratio-outside",
            2,
            "Count hands; this is the sentence that they should take home.",
            "It is called a bug, because a clip sounds like a wall.",
        ),
        _take("08/live", 4, "Run the cell in notebook 08, beside the slides, and say what moves."),
        _take("08/solved", 2, "Let the two animations run once, without a word."),
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
            do="Go back to the two questions on the board, and answer them with the room.",
        ),
    ),
)

_ABOVE = "**Run above**"

LAB = Deck(
    "lab",
    "Lab: the surrogate, and how it fails",
    (
        Slide(
            "What you will do",
            points=(
                "Open `04_surrogate_gradient.ipynb`, and run its first two cells of code.",
                "Predict before you run a cell. Work in pairs: one types, one says what and why.",
                "Write three functions; `check` says what is wrong with them.",
                "Stuck for three minutes? `hint(...)`, then your neighbours, then me.",
            ),
            ask="Who does not see the three rooms?",
            wrong="A laptop fails. Put its owner beside somebody else now, not later.",
            minutes=5,
            do="Everybody opens 04 and runs two cells of code: the first is folded and puts out "
            "nothing, the second draws three rooms. Tell the beginning in three sentences.",
        ),
        _take("04/ratio-product", 5,
              "All run on down to this cell; you read the formulas aloud."),
        _take("04/exercise-policy-ratio", 8,
              "They write it and run the cell, which checks it. You walk round."),
        _take("04/drop", 5,
              f"{_ABOVE}, then run it: section 3 is for later. Cross the state ratio out on the "
              "board; show the formula before it, too."),
        _take("04/predict-refreshed-advantages", 3,
              "Run it, choose, **Lock in**; count hands. Then the cell below, and **Compare**.",
              "The old advantages are blamed. No policy gains over itself, so new ones promise 0."),
        _take("04/line-s1", 5,
              f"Prove it on the board. {_ABOVE}, and run down to the table of the five lines. "
              "The exercise above it is homework."),
        _take("04/tangent-numbers", 3, f"{_ABOVE}, then run it. Point at where the curves touch."),
        _take("04/exercise-surrogate-loss", 9,
              "They write it with their ratio, and check it. Show a right one after six minutes."),
        _take("04/predict-detach-slips", 4,
              f"{_ABOVE}, then run it, choose, **Lock in**; count hands.",
              "Both slips are thought to show in the value. One leaves it right."),
        _take("04/detach-table", 2, "Run it, then **Compare**. Read the table row by row."),
        Slide(
            "Now notebook 05: away from theta_old",
            points=(
                "Save 04. Open `05_away_from_theta_old.ipynb`, and run its first cell of code.",
                "Sections 1 to 4: predict, **Lock in**, run, **Compare**.",
                "Those who are fast write `exploding_ratio` in section 5.",
            ),
            ask="Who can say in one sentence what the surrogate leaves out?",
            wrong="Some are still in notebook 04. Let them go on there.",
            minutes=3,
            do="Everybody saves 04, opens 05 and runs its first cell of code; nothing appears.",
        ),
        _take("05/predict-many-steps", 4,
              "Run it, choose, **Lock in**; count hands, and let each side say why.",
              "Slopes that are equal at the start are taken for equal all the way."),
        _take("05/climb", 3,
              "Run it. Read the promise down to the end; only then the truth. Then **Compare**."),
        _take("05/promise-figure", 3, "Run down to the picture."),
        _take("05/predict-more-data", 4,
              f"{_ABOVE}, then run it, choose, **Lock in**; count hands.",
              "More data is expected to cure both. The distance stays."),
        _take("05/cloud-figure", 3, "Run down to the picture; **Compare** on the way."),
        _take("05/explore-cliff", 4,
              "Run down to it. In pairs: one moves a slider, one says what comes."),
        _take("05/exercise-gradient-share", 10,
              f"{_ABOVE}; they write it and check it. Who is done tries `exploding_ratio` above."),
        _take("05/predict-noise", 4,
              f"{_ABOVE}. Tell the experiment: ten policies that balance, one batch each, twenty "
              "epochs, noise for advantages. Then run it, choose, **Lock in**; count hands.",
              "Nothing can be learned from noise, so nothing is expected to happen."),
        _take("05/noise-figure", 2, "Run it, then **Compare**. Left panel first, then the right."),
        Slide(
            "Before you go",
            points=(
                "Write down one number that surprised you, and why.",
                "Save both notebooks; hand them in as you were told.",
                "Next: notebook 06, how to stay near.",
            ),
            ask="Which of the two errors does more data cure?",
            wrong="Nobody saves. Wait until you have seen it.",
            minutes=1,
            do="They save both notebooks and hand them in.",
        ),
    ),
)  # fmt: skip
