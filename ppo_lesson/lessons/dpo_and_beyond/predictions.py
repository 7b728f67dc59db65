"""What notebook 11 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

PREDICT_LIMITS = Question(
    id="predict-dpo-limits",
    prompt=(
        "The optimum of RLHF, π*, depends on the price beta. Where does it go if beta becomes very "
        "large, and where if beta becomes very small?"
    ),
    options=(
        Option(
            "Large: to the best response. Small: to the reference.",
            "Beta is the price of leaving the reference. When it is high, one stays.",
        ),
        Option(
            "Large: to the reference. Small: to the uniform distribution.",
            "The first half is right. Where leaving is cheap, the reward alone decides, and it is "
            "anything but indifferent.",
        ),
        Option(
            "Large: to the uniform distribution. Small: to the best response.",
            "The second half is right. At a high price nothing is worth leaving the reference for, "
            "and the reference is not uniform.",
        ),
        Option(
            "Large: to the reference. Small: to the best of what the reference can say.",
            "e to the power of R / β goes to 1 for all, or singles out the highest reward. What "
            "has the probability 0 under the reference keeps it.",
            correct=True,
        ),
    ),
)

PREDICT_BOTH_FALL = Question(
    id="predict-dpo-both-fall",
    prompt=(
        "DPO trains, and its loss falls all the time. What can the log-probability of a *chosen* "
        "response do meanwhile?"
    ),
    options=(
        Option(
            "Only rise: making it likelier is what the loss asks for.",
            "The loss sees the chosen response only beside the rejected one. It asks for a larger "
            "difference.",
        ),
        Option(
            "It may fall, if that of the rejected response falls more.",
            "The loss depends on the difference alone. What both lose goes to responses that stand "
            "in no pair.",
            correct=True,
        ),
        Option(
            "It stays, while that of the rejected response falls.",
            "The gradient pulls at both with the same strength, and the weights that they share "
            "decide how each of them moves.",
        ),
        Option(
            "It cannot fall together with that of the rejected one: probabilities sum to 1.",
            "They sum to 1 over all responses. There are thousands of others to take what these "
            "two lose.",
        ),
    ),
)

PREDICT_UNSEEN = Question(
    id="predict-dpo-unseen",
    prompt=(
        "A response stands in no pair, neither chosen nor rejected. What does the loss of DPO ask "
        "of its probability?"
    ),
    options=(
        Option(
            "To stay what it is under the reference.",
            "The reference is subtracted from the responses of pairs only. The loss never asks the "
            "policy about any other.",
        ),
        Option(
            "To fall to 0, as nobody has chosen it.",
            "Not to be compared is not to be rejected. Nothing in the loss pushes it down.",
        ),
        Option(
            "To be π_ref times e to the power of its reward / β, as for all responses.",
            "That is the optimum of RLHF. The loss knows rewards only through choices, and about "
            "this response there were none.",
        ),
        Option(
            "Nothing: every value of it gives the same loss.",
            "It gets what the others leave, and what the weights that all responses share make of "
            "it. No support, no learning: notebook 03 again.",
            correct=True,
        ),
    ),
)

PREDICT_EQUAL_GROUP = Question(
    id="predict-grpo-equal-group",
    prompt=(
        "GRPO draws eight responses to a prompt, and their rewards, the price of divergence "
        "included, are all equal and high. What does this group teach the policy?"
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
            "To come back to the reference: only the price is left.",
            "The price is in the rewards here and is centred with them. Nothing is left.",
        ),
        Option(
            "NaN: the standard deviation is 0.",
            "It would be so without the tiny number that is added to it. With it, 0 is divided by "
            "something small.",
        ),
    ),
)

PREDICTIONS = (PREDICT_LIMITS, PREDICT_BOTH_FALL, PREDICT_UNSEEN, PREDICT_EQUAL_GROUP)
