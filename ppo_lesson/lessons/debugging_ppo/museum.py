"""Notebook 09, the museum: pictures of five runs without a name; which cause explains them?

The letters stand for the faults in no order of theirs, so that nothing tells before the answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from ppo_lesson.exercises.questions import Option, Question
from ppo_lesson.experiments.running import Curves
from ppo_lesson.museum.fault import Fault
from ppo_lesson.museum.record import FAULTS, read

EXHIBITS = {
    "A": "all-with-all",
    "B": "max-for-min",
    "C": "dropout-mask",
    "D": "lost-last-step",
    "E": "normalised-targets",
    "F": "inverted-kl",
    "G": "swapped-sign",
    "H": "temperature",
    "I": "clip-before-sign",
    "J": "shifted-observation",
    "K": "reset-rows",
    "L": "truncation-as-termination",
    "M": "normalised-over-resets",
    "N": "reset-observation",
}
"""Letter -> fault."""


def curves(letter: str) -> Curves:
    """Read the recorded curves of an exhibit: metric -> (S, U)."""
    return read()[fault(letter).id]


def fault(letter: str) -> Fault:
    """Look up what an exhibit is: after the answer.

    Raises:
        ValueError: there is no such exhibit.
    """
    if letter not in EXHIBITS:
        raise ValueError(f"letter: expected one of {', '.join(EXHIBITS)}, got {letter!r}")
    return FAULTS[EXHIBITS[letter]]


def which(letter: str, feedback: Mapping[str, str], found: str = "") -> Question:
    """Ask for the cause of what an exhibit's picture shows.

    Args:
        letter: of the exhibit.
        feedback: a fault's id -> what the learner reads who chose it; the exhibit's own is right.
        found: what a test has found, where the picture does not tell causes apart.
    """
    return Question(
        id=f"museum-{letter.lower()}",
        prompt=" ".join(filter(None, (f"Exhibit {letter}.", found, "What is the cause?"))),
        options=tuple(
            Option(FAULTS[name].title, text, correct=name == EXHIBITS[letter])
            for name, text in feedback.items()
        ),
    )


MUSEUM = (
    which(
        "A",
        {
            "dropout-mask": "Then the ratios of the first minibatch would not be 1. They are, and "
            "later ones stay close to it.",
            "all-with-all": "The mean over all pairs is the mean ratio times the mean advantage, "
            "and normalised advantages have mean 0. Noise is left, and about a thousandth of the "
            "right gradient.",
            "lost-last-step": "There the policy does move, in the wrong direction. This one "
            "hardly moves at all.",
            "swapped-sign": "A policy with the wrong sign moves, the wrong way. Here KL and "
            "entropy say that it hardly moves.",
        },
    ),
    which(
        "B",
        {
            "temperature": "A temperature changes which actions are tried. It does not move a "
            "policy by nats in one update: the clip is still there.",
            "swapped-sign": "The clip acts with a wrong sign, too: the steps would be ordinary. "
            "Something lets these run away.",
            "max-for-min": "The larger product is never the clipped one where it would hold "
            "something back. Every epoch pushes on, until one action has all the probability.",
            "normalised-targets": "That spoils the critic. A policy that moves by nats in one "
            "update has lost its brake: look at the policy's loss.",
        },
    ),
    which(
        "C",
        {
            "dropout-mask": "The same weights gave two log-probabilities, so the mask was "
            "different. A ratio beyond 1 before any step says that two computations differ.",
            "inverted-kl": "That would turn the sign of the KL and leave the ratios alone.",
            "clip-before-sign": "The loss cannot move a ratio before the first step. These are not "
            "1 before it.",
            "shifted-observation": "Old and new log-probabilities are then those of the same, "
            "wrong, observation: the first ratios are 1.",
        },
    ),
    which(
        "D",
        {
            "max-for-min": "Without a brake the KL is above a nat at once, and entropy falls to 0. "
            "Here the steps are ordinary.",
            "all-with-all": "Then the policy would hardly move. This one does, as KL and entropy "
            "say, and learns to fall.",
            "truncation-as-termination": "No episode is truncated before it has lasted 500 steps. "
            "Most of these runs never get so far.",
            "lost-last-step": "The step on which the pole falls is the one that brings the bad "
            "news. Without its advantage nothing speaks against falling, and the critic finds "
            "next to nothing to correct.",
        },
    ),
    which(
        "E",
        {
            "swapped-sign": "Then the critic would run away from its own targets, and gradient "
            "norm and value loss with it.",
            "normalised-targets": "Value plus a number of mean 0 and standard deviation 1 is not a "
            "prediction of rewards: mean and unit of the return are lost. The value loss stands at "
            "half of that number's variance, 0.5.",
            "normalised-over-resets": "That changes mean and spread of the advantages by little, "
            "and the critic's targets not at all.",
            "dropout-mask": "It would show in the first ratios, and these are 1.",
        },
    ),
    which(
        "F",
        {
            "temperature": "Then other actions would have been taken, and the curves would be "
            "others from the first update on.",
            "clip-before-sign": "Another loss gives other gradients. Curves that agree exactly say "
            "that training is untouched.",
            "inverted-kl": "Only the measurement is wrong. A divergence is never negative, and k3 "
            "is not negative even for a single sample; the mean of log r is minus k1.",
            "dropout-mask": "That makes a KL too large, not negative, and it is seen in the first "
            "ratios.",
        },
    ),
    which(
        "G",
        {
            "swapped-sign": "The critic's target is value plus advantage. With the wrong sign it "
            "lies on the far side of each prediction, so the error grows.",
            "normalised-targets": "Such targets stay as small as normalised advantages are. These "
            "run away.",
            "all-with-all": "It stops the policy too, but the critic would learn: the gradient "
            "would be small.",
            "max-for-min": "Then the policy would run away, with a KL of nats. Here it is the "
            "critic that does.",
        },
    ),
    which(
        "H",
        {
            "dropout-mask": "It would show in the first ratios, and these are 1.",
            "normalised-targets": "It would keep explained variance near 0 and the value loss at "
            "0.5. This critic learns.",
            "temperature": "Another policy acted than the one that is scored. Old and new "
            "log-probabilities have the same fault, so that their ratio cannot show it. The "
            "entropy of the scored policy can: it rises again.",
            "all-with-all": "Then KL would be near 0, and the return would creep.",
        },
    ),
    which(
        "I",
        {
            "max-for-min": "Close: a brake is missing. But that one collapses for good, at 9 or "
            "10, with an entropy of 0.",
            "clip-before-sign": "Good actions are clipped as they should be. Bad ones have no "
            "brake on the way down, and once they have become likelier, no gradient to go back.",
            "temperature": "The steps of the updates would be ordinary. A KL of tenths asks for "
            "a fault in the loss.",
            "lost-last-step": "That falls with steps of ordinary size. These are far too long.",
        },
    ),
    which(
        "J",
        {
            "swapped-sign": "Then the critic would run away from its targets. This critic is very "
            "good.",
            "max-for-min": "The KL would be nats at first, and then 0. Here it goes on: some "
            "hundredths to a tenth, with peaks.",
            "shifted-observation": "After a push to the right the pole leans further to the left. "
            "Paired with each other they teach it to push right when it leans left: so it falls. "
            "And a critic that sees what follows has an easy task.",
            "lost-last-step": "Its return climbs before it falls. This one falls from the "
            "first update on.",
        },
    ),
)
