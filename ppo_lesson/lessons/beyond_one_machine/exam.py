"""Notebook 13: the nine questions of the course as an oral exam, each with a follow-up."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion

CONCEPT_1 = OpenQuestion(
    id="exam-on-policy",
    source="concept 1, spoken",
    prompt=(
        "What makes an algorithm on-policy, and why is that dear when the policy is a language "
        "model? Follow-up: is PPO on-policy when its actor is two updates behind?"
    ),
    model_answer=(
        "Its update is right only for data of the current policy: the gradient is an expectation "
        "over that policy's own actions. So each batch serves one step, and for a language model a "
        "batch is most of the work.\n\n"
        "With an actor two updates behind it is off-policy before the first step. Weights old over "
        "behaviour mend the actions; states and returns stay those of the actor."
    ),
    rubric=(
        "Right only for data of the policy that is updated.",
        "The expensive part, drawing the batch, is repeated for every step.",
        "Follow-up: off-policy from the start, and what a weight of the action does not mend.",
    ),
)

CONCEPT_2 = OpenQuestion(
    id="exam-weights",
    source="concept 2, spoken",
    prompt=(
        "Why does importance sampling work, and what does a weight do to a sample? Follow-up: the "
        "mean weight of a batch is 1.0. What do you know?"
    ),
    model_answer=(
        "A sample of q counts p/q times, and the sum of q (p/q) f is the sum of p f, wherever q is "
        "not zero though p f is not. A weight changes how much a sample counts, not its value.\n\n"
        "From the mean weight I know little. It is 1 on average whatever the policies, and in a "
        "batch it warns late. I ask for the effective sample size."
    ),
    rubric=(
        "Target over proposal, one number a sample, which counts more or less.",
        "The condition on the support.",
        "Follow-up: the mean says nearly nothing; the effective sample size does.",
    ),
)

CONCEPT_3 = OpenQuestion(
    id="exam-off-policy",
    source="concept 3, spoken",
    prompt=(
        "How does importance sampling make an off-policy method of the policy gradient? Follow-up: "
        "what is left out on the way, and where does that not matter?"
    ),
    model_answer=(
        "The expectation over the new policy's walks becomes one over the old policy's, with the "
        "product of the ratios as weight; the world cancels. Keeping the ratio of the action and "
        "the old advantage gives the surrogate.\n\n"
        "Left out is the ratio of the state occupancies. At θ_old it is 1, so value and gradient "
        "are right there, and the error is of second order in the distance."
    ),
    rubric=(
        "Rewritten under the old policy, the world cancels.",
        "Ratio of the action times the old advantage: the surrogate.",
        "Follow-up: the states; right to first order at θ_old.",
    ),
)

CONCEPT_4 = OpenQuestion(
    id="exam-risk",
    source="concept 4, spoken",
    prompt=(
        "You go on maximising the surrogate on one batch. What goes wrong? Follow-up: which part "
        "of it would ten times as much old data cure?"
    ),
    model_answer=(
        "The policies move apart. Ratios grow, a few samples rule the gradient, and the policy "
        "fits the noise of this batch: variance. And states are counted as the old policy met "
        "them, so that the surrogate can rise where the return falls: bias.\n\n"
        "More old data cures the variance. The bias is the same with endless data."
    ),
    rubric=(
        "Variance: large ratios, few samples decide.",
        "Bias: the old policy's states.",
        "Follow-up: data cures the first and not the second.",
    ),
)

MATHS_1 = OpenQuestion(
    id="exam-ratio",
    source="maths 1, spoken",
    prompt=(
        r"Write the policy ratio. What stands above, what below? Follow-up: the actor is behind. "
        "Which two quotients are there now, and which of them has a gradient?"
    ),
    model_answer=(
        r"$r = \pi_\theta(a \mid s) / \pi_{old}(a \mid s)$: above the policy that is learned, "
        "below the one at the beginning of the update, a constant; in code exp of the difference "
        "of two log-probabilities.\n\n"
        r"With an actor behind: the ratio as before, and the weight $\pi_{old} / \mu$, a constant, "
        "capped. Only the ratio has a gradient."
    ),
    rubric=(
        "Current over old, same state and action.",
        "The denominator is stored and constant.",
        "Follow-up: ratio for the clip, weight old over behaviour without a gradient.",
    ),
)

MATHS_2 = OpenQuestion(
    id="exam-proof",
    source="maths 2, spoken",
    prompt=(
        r"Show that $\nabla L_{IS} = \nabla J$ at $\theta_{old}$. Follow-up: at which line does "
        "the proof stop if θ is not θ_old?"
    ),
    model_answer=(
        r"Differentiate under the sum: only the ratio depends on θ. Use "
        r"$\nabla r = r\, \nabla \log \pi_\theta$. Set θ = θ_old, so that r = 1. What is left, "
        r"$\mathbb{E}_{old}[\sum_t \gamma^t\, \nabla \log \pi_{old}\, A_t]$, is $\nabla J$ by the "
        "policy gradient theorem.\n\n"
        "It stops at the third line. With r kept the expression is the gradient of the surrogate, "
        "but of J only with the new policy's states and advantages."
    ),
    rubric=(
        "Gradient of the ratio by the log-derivative trick.",
        "Ratio 1 at θ_old only after differentiating.",
        "The theorem is named; follow-up: states and advantages elsewhere.",
    ),
)

MATHS_3 = OpenQuestion(
    id="exam-large-ratio",
    source="maths 3, spoken",
    prompt=(
        "When does a ratio become very large, and what does it do to the gradient? Follow-up: an "
        "action had the probability 0.02. How large can its ratio become?"
    ),
    model_answer=(
        "When the old policy took a rare action with a good result, and epochs on this batch make "
        "it likely. Its part of the gradient is r A ∇log π, so that one sample can decide the "
        "direction: variance.\n\n"
        "At most 1 / 0.02 = 50. There the action is certain and its score is 0; the pull is "
        "strongest halfway, where the probability is 0.5."
    ),
    rubric=(
        "Rare then, likely now.",
        "The ratio multiplies the sample's gradient: one sample rules.",
        "Follow-up: 50; the score vanishes there.",
    ),
)

SYNTHESIS_1 = OpenQuestion(
    id="exam-principle",
    source="synthesis 1, spoken",
    prompt=(
        "What does PPO add to the importance-sampled policy gradient, and how is it written? "
        "Follow-up: name one thing that the clip does not promise."
    ),
    model_answer=(
        "Stay near the policy at the beginning of the update: maximise the mean of "
        "min(r A, clip(r, 1 - ε, 1 + ε) A), so that moving on beyond the interval earns nothing, "
        "take a few epochs, and collect anew. A KL penalty or a trust region says the same.\n\n"
        "It does not hold a ratio inside: other samples and momentum carry it out. So one watches "
        "the KL divergence."
    ),
    rubric=(
        "Nearness as the principle, because the surrogate holds only there.",
        "Min and clip, or the penalty, written down.",
        "Follow-up: no bound on ratio or divergence.",
    ),
)

SYNTHESIS_2 = OpenQuestion(
    id="exam-progression",
    source="synthesis 2, spoken",
    prompt=(
        "Explain your drawing: walk from the policy gradient to PPO and give each arrow its "
        "reason. Follow-up: where would a stale actor enter the drawing?"
    ),
    model_answer=(
        "The policy gradient uses each batch once: on-policy waste. Importance sampling lets "
        "samples count again; with the ratio of the action and the advantage that is the "
        "surrogate. It has two dangers, old states (bias) and exploding ratios (variance). Both "
        "grow with the distance, so one stays near: proximal. Clip, advantage and epochs together "
        "are PPO.\n\n"
        "A stale actor enters at importance sampling: a second weight, old over behaviour, beside "
        "the ratio of the surrogate."
    ),
    rubric=(
        "Waste, importance sampling and surrogate in this order, each with its reason.",
        "Both dangers, and nearness as the answer to both.",
        "Follow-up: another weight, not another clip.",
    ),
)

EXAM = (
    CONCEPT_1,
    CONCEPT_2,
    CONCEPT_3,
    CONCEPT_4,
    MATHS_1,
    MATHS_2,
    MATHS_3,
    SYNTHESIS_1,
    SYNTHESIS_2,
)
