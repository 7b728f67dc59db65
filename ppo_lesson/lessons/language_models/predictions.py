"""What notebook 10 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

DIRECTION = Question(
    id="predict-lm-direction",
    prompt=(
        "Keep the score and the price of 0.5, and turn the divergence round: the price is now paid "
        "on KL(π_ref || π). What is the probability of the likeliest response under the policy "
        "that is best then, as a mean over the three prompts?"
    ),
    options=(
        Option(
            "About 0.01: it spreads out, as the reference does.",
            "The reference's own likeliest response has more than that. The price still lets the "
            "score count.",
        ),
        Option(
            "About 0.13, as under π*.",
            "Both divergences are 0 at the reference alone, but far from it they charge for "
            "different things.",
        ),
        Option(
            "About 0.45.",
            "You expect it to crowd together, and it does, even more than that.",
        ),
        Option(
            "About 0.88.",
            "This divergence asks whether the policy can still write what the reference writes. "
            "What it writes besides costs little.",
            correct=True,
        ),
    ),
)

THREE_POLICIES = Question(
    id="predict-lm-three-policies",
    prompt=(
        "Training begins: the reference has been copied, the first rollout is written, and one "
        "epoch of gradient steps is over. The reference, the old and the current policy: which of "
        "the three agree with each other?"
    ),
    options=(
        Option(
            "Reference and old policy.",
            "The copy of the reference wrote this rollout, so it is the old policy here, and one "
            "epoch has moved the current one. With the second rollout, all three differ.",
            correct=True,
        ),
        Option(
            "Old and current policy; the reference stands apart.",
            "They agree before the first step on a rollout. One epoch of steps is over.",
        ),
        Option(
            "All three, until the first rollout is used up.",
            "The current policy moves with every gradient step, and that is why there is a ratio.",
        ),
        Option(
            "None: the old policy is that of the epoch before.",
            "The old policy is the one that wrote the rollout, for all of its epochs.",
        ),
    ),
)

PREDICTIONS = (
    DIRECTION,
    THREE_POLICIES,
)
