"""Notebook 09: questions on what a curve can tell, and what it cannot."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

ONE_SEED = Question(
    id="debugging-one-seed",
    prompt=(
        "You add a detail to PPO. One run with it ends at a return of 480, one run without at 410. "
        "What do you know?"
    ),
    options=(
        Option(
            "the detail helps, by about 70",
            "Two runs of the same program differ as much, if the seeds differ. Notebook 08 shows "
            "it with ten seeds.",
        ),
        Option(
            "the detail helps, but by how much is open",
            "Not even the sign is known: with other seeds the order may turn round.",
        ),
        Option(
            "nothing yet: seeds alone make such differences",
            "Several seeds, an interval for each, and then compare.",
            correct=True,
        ),
        Option(
            "the detail does harm, as good runs are lucky ones",
            "A lucky seed is possible, on either side. Without more seeds there is no telling.",
        ),
    ),
)

OFFSET = Question(
    id="debugging-offset",
    prompt=(
        "A critic predicts 5 too much in every state, and is right otherwise. What is its "
        "explained variance?"
    ),
    options=(
        Option(
            "1",
            "The variance of a constant difference is 0. So look at the value loss as well; "
            "explained variance cannot see an offset.",
            correct=True,
        ),
        Option(
            "0, because no prediction is right",
            "0 means no better than a constant. This critic orders all states rightly, and their "
            "differences are right.",
        ),
        Option(
            "below 0, because the error is large",
            "Below 0 it is when the difference varies more than the targets do. Here it does not "
            "vary at all.",
        ),
        Option(
            "it depends on how large the values are compared with 5",
            "That would hold for the mean squared error. A variance takes no notice of a constant, "
            "large or small.",
        ),
    ),
)

CLIP_FRACTIONS = Question(
    id="debugging-clip-fractions",
    prompt=(
        "The logged clip fraction is 0.4, the active one 0.2. Why do they differ, and which one "
        "counts the samples that have no gradient?"
    ),
    options=(
        Option(
            "the logged one counts them; the active one counts those that still push",
            "The other way round: being outside of the interval is not yet being silent.",
        ),
        Option(
            "the active one; the logged one adds samples that went to the wrong side",
            "A bad action that has become likelier is outside, and the minimum leaves its "
            "gradient alone.",
            correct=True,
        ),
        Option(
            "both do; they differ because one is measured an epoch earlier",
            "They can be measured at the same moment and still differ: one looks at the ratio "
            "alone, the other at the sign of the advantage too.",
        ),
        Option(
            "neither: a clipped sample has a smaller gradient, not none",
            "A clipped term is a constant, and a constant has the gradient 0.",
        ),
    ),
)

WHERE_TO_START = Question(
    id="debugging-where-to-start",
    prompt="Your PPO does not learn CartPole. What do you do first?",
    options=(
        Option(
            "try other learning rates and other seeds until one of them works",
            "A search can hide a fault, or find settings that live with it. First find out whether "
            "the program is right.",
        ),
        Option(
            "train ten times as long",
            "A program that is right solves CartPole in some tens of thousands of steps. Waiting "
            "tests your patience, not the program.",
        ),
        Option(
            "make the networks larger, as the task may be too hard for them",
            "Two layers of 32 units are enough for CartPole. A larger network makes a fault slower "
            "and no easier to see.",
        ),
        Option(
            "run it on worlds so small that the right values are known on paper",
            "Each probe asks for one ability more than the one before, so the first that "
            "fails tells where to look.",
            correct=True,
        ),
    ),
)

QUESTIONS = (ONE_SEED, OFFSET, CLIP_FRACTIONS, WHERE_TO_START)
