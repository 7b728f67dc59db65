"""Notebook 09's quiz: causes that no exhibit has, and what one run can tell."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

NO_GRADIENT = Question(
    id="diagnose-no-gradient",
    prompt=(
        "Actor and critic are separate networks. The critic's explained variance rises to 0.8. "
        "Entropy stays at log 2 to five digits, approximate KL and clip fraction are exactly 0, "
        "and the gradient norm of the actor is 0. What is the cause?"
    ),
    options=(
        Option(
            "The policy loss has no gradient: the ratio was detached on its way.",
            "A norm of exactly 0 is not a small gradient; it is none. The loss shows a sensible "
            "value all the same: value and gradient are different things.",
            correct=True,
        ),
        Option(
            "The learning rate of the actor is too low for anything to show in five digits.",
            "A low learning rate makes small steps along a gradient that is there. Here the "
            "gradient itself is 0, before any learning rate.",
        ),
        Option(
            "The policy has converged to the best one.",
            "A policy at log 2 is a coin. The best policy for CartPole is not.",
        ),
        Option(
            "All samples are clipped, so that none of them has a gradient any more.",
            "Then the clip fraction would be near 1. It is 0, and so is the KL: no ratio has left "
            "1.",
        ),
    ),
)

NOT_A_NUMBER = Question(
    id="diagnose-not-a-number",
    prompt=(
        "All is well for 40 updates. In update 41 all advantages of a small minibatch are equal, "
        "and the gradient norm is NaN. From then on every number is NaN, although gradients are "
        "shortened to 0.5. What is the cause?"
    ),
    options=(
        Option(
            "The gradient was too large: shorten it more.",
            "To shorten means to multiply by 0.5 / norm. If the norm is NaN, so is everything "
            "after it. And nothing here says that it was large before.",
        ),
        Option(
            "The learning rate is too high, and the weights have run away.",
            "Weights that run away show beforehand, in KL, clip fraction and gradient norm. Here "
            "one minibatch sufficed.",
        ),
        Option(
            "Equal advantages mean that the policy cannot improve, so training is over.",
            "Equal advantages should give no preference, a gradient of 0, and the next minibatch "
            "goes on.",
        ),
        Option(
            "The advantages were divided by a standard deviation of 0.",
            "0 / 0 is NaN, and one step with NaN makes every weight NaN. A tiny number beside "
            "the standard deviation prevents it; refusing a step with a NaN norm does too.",
            correct=True,
        ),
    ),
)

ONE_SEED = Question(
    id="debugging-one-seed",
    prompt=(
        "You add a detail to PPO. One run with it scores 440, one run without it 380. What "
        "do you know?"
    ),
    options=(
        Option(
            "The detail helps, by about 60.",
            "Two runs of the same program differ as much if their seeds differ.",
        ),
        Option(
            "The detail helps, but by how much is open.",
            "Not even the sign is known: with other seeds the order may turn round.",
        ),
        Option(
            "Nothing yet: seeds alone make such differences.",
            "Run several seeds of both, take the differences seed by seed, and give an interval.",
            correct=True,
        ),
        Option(
            "The detail does harm, as good runs are often lucky ones.",
            "A lucky seed is possible, on either side. Without more seeds you cannot tell.",
        ),
    ),
)

WHERE_TO_START = Question(
    id="debugging-where-to-start",
    prompt="Your PPO does not learn CartPole. What do you do first?",
    options=(
        Option(
            "Try other learning rates and other seeds until one of them works.",
            "A search can hide a fault, or find settings that live with it. First find out whether "
            "the program is right.",
        ),
        Option(
            "Train ten times as long, in case it learns slowly.",
            "A program that is right solves CartPole in some tens of thousands of steps. Waiting "
            "tests your patience, not the program.",
        ),
        Option(
            "Make the networks larger, as the task may be too hard for them.",
            "Two layers of 32 units are enough for CartPole. A larger network makes a fault slower "
            "and no easier to see.",
        ),
        Option(
            "Run it on worlds whose right values are known.",
            "Each probe asks for one ability more than the one before, so the first that "
            "fails tells you where to look.",
            correct=True,
        ),
    ),
)

QUESTIONS = (NO_GRADIENT, NOT_A_NUMBER, ONE_SEED, WHERE_TO_START)
