"""Notebook 09, the museum: curves of five runs without a name; which of the causes explains them?

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


def which(letter: str, seen: str, feedback: Mapping[str, str]) -> Question:
    """Ask for the cause of what an exhibit's curves show.

    Args:
        letter: of the exhibit.
        seen: what the curves show, for those who do not see them.
        feedback: a fault's id -> what the learner reads who chose it; the exhibit's own is right.
    """
    return Question(
        id=f"museum-{letter.lower()}",
        prompt=f"Exhibit {letter}. {seen} What is the cause?",
        options=tuple(
            Option(FAULTS[name].title, text, correct=name == EXHIBITS[letter])
            for name, text in feedback.items()
        ),
    )


MUSEUM = (
    which(
        "A",
        "Approximate KL is near 0 and hardly a ratio leaves the interval. Entropy stays near "
        "log 2 = 0.69. The critic learns. The return creeps up from a coin's.",
        {
            "dropout-mask": "Then the ratios of the first minibatch would not be 1. They are, and "
            "later ones too.",
            "all-with-all": "The mean over all pairs is the mean ratio times the mean advantage, "
            "and normalised advantages have mean 0. What is left as a gradient is chance.",
            "lost-last-step": "There the policy does move, and away from where it should. This "
            "one hardly moves at all.",
            "swapped-sign": "A policy with the wrong sign moves, the wrong way. Here KL and "
            "entropy say that it does not move.",
        },
    ),
    which(
        "B",
        "The first updates have a KL of more than a nat; within a few of them entropy falls to "
        "almost 0, and stays. The return stays at 9 or 10, in every run.",
        {
            "temperature": "A temperature changes which actions are tried. It does not move a "
            "policy by a nat in one update: the clip is still there.",
            "swapped-sign": "The clip holds with a wrong sign, too: the steps would be ordinary. "
            "Something lets these run away.",
            "max-for-min": "The larger product is never the clipped one where it would hold "
            "something back. Every epoch pushes on, until one action has all the probability.",
            "normalised-targets": "That spoils the critic. A policy that moves by a nat in one "
            "update has lost its brake: look at the policy's loss.",
        },
    ),
    which(
        "C",
        "The largest ratio of the first minibatch is not 1: it is already 1.2 after some updates, "
        "and 2 and more at the end. KL does not fall to 0 when the learning rate does. The return "
        "ends at the top.",
        {
            "dropout-mask": "The same weights gave two log-probabilities, so the mask was "
            "different. A ratio beyond 1 before any step is the surest sign there is.",
            "inverted-kl": "That would turn the sign of the KL and leave the ratios alone.",
            "clip-before-sign": "The loss cannot move a ratio before the first step. These are not "
            "1 before it.",
            "shifted-observation": "Old and new log-probabilities are then those of the same, "
            "wrong, observation: the first ratios are 1.",
        },
    ),
    which(
        "D",
        "The return climbs at first and then falls; halfway through training it is a coin's 22, "
        "and most runs end below 100. KL, clip fraction and first ratios are ordinary.",
        {
            "max-for-min": "Without a brake the KL is above a nat at once, and entropy falls to 0. "
            "Here the steps are ordinary.",
            "all-with-all": "Then the policy would hardly move. This one does, as KL and entropy "
            "say, and arrives at falling quickly.",
            "truncation-as-termination": "No episode is truncated before it has lasted 500 steps. "
            "These never get so far.",
            "lost-last-step": "The step on which the pole falls is the one that brings the bad "
            "news. Without its advantage nothing speaks against falling.",
        },
    ),
    which(
        "E",
        "Explained variance stays near 0 in all runs, where healthy ones pass 0.8. The return "
        "climbs to about a third of the top. KL is ordinary, and so are the first ratios.",
        {
            "swapped-sign": "Then critic and policy would both run the wrong way, and the "
            "gradient would grow without end.",
            "normalised-targets": "Value plus a number of mean 0 and standard deviation 1 is no "
            "prediction of rewards: mean and unit of the return are lost, and mostly noise is "
            "left.",
            "normalised-over-resets": "That changes mean and spread of the advantages by little, "
            "and the critic's targets not at all.",
            "dropout-mask": "The mask spoils log-probabilities, so the first ratios. It has "
            "nothing to do with the critic.",
        },
    ),
    which(
        "F",
        "The approximate KL is below 0 in nearly all updates. Every other curve lies exactly on "
        "the healthy one.",
        {
            "temperature": "Then other actions would have been taken, and the curves would be "
            "others from the first update on.",
            "clip-before-sign": "Another loss gives other gradients. Curves that agree exactly say "
            "that training is untouched.",
            "inverted-kl": "Only the measurement is wrong. A divergence is never negative, and k3 "
            "is not for a single sample; the mean of log r is minus k1.",
            "dropout-mask": "That makes a KL too large, not negative, and it is seen in the first "
            "ratios.",
        },
    ),
    which(
        "G",
        "The gradient norm grows from below 1 to hundreds. KL falls to 0 soon, although the "
        "learning rate has not. The return stays near a coin's in most runs.",
        {
            "swapped-sign": "The critic's target is value plus advantage. With the wrong sign it "
            "flees from each prediction, so the error grows, and the critic's part of the "
            "shortened gradient leaves the policy nothing.",
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
        "The return climbs, wobbles, and ends well below the top in most runs. First ratios are 1; "
        "KL, entropy and explained variance could be those of a healthy run.",
        {
            "dropout-mask": "It would show in the first ratios, and these are 1.",
            "normalised-targets": "It would show in the explained variance, which is high here.",
            "temperature": "Another policy acted than the one that is scored. Old and new "
            "log-probabilities have the same fault, so that their ratio cannot show it.",
            "all-with-all": "Then KL would be near 0, and the return would creep.",
        },
    ),
    which(
        "I",
        "KL is tenths of a nat in most updates. Entropy falls to a quarter of a healthy run's, "
        "though not to 0. The return climbs, falls, climbs; most runs end below half of the top.",
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
        "The return falls from the first update on to about 11, half of a coin's. The critic "
        "explains nearly everything. Entropy falls, the gradient norm is far above a healthy one, "
        "the first ratios are 1.",
        {
            "swapped-sign": "Then the gradient would grow because the critic flees. This critic "
            "is very good.",
            "max-for-min": "The KL would be nats, and then 0. Here it is some hundredths all the "
            "time.",
            "shifted-observation": "After a push to the right the pole leans further to the left. "
            "Paired with each other they teach to push right when it leans left: so it falls. And "
            "a critic that sees what follows has an easy task.",
            "lost-last-step": "Its return climbs before it falls. And why should the critic be so "
            "good?",
        },
    ),
)
