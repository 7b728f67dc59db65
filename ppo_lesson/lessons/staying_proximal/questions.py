"""What notebook 06 asks in words: a quiz, and one question to answer in whole sentences."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

RATIO_OUTSIDE = Question(
    id="proximal-ratio-outside",
    prompt=(
        "You train with the clipped loss and ε = 0.2. After an epoch one sample has the ratio "
        "1.5. Is that a bug?"
    ),
    options=(
        Option(
            "Yes: the clip keeps every ratio between 0.8 and 1.2, and this one has escaped.",
            "It clips the ratio in the formula, not in the policy. No step is held back by it.",
        ),
        Option(
            "No: the clip removes the reward for leaving; it does not block the way.",
            "A long step, the other samples of the batch and the optimiser's momentum can each "
            "carry a ratio out of the interval.",
            correct=True,
        ),
        Option(
            "No: its own gradient pulls it on, also after it has left the interval.",
            "With A > 0 it has had no gradient since it passed 1.2; with A < 0 its gradient pulls "
            "it back.",
        ),
        Option(
            "No: ε limits the log-ratio, and log 1.5 is 0.4.",
            "ε is a half-width around 1 on the scale of ratios.",
        ),
    ),
)

WHY_MIN = Question(
    id="proximal-why-min",
    prompt="What is the clipped objective, with its minimum, a lower bound of?",
    options=(
        Option(
            "Of what the new policy earns.",
            "The introduction of the PPO paper says so, but in section 3 a policy loses more than "
            "the clipped objective says.",
        ),
        Option(
            "Of the surrogate, the mean of r A on the same samples.",
            "Sample by sample, the smaller of two products is at most the first. It does not "
            "bound J.",
            correct=True,
        ),
        Option(
            "Of the objective with clipped ratios, but not of the surrogate.",
            "The smaller of two products is at most either of them.",
        ),
        Option(
            "Of nothing: for A < 0 it can exceed the surrogate.",
            "For A < 0 the minimum takes the larger ratio, and so the smaller product.",
        ),
    ),
)

NEGATIVE_KL = Question(
    id="proximal-negative-kl",
    prompt=(
        "On a batch of the old policy's actions the estimate k1 of KL(old || new) is -0.02. "
        "What do you conclude?"
    ),
    options=(
        Option(
            "The new policy has come closer to the old one than an equal policy would be.",
            "A divergence is never below 0, and it is 0 for equal policies only.",
        ),
        Option(
            "The two policies were swapped in the code.",
            "That would turn the sign round too, but one negative value does not prove it.",
        ),
        Option(
            "Nothing by itself: k1 is noisy. Look at k3.",
            "Only the mean of k1 is the divergence. k3 has the same mean and no negative term. If "
            "k1 stays negative over many batches, ask which policy sampled.",
            correct=True,
        ),
        Option(
            "The estimator is biased and has to be corrected by 0.02.",
            "k1 is unbiased: it errs in both directions, and its errors have mean zero.",
        ),
    ),
)

LOGGED_FRACTION = Question(
    id="proximal-logged-fraction",
    prompt=(
        "A program logs that half of the ratios lie outside the interval. What share of the "
        "samples has no gradient?"
    ),
    options=(
        Option(
            "Half of them, as the log says.",
            "That is so if every ratio left in the direction of its own advantage. Those that were "
            "carried the other way keep their gradient.",
        ),
        Option(
            "A quarter of them, because both signs of A are equally frequent.",
            "That is so if the sign of A and the side of the ratio are unrelated. The log does not "
            "say whether they are.",
        ),
        Option(
            "Anything from none to half of them.",
            "A ratio outside is silent under one sign of the advantage and free under the other, "
            "and the log does not look at the advantage.",
            correct=True,
        ),
        Option(
            "None of them: the minimum always leaves a gradient.",
            "In two of the six cases it takes the clipped product, which is flat.",
        ),
    ),
)

QUESTIONS = (RATIO_OUTSIDE, WHY_MIN, NEGATIVE_KL, LOGGED_FRACTION)

PRINCIPLE_OF_PPO = OpenQuestion(
    id="principle-of-ppo",
    source="synthesis 1",
    prompt=(
        "Which principle does PPO add to the importance-sampled policy gradient to make it "
        "stable? Say how the principle is put into a formula, and what it does not promise."
    ),
    model_answer=(
        "Stay close to the policy that made the data. The surrogate has the right slope at θ_old; "
        "further out its bias and the variance of the ratios can grow. So PPO climbs it only "
        "while the new policy is near, then collects new data and starts again.\n\n"
        "There are several ways to write this down. A penalty subtracts β KL(old || new) from "
        "the objective, and β may adapt to a wanted distance. A trust region forbids more than a "
        "given KL. PPO's clip takes the mean of min(r A, clip(r, 1 - ε, 1 + ε) A): what lies "
        "beyond the interval earns nothing more, while a sample that has moved to the wrong side "
        "keeps its full gradient. It is a lower bound of the surrogate, not of what the policy "
        "earns, and it needs first derivatives only.\n\n"
        "The clip does not keep the ratio in the interval: it takes away the reward for leaving, "
        "but a long step, other samples and momentum can carry it out. So you measure the KL "
        "divergence as well, and take few epochs."
    ),
    rubric=(
        "The principle: the new policy stays near the old one, because the surrogate can be "
        "trusted only there.",
        "At least one form of it written down: min and clip with the ratio, or the penalty "
        "with KL(old || new).",
        "A limit is named: the clip removes an incentive and does not bound the ratio or the "
        "divergence.",
    ),
)

OPEN_QUESTIONS = (PRINCIPLE_OF_PPO,)
