"""Notebook 09: six sick runs, told by their curves; which cause explains all that is seen?"""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

FIRST_RATIO = Question(
    id="diagnose-first-ratio",
    prompt=(
        "In the first minibatch of every rollout, before any gradient step on it, the ratios lie "
        "between 0.6 and 1.5. The approximate KL is above 0 there, too. Learning is slow. What is "
        "the cause?"
    ),
    options=(
        Option(
            "the learning rate is too high, so that the policy runs away",
            "No step has been taken on this rollout yet, so a step size cannot have moved "
            "anything. Where the policy has not changed, every ratio is 1.",
        ),
        Option(
            "old and new log-probabilities are computed in different ways",
            "The weights are the same and the ratios are not 1, so something else differs: "
            "the mode of the network (dropout), the scaling of observations, a temperature.",
            correct=True,
        ),
        Option(
            "clip_epsilon is too wide, so that it holds no ratio back",
            "The clip does not change a ratio, and before the first step it has nothing to clip "
            "in a right program.",
        ),
        Option(
            "the rollout is too short for a mean ratio of 1",
            "Before the first step each single ratio is 1, not their mean alone. The number of "
            "samples does not matter.",
        ),
    ),
)

BIG_STEPS = Question(
    id="diagnose-big-steps",
    prompt=(
        "The approximate KL jumps to 0.5 nats and more in many updates; two thirds of the ratios "
        "are outside the interval, in every update. The first minibatch has ratio 1. The return "
        "climbs, collapses, climbs again. What is the cause?"
    ),
    options=(
        Option(
            "the entropy bonus is too large",
            "A large bonus holds the policy near the uniform one; it would not jump, and it would "
            "not climb.",
        ),
        Option(
            "old log-probabilities are recomputed before each step",
            "Then all ratios would be 1 all the time, and the clip fraction 0.",
        ),
        Option(
            "the critic's loss has too small a weight",
            "A bad critic makes noisy advantages. It does not by itself move a policy by half a "
            "nat in one update.",
        ),
        Option(
            "the updates are too bold: too high a learning rate, or too many epochs",
            "KL and clip fraction measure how far one update moves the policy, and both say: "
            "much too far. The clip removes an incentive, it does not stop a long step.",
            correct=True,
        ),
    ),
)

NO_GRADIENT = Question(
    id="diagnose-no-gradient",
    prompt=(
        "Actor and critic are separate networks. The critic's explained variance rises to 0.8. "
        "Entropy stays at log 2 to five digits, approximate KL and both clip fractions are exactly "
        "0, and the gradient norm of the actor is 0. What is the cause?"
    ),
    options=(
        Option(
            "the policy loss has no gradient: the ratio was detached on its way",
            "A norm of exactly 0 is no small gradient, it is none. The loss shows a sensible "
            "value all the same: value and gradient are different things.",
            correct=True,
        ),
        Option(
            "the learning rate of the actor is too low for anything to show",
            "A low learning rate makes small steps of a gradient that is there. Here the gradient "
            "itself is 0, before any learning rate.",
        ),
        Option(
            "the policy has converged to the best one",
            "A policy at log 2 is a coin. The best policy for CartPole is not.",
        ),
        Option(
            "all samples are clipped",
            "Then the clip fraction would be near 1. It is 0, and so is the KL: no ratio has left "
            "1.",
        ),
    ),
)

COLLAPSE = Question(
    id="diagnose-entropy-collapse",
    prompt=(
        "Entropy falls from 0.69 to 0.001 in the first three updates, with a KL of several nats. "
        "From then on KL and clip fraction stay near 0, and so does the gradient norm of the "
        "actor. The return stays at 9: the cart is always pushed to the left. What has happened?"
    ),
    options=(
        Option(
            "the policy has learned all that there is to learn, as its low entropy shows",
            "Low entropy means decided, not right. A return of 9 is worse than a coin's.",
        ),
        Option(
            "the clip is too narrow, so that the policy cannot move",
            "It moved by nats in the first updates. Now it cannot move for another reason: it no "
            "longer tries anything else.",
        ),
        Option(
            "the first steps were too bold: it made up its mind before it knew anything",
            "With one action of probability nearly 1 the score of what is tried is nearly 0, "
            "and the other action is never seen. A smaller learning rate, or an entropy bonus, "
            "keeps it trying.",
            correct=True,
        ),
        Option(
            "the entropy bonus is too large",
            "A bonus pays for entropy and would keep it up. Here it fell to almost nothing.",
        ),
    ),
)

FLAT_TARGETS = Question(
    id="diagnose-flat-targets",
    prompt=(
        "Explained variance rises to 0.9 while the return climbs. Once every episode lasts all 500 "
        "steps it falls to about 0. The return stays at 500, KL and value loss stay small. What is "
        "wrong?"
    ),
    options=(
        Option(
            "the critic has forgotten what it knew: raise the weight of its loss",
            "Its loss is small, so its predictions are still near their targets. Look at the "
            "other term of the formula: what is left to explain?",
        ),
        Option(
            "nothing: the targets hardly vary any more, so there is little to explain",
            "Explained variance divides by the variance of the targets. When that is nearly "
            "0, small errors are a large share of it.",
            correct=True,
        ),
        Option(
            "the policy is overfitted to one episode",
            "Every episode starts at another place, and the return of all of them is 500.",
        ),
        Option(
            "truncation is taken for termination",
            "Then the targets would vary a lot: steps near the limit would have low ones, and the "
            "value loss would rise with them. It stays small.",
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
            "the gradient was too large: shorten it more",
            "To shorten means to multiply by 0.5 / norm. If the norm is NaN, so is everything "
            "after it. And nothing here says that it was large before.",
        ),
        Option(
            "the learning rate is too high: the weights ran away",
            "Weights that run away show before: in KL, clip fraction and gradient norm. Here "
            "one minibatch sufficed.",
        ),
        Option(
            "equal advantages mean that the policy cannot improve, so training is over",
            "Equal advantages should give no preference, a gradient of 0, and the next minibatch "
            "goes on.",
        ),
        Option(
            "the advantages were divided by a standard deviation of 0",
            "0 / 0 is NaN, and one step with NaN makes every weight NaN. A tiny number beside "
            "the standard deviation prevents it; refusing a step with a NaN norm does too.",
            correct=True,
        ),
    ),
)

DIAGNOSE = (FIRST_RATIO, BIG_STEPS, NO_GRADIENT, COLLAPSE, FLAT_TARGETS, NOT_A_NUMBER)
