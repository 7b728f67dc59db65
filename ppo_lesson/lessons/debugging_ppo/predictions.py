"""What notebook 09 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

TIMID = Question(
    id="predict-timid",
    prompt=(
        "The learning rate is a fortieth of what it was, all else is as before. What do the "
        "approximate KL and the clip fraction of an update show?"
    ),
    options=(
        Option(
            "both are exactly 0: such steps cannot be measured",
            "The policy does move, a little, and k3 sees every little: KL is small and above 0. "
            "Only a count, the share of ratios outside, can be exactly 0.",
        ),
        Option(
            "a small KL, and a clip fraction of exactly 0",
            "No ratio gets as far as 0.8 or 1.2. A clip that never acts is a sign of steps "
            "that are too timid.",
            correct=True,
        ),
        Option(
            "as before: the clip decides how far an update goes",
            "The clip takes away an incentive at the interval's ends. Who never gets there is "
            "never stopped.",
        ),
    ),
)

UNSCALED = Question(
    id="predict-unscaled",
    prompt=(
        "The rewards are ten times as large, because somebody forgot to scale them. Advantages are "
        "normalised as before. Which panel of the dashboard tells?"
    ),
    options=(
        Option(
            "entropy: larger rewards make the policy decide sooner",
            "The policy sees normalised advantages, and these have lost their unit.",
        ),
        Option(
            "approximate KL: larger rewards make larger steps",
            "Adam's step does not grow with the gradient, and the policy's part of it is "
            "normalised anyway.",
        ),
        Option(
            "gradient norm: the critic has ten times as far to go",
            "Its targets are ten times as large, so is its error, and so is the gradient of a "
            "squared error. Shortened to 0.5, little of it is left for the policy.",
            correct=True,
        ),
    ),
)

SHOWS = Question(
    id="predict-shows",
    prompt=(
        "Fourteen faults, ten of which were found in published code. In how many of them is the "
        "return at the end of training plainly lower than that of the right code?"
    ),
    options=(
        Option(
            "in all fourteen: a fault is a fault",
            "Four leave no trace on CartPole, and two more are seen in other numbers only.",
        ),
        Option(
            "in eight",
            "Eight are seen in the return, two more in the other numbers, and four by a test "
            "alone.",
            correct=True,
        ),
        Option(
            "in two or three: PPO is robust",
            "It forgives much, though not a lost last step or a maximum for a minimum.",
        ),
    ),
)

PREDICTIONS = (TIMID, UNSCALED, SHOWS)
