"""What notebook 12 asks before it shows: a learner commits to a number first."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

HARD_PROMPT = Question(
    id="predict-hard-prompt",
    prompt=(
        "One prompt is solved in one try of two, another in one of a hundred. Groups have eight "
        "responses, and advantages are divided by the group's standard deviation. How many times "
        "as large is the multiple of ∇p that the hard prompt gets?"
    ),
    options=(
        Option(
            "As large, no more: after the division both groups have the spread 1.",
            "Equal spread of the advantages is not an equal multiple of ∇p. A rare success gets a "
            "large advantage.",
        ),
        Option(
            "About 1.4 times: most groups of the hard prompt hold no success.",
            "2.61 against 1.86. In 92 % of the hard prompt's groups no response is right, and "
            "these teach nothing.",
            correct=True,
        ),
        Option(
            "About 5 times: the multiple is 1 / √(p (1 - p)).",
            "That is so for very large groups. With eight responses a group either has no success "
            "or at least one in eight, so it never sees a rate of 1 %.",
        ),
        Option(
            "About 25 times: the multiple is 1 / (p (1 - p)).",
            "The advantage is divided by the standard deviation, not by the variance, and a group "
            "of eight does not even reach that.",
        ),
    ),
)

WRONG_LENGTHS = Question(
    id="predict-wrong-lengths",
    prompt=(
        "Three runs of exact gradient ascent climb to a success rate of 0.9, one with each "
        "aggregation. At the start a wrong answer has 4.0 tokens on average. How long is it at the "
        "end?"
    ),
    options=(
        Option(
            "4.0 with the constant and the token mean, about 5 with the response mean.",
            "The response mean adds some length. But wrong answers grow without it too.",
        ),
        Option(
            "About 4.7 with the constant and the token mean, 4.9 with the response mean.",
            "Three quarters of the growth come with the exact gradient of the success rate itself. "
            "The response mean adds the rest.",
            correct=True,
        ),
        Option(
            "About 4 with all three: wrong answers are pushed down alike.",
            "They are not pushed down alike. With the response mean a longer one is pushed down "
            "less, and with all three the rows that they share with right answers move too.",
        ),
        Option(
            "Shorter with all three: the targets have short right answers.",
            "The right ones do become shorter here. The wrong ones that remain become longer.",
        ),
    ),
)

K3_IN_THE_LOSS = Question(
    id="predict-k3-in-the-loss",
    prompt=(
        "The mean of k3, taken token by token over responses that π wrote, is added to the loss. "
        "Which gradient does autograd find, on average?"
    ),
    options=(
        Option(
            "That of KL(π || π_ref): the value is an unbiased estimate of it.",
            "The value is. Autograd holds the drawn tokens fixed, and that leaves out how π "
            "changes what is drawn.",
        ),
        Option(
            "None: like the score, it averages to 0.",
            "That is k1. In k3 the ratio π_ref / π depends on θ as well.",
        ),
        Option(
            "One that is nearer to that of KL(π_ref || π).",
            "The cosine with it is 0.89, and 0.75 with the gradient of KL(π || π_ref). For k3 of "
            "the whole response it is exactly the other direction's.",
            correct=True,
        ),
        Option(
            "Half of that of KL(π || π_ref), plus noise.",
            "The length is not the problem: it is the direction that differs.",
        ),
    ),
)

RIGHT_ANSWERS = Question(
    id="predict-right-answers",
    prompt=(
        "The reference gives about 10 different right answers to a prompt. GRPO trains 100 "
        "iterations with rewards right or wrong and beta = 0, and all prompts are solved. How many "
        "different right answers are left, with clip-higher and without?"
    ),
    options=(
        Option(
            "About 10 in both: every right answer earns the same.",
            "The reward does not choose among them. But a gradient step raises the likelier ones "
            "more, and they become likelier still.",
        ),
        Option(
            "About 5 with clip-higher, 1 without it.",
            "Without it there is 1. A wider clip gives rare tokens more room, but it gives it to "
            "the likely ones too.",
        ),
        Option(
            "About 1 in both: whatever is likelier rises faster.",
            "1.01 with clip-higher, 1.04 without it. Even exact gradients, without any sampling, "
            "end at one.",
            correct=True,
        ),
        Option(
            "About 5 in both: half of them are never drawn.",
            "Which are drawn at all is not the point: exact gradients, without any sampling, end "
            "at one too.",
        ),
    ),
)

FIRST_RATIO = Question(
    id="predict-first-ratio",
    prompt=(
        "The sampler draws from float8 weights. The trainer computes `old_log_prob` itself, by "
        "scoring the responses before the first step. What are the ratios in the first minibatch?"
    ),
    options=(
        Option(
            "Spread around 1 by a few percent, as the weights were rounded.",
            "The ratios of trainer to sampler are. But here the sampler's log-probabilities are "
            "not in the ratio at all.",
        ),
        Option(
            "All 1: the sampler is in neither of the two log-probabilities.",
            "Both log-probabilities come from the trainer. The test sees the sampler only if the "
            "sampler's own log-probabilities are kept.",
            correct=True,
        ),
        Option(
            "All below 1, because the sampler's policy is narrower.",
            "Rounding does not make a policy narrower. And the sampler's log-probabilities are not "
            "in this ratio.",
        ),
    ),
)

PREDICTIONS = (HARD_PROMPT, WRONG_LENGTHS, K3_IN_THE_LOSS, RIGHT_ANSWERS, FIRST_RATIO)
