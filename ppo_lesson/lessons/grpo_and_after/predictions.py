"""What notebook 12 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

PREDICT_EQUAL_GROUP = Question(
    id="predict-grpo-equal-group",
    prompt=(
        "GRPO's advantage is (R - mean) / (standard deviation + 1e-8), group by group. Eight "
        "responses to a prompt have the same high reward, the price of divergence included. What "
        "does this group teach the policy?"
    ),
    options=(
        Option(
            "That all eight are good: they become likelier.",
            "Good compared with what? A group knows its own mean only, and none of the eight is "
            "above it.",
        ),
        Option(
            "Nothing: every advantage is 0, and so is the gradient.",
            "Eight responses were paid for, and none was better than the others. Prompts that are "
            "too easy or too hard waste their rollouts.",
            correct=True,
        ),
        Option(
            "To come back to the reference, as only the price is left.",
            "The price is in the rewards here and is centred with them. Nothing is left.",
        ),
        Option(
            "Nothing good: the advantages are 0 / 0, which is NaN.",
            "They would be without the 1e-8. With it, 0 is divided by something small.",
        ),
    ),
)

PREDICTIONS = (PREDICT_EQUAL_GROUP,)
