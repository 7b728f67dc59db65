"""What notebook 04 asks in words: a quiz, and three questions to answer in sentences."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

FIRST_MINIBATCH = Question(
    id="surrogate-first-minibatch",
    prompt=(
        "A program normalises the advantages of each minibatch, the samples of one gradient step. "
        "In the first minibatch after collecting data it logs ratio 1 for every sample and a "
        "policy loss of 0.000. What does that tell you?"
    ),
    options=(
        Option(
            "There is a bug: old_log_prob must not equal log_prob.",
            "Before the first step the current policy is the old one. A ratio other than 1 "
            "would be the bug.",
        ),
        Option(
            "Nothing can be learned from this minibatch: its loss is flat.",
            "You are inferring the gradient from the value. A function that is 1 at a point may "
            "have any slope there; this one has the slope of the score.",
        ),
        Option(
            "All is well: these numbers prove that the gradient is right.",
            "A ratio recomputed without detach logs the same two numbers, and its gradient is 0.",
        ),
        Option(
            "Little: correct programs show it, and some broken ones too.",
            "The value says nothing about the gradient. Look at the gradient's length, and at "
            "whether the ratios leave 1 in the next minibatch.",
            correct=True,
        ),
    ),
)

DROPPED_TERM = Question(
    id="surrogate-dropped-term",
    prompt=(
        "On the way from J to L_IS one step is not an equality. What is dropped or replaced in it?"
    ),
    options=(
        Option(
            "The ratio of the state occupancies, new over old.",
            "L_IS corrects for the action and leaves the states where the old policy put them.",
            correct=True,
        ),
        Option(
            "The new policy's advantages: the old ones stand in for them.",
            "The exact identity has the old policy's advantages. Nothing stands in for them.",
        ),
        Option(
            "The ratios of the actions that come later in the walk.",
            "They can be left out without error: each has mean 1, whatever happened before.",
        ),
        Option(
            "The transition probabilities of the world.",
            "They are in numerator and denominator of a walk's weight, and cancel exactly.",
        ),
    ),
)

LICENCE = Question(
    id="surrogate-licence",
    prompt=(
        "A batch holds ten million samples of π_old. A colleague plans 50 gradient steps of L_IS "
        "on it, because the gradients of L_IS and J are equal. What do you say?"
    ),
    options=(
        Option(
            "Fine: the gradients are equal, so each step is a policy gradient step.",
            "They are equal at one point. After the first step the policy is no longer there.",
        ),
        Option(
            "Fine for such a batch, since the error of L_IS shrinks as samples are added.",
            "More samples reduce noise. The states stay the old policy's: that error is a bias.",
        ),
        Option(
            "The first step is right. After it, what counts is how far the policy moves.",
            "The error is of second order in the distance, whatever the batch's size.",
            correct=True,
        ),
        Option(
            "Any number of steps fails: after the first one the gradient of L_IS means nothing.",
            "It is an approximation whose error is of second order. While the policy stays near, "
            "later steps can help too.",
        ),
    ),
)

RATIO_OR_LOG = Question(
    id="surrogate-ratio-or-log",
    prompt=(
        "E_old[log π_θ · A] has the same gradient at θ_old as E_old[r A]. Why do we carry the "
        "ratio when a batch is reused?"
    ),
    options=(
        Option(
            "The logarithm is not defined for the rare actions of a batch.",
            "It is defined for every action that was taken, and the ratio is computed from "
            "logarithms.",
        ),
        Option(
            "The log form has no gradient once the policy has moved away.",
            "It has one. In the bandit with straight logits it was the same at every distance.",
        ),
        Option(
            "Only the ratio weights the samples for the current policy.",
            "The log form counts each sample as often as the old policy drew it, wherever θ has "
            "gone.",
            correct=True,
        ),
        Option(
            "The ratio corrects for the new policy's states as well.",
            "It corrects for the action. The states are the old ones in both forms.",
        ),
    ),
)

QUESTIONS = (
    FIRST_MINIBATCH,
    DROPPED_TERM,
    LICENCE,
    RATIO_OR_LOG,
)

TO_OFF_POLICY = OpenQuestion(
    id="importance-sampling-to-off-policy",
    source="concept 3",
    prompt=(
        "How does importance sampling turn the policy gradient method into an off-policy algorithm?"
    ),
    model_answer=(
        "The policy gradient is an expectation over trajectories of the policy that is being "
        "changed, so after every step the data is out of date. Importance sampling rewrites an "
        "expectation under the new policy as one under the old policy, with a weight. For a "
        "trajectory that weight is the product of the policy ratios; the world's own "
        "probabilities cancel. This is exact for every new policy whose actions the old one "
        "could have taken, but on long walks a few samples carry most of the weight. Averaged "
        "over the past, the product is the ratio of the state occupancies times the ratio of the "
        "action. So one keeps the ratio of the action, drops that of the states, and maximises "
        r"$L_{IS}(\theta) = \mathbb{E}_{old}\big[\sum_t \gamma^t\, r_t(\theta)\, A_t\big]$ on old "
        r"data. It has the gradient of $J$ at $\theta_{old}$ and an error of second order in the "
        "distance from it."
    ),
    rubric=(
        "The expectation is rewritten under the old policy, with the ratio as weight.",
        "The world cancels, so only the two policies need to be known.",
        "What is dropped is said (the ratio of the state occupancies, while the old advantages "
        "are exact), and that this limits the use to policies nearby.",
    ),
)

RATIO_ABOVE_AND_BELOW = OpenQuestion(
    id="ratio-above-and-below",
    source="maths 1",
    prompt=(
        r"Write down the policy ratio $r_t(\theta)$. What do numerator and denominator stand for?"
    ),
    model_answer=(
        r"$r_t(\theta) = \pi_\theta(a_t \mid s_t) \,/\, \pi_{old}(a_t \mid s_t) = "
        r"\exp\big(\log \pi_\theta(a_t \mid s_t) - \log \pi_{old}(a_t \mid s_t)\big)$."
        "\n\n"
        "The numerator is the probability that the current policy gives to the action that was "
        "taken; it depends on θ and carries the gradient. The denominator is the probability "
        "under the policy that acted; it was stored at that time and is a constant. Above 1 "
        "the action has become likelier, below 1 less likely; at θ_old the ratio is 1 and its "
        "gradient is the score."
    ),
    rubric=(
        "Current over old, for the same state and the same action that was taken.",
        "The denominator is a constant from the time of acting.",
        "The meaning of above 1, below 1 and 1.",
    ),
)

EQUAL_GRADIENTS = OpenQuestion(
    id="equal-gradients-proof",
    source="maths 2",
    prompt=r"Show that $\nabla L_{IS}(\theta) = \nabla J(\theta)$ at $\theta = \theta_{old}$.",
    model_answer=(
        r"$\nabla L_{IS}(\theta) = \mathbb{E}_{old}\big[\sum_t \gamma^t\, \nabla r_t(\theta)\, "
        r"A_t\big]$, as only $r_t$ depends on $\theta$."
        "\n\n"
        r"$\nabla L_{IS}(\theta) = \mathbb{E}_{old}\big[\sum_t \gamma^t\, r_t(\theta)\, "
        r"\nabla \log \pi_\theta(a_t \mid s_t)\, A_t\big]$, "
        r"as $\nabla \pi = \pi\, \nabla \log \pi$."
        "\n\n"
        r"$\nabla L_{IS}(\theta_{old}) = \mathbb{E}_{old}\big[\sum_t \gamma^t\, "
        r"\nabla \log \pi_{old}(a_t \mid s_t)\, A_t\big]$, as $r_t(\theta_{old}) = 1$."
        "\n\n"
        r"The right side is $\nabla J(\theta_{old})$, by the policy gradient theorem."
        "\n\n"
        r"That theorem in turn: $\nabla J = \mathbb{E}[\nabla \log p_\theta(\tau)\, G(\tau)]$; the "
        r"world's terms have no $\theta$; past rewards and the value drop out because the score "
        "has mean zero."
    ),
    rubric=(
        "The expectation is over the old policy, so the gradient reaches the ratio only.",
        "The gradient of the ratio is ratio times score, and the score at θ_old.",
        "The policy gradient theorem with its sum over t, and that the equality holds at this "
        "one point.",
    ),
)

OPEN_QUESTIONS = (
    TO_OFF_POLICY,
    RATIO_ABOVE_AND_BELOW,
    EQUAL_GRADIENTS,
)
