"""What notebook 04 asks in words: a quiz, and three questions of the lecture."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

FIRST_MINIBATCH = Question(
    id="surrogate-first-minibatch",
    prompt=(
        "In the first minibatch after collecting data, a program logs ratio 1 for every sample "
        "and a policy loss of 0.000. What does that tell you?"
    ),
    options=(
        Option(
            "A bug: old_log_prob must not equal log_prob.",
            "Before the first step the current policy is the old one. A ratio other than 1 "
            "would be the bug.",
        ),
        Option(
            "Nothing can be learned from this minibatch.",
            "You conclude from the value to the gradient. A function that is 1 at a point may "
            "have any slope there; this one has the slope of the score.",
        ),
        Option(
            "All is well: the gradient still estimates ∇J.",
            "At θ_old the value says nothing and the gradient says all.",
            correct=True,
        ),
        Option(
            "The policy has converged.",
            "Every policy shows this in its first minibatch, a poor one as well. The loss is "
            "no measure of progress.",
        ),
    ),
)

DROPPED_TERM = Question(
    id="surrogate-dropped-term",
    prompt="On the way from J to L_IS one step is not an equality. What is dropped in it?",
    options=(
        Option(
            "The ratio of the state occupancies, new over old.",
            "L_IS corrects for the action and pretends that the new policy is where "
            "the old one was.",
            correct=True,
        ),
        Option(
            "The ratios of later actions.",
            "Those leave without loss: no reward listens to later actions, and each of these "
            "ratios has mean one.",
        ),
        Option(
            "The transition probabilities of the world.",
            "They stand above and below in the trajectory's weight and cancel exactly.",
        ),
        Option(
            "The value function that is subtracted.",
            "A baseline costs no bias, because the score has mean zero.",
        ),
    ),
)

LICENCE = Question(
    id="surrogate-licence",
    prompt="∇L_IS = ∇J at θ_old. What does this theorem license?",
    options=(
        Option(
            "Many steps on one batch: the gradients are equal.",
            "They are equal at one point. After the first step you are no longer there.",
        ),
        Option(
            "Many steps, if the batch is large enough.",
            "A large batch removes noise. The old states stay the old states: that error is a "
            "bias.",
        ),
        Option(
            "Reusing data of any earlier policy, as from a replay buffer.",
            "The equality holds where the current policy is the one that acted. PPO stays near "
            "that point; it is not off-policy learning in the replay-buffer sense.",
        ),
        Option(
            "One step; a few small ones, as the error is of second order.",
            "The theorem gives the direction at θ_old, the second order gives a margin around it.",
            correct=True,
        ),
    ),
)

SILENT_POLICY = Question(
    id="surrogate-silent-policy",
    prompt=(
        "The policy loss has the right value in every minibatch, the critic learns, no error "
        "is raised, and the policy never changes. What is the likeliest slip?"
    ),
    options=(
        Option(
            "The advantage carries a gradient.",
            "Then the critic would be disturbed, and the policy would still move.",
        ),
        Option(
            "The ratio is detached.",
            "The value is right to the last bit and the policy's gradient is zero; the "
            "critic's loss keeps backward() from complaining.",
            correct=True,
        ),
        Option(
            "The minus sign is missing.",
            "Then the policy would change, for the worse, and the value would have the wrong sign.",
        ),
        Option(
            "The mean was taken instead of the sum.",
            "That scales the step. A policy with small steps still moves.",
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
            "The logarithm is not defined for rare actions.",
            "It is defined for every action that was taken, and the ratio is computed from "
            "logarithms.",
        ),
        Option(
            "The ratio form has no variance.",
            "It has, and far from θ_old a lot of it. That is the price, not the reason.",
        ),
        Option(
            "Only the ratio weighs the samples for the current policy.",
            "The ratio knows how far it has come; the log form goes on counting each "
            "sample as the old policy drew it.",
            correct=True,
        ),
        Option(
            "The log form needs the transition probabilities.",
            "Neither does: what belongs to the world has no θ in it.",
        ),
    ),
)

QUESTIONS = (
    FIRST_MINIBATCH,
    DROPPED_TERM,
    LICENCE,
    SILENT_POLICY,
    RATIO_OR_LOG,
)

TO_OFF_POLICY = OpenQuestion(
    id="importance-sampling-to-off-policy",
    source="concept 3",
    prompt=(
        "How does importance sampling make an off-policy algorithm out of the policy gradient "
        "method?"
    ),
    model_answer=(
        "The policy gradient is an expectation over trajectories of the policy that is being "
        "changed, so after every step the data is out of date. Importance sampling rewrites an "
        "expectation under the new policy as one under the old policy, with a weight. For a "
        "trajectory that weight is the product of the policy ratios; the world's own "
        "probabilities cancel. This is exact for every new policy whose actions the old one "
        "could have taken, but the product's variance grows with the number of steps. So one "
        "keeps the ratio of the action, drops the ratio of the state occupancies, and maximises "
        r"$L_{IS}(\theta) = \mathbb{E}_{old}\big[\sum_t \gamma^t\, r_t(\theta)\, A_t\big]$ on old "
        r"data. It has the gradient of $J$ at $\theta_{old}$ and an error of second order in the "
        "distance from it."
    ),
    rubric=(
        "The expectation is rewritten under the old policy, with the ratio as weight.",
        "The world cancels, so only the two policies have to be known.",
        "What is dropped is said (the states, and the advantages stay the old policy's), and "
        "that this limits the use to policies nearby.",
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
