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
            "Both are exactly 0: such steps cannot be measured.",
            "The policy does move a little, so the KL is small and above 0. Only a count, such as "
            "the share of ratios outside, can be exactly 0.",
        ),
        Option(
            "A small KL, and a clip fraction of exactly 0.",
            "No ratio gets as far as 0.8 or 1.2. A clip that never acts is a sign of steps "
            "that are too timid.",
            correct=True,
        ),
        Option(
            "Much the same: the clip decides how far an update goes.",
            "The clip takes away an incentive at the interval's ends. A ratio that never gets "
            "there is never stopped.",
        ),
    ),
)

OWN_LIMITS = Question(
    id="predict-own-limits",
    prompt=(
        "Rewards are not scaled, and the gradients of actor and critic are shortened together. "
        "Now each gets a limit of its own, so that a long critic's gradient takes nothing from the "
        "actor's. How does the score over ten seeds change?"
    ),
    options=(
        Option(
            "It rises by more than 20: the actor has its gradient back.",
            "That is what the gradient norm suggests. The control says otherwise.",
        ),
        Option(
            "It stays within 20 of what it was.",
            "The mean over the ten seeds falls by more.",
        ),
        Option(
            "It falls by more than 20.",
            "So the shared limit is not what costs these runs their score.",
            correct=True,
        ),
    ),
)

SHOWS = Question(
    id="predict-shows",
    prompt=(
        "Fourteen faults, five seeds each. In how many of them is the return at the end of "
        "training (the median over seeds) below 475, so that the return alone tells you?"
    ),
    options=(
        Option(
            "In all fourteen: a fault is a fault.",
            "Six faults end at the top all the same.",
        ),
        Option(
            "In eight.",
            "In the other six the return ends at the top.",
            correct=True,
        ),
        Option(
            "In two or three: PPO is robust.",
            "It forgives much, though not a lost last step or a maximum for a minimum.",
        ),
    ),
)

ONE_SHOWS = Question(
    id="predict-one-shows",
    prompt=(
        "All twenty runs of K, L, M and N end at the top. In one of the four, a number on the "
        "dashboard separates all five runs from the healthy ones, by far. In which?"
    ),
    options=(
        Option("K", "One of its runs learns late; the other four look like healthy ones."),
        Option(
            "L",
            "Look at the value loss: it never falls as a healthy one does.",
            correct=True,
        ),
        Option("M", "A mean of -0.03 in place of 0 leaves no trace in any panel."),
        Option(
            "N",
            "Its value loss and its entropy lie among those of healthy runs, or close to them.",
        ),
    ),
)

PREDICTIONS = (TIMID, OWN_LIMITS, SHOWS, ONE_SHOWS)
