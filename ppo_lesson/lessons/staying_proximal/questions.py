"""What notebook 06 asks in words: a quiz, and a question of the lecture."""

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
            "The clip keeps every ratio between 0.8 and 1.2.",
            "It keeps the ratio in the formula there, not the policy. No step is held back by it.",
        ),
        Option(
            "No: the clip removes the reward for going on, not the way there.",
            "One long step, the other samples of the batch and the optimiser's momentum "
            "can all carry a ratio out of the interval.",
            correct=True,
        ),
        Option(
            "The gradient of this sample pulled it there after it left the interval.",
            "If its advantage is positive it has had no gradient since it passed 1.2. "
            "Something else moved it.",
        ),
        Option(
            "No: ε limits the log-ratio, and log 1.5 is 0.4.",
            "ε is a half-width around 1 on the scale of ratios.",
        ),
    ),
)

BELOW_WITH_GAIN = Question(
    id="proximal-below-with-gain",
    prompt="A sample has A > 0, the ratio is 0.6 and ε = 0.2. What is its gradient?",
    options=(
        Option(
            "Zero, as the ratio lies outside the interval.",
            "That is the clip without the min. The smaller of 0.6 A and 0.8 A is the first, "
            "and it is not clipped.",
        ),
        Option(
            "It pushes the ratio further down.",
            "The advantage is positive: the action is to become likelier.",
        ),
        Option(
            "It pulls the ratio up, but with the strength of the edge, 0.8.",
            "The minimum takes the plain product, so the strength is that of the ratio itself.",
        ),
        Option(
            "It pulls the ratio up, as without a clip.",
            "The sample has moved to the wrong side, and the min leaves the way back open.",
            correct=True,
        ),
    ),
)

WHY_MIN = Question(
    id="proximal-why-min",
    prompt="Why does PPO take the minimum of r A and clip(r) A?",
    options=(
        Option(
            "So that no sample counts for more than its plain r A.",
            "It is a pessimistic bound on the surrogate, though not on J. Gains beyond the "
            "interval do not count, losses do.",
            correct=True,
        ),
        Option(
            "So that the ratio is never larger than 1 + ε.",
            "clip does that to one of the two products. The min picks between the products, "
            "and for A < 0 it may well pick the larger ratio.",
        ),
        Option(
            "So that the gradient is never zero.",
            "In two of the six cases it is zero, and that is the point of them.",
        ),
        Option(
            "So that negative advantages are left out.",
            "They count, and without an upper limit: with A < 0 the loss goes on growing with "
            "the ratio.",
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
            "The new policy has come closer than equal.",
            "A divergence is never below 0, and is 0 for equal policies only.",
        ),
        Option(
            "The two policies were swapped in the code.",
            "That would turn the sign round too, but a negative value alone does not prove it.",
        ),
        Option(
            "By itself nothing: k1 is noisy and can be negative; look at k3.",
            "Only its mean is the divergence. k3 has the same mean and no negative "
            "term. If it stays negative over many batches, ask which policy sampled.",
            correct=True,
        ),
        Option(
            "The estimator is biased and has to be corrected by 0.02.",
            "k1 is unbiased: it errs in both directions, and the mean of the errors is zero.",
        ),
    ),
)

LOGGED_FRACTION = Question(
    id="proximal-logged-fraction",
    prompt=(
        "A library logs a clip fraction of 0.5, the share of ratios outside the interval. How "
        "many samples have no gradient?"
    ),
    options=(
        Option(
            "Half of them, as the log says.",
            "The log looks at the ratio alone. Whether the clip bites depends on the sign of "
            "the advantage too.",
        ),
        Option(
            "About a quarter, if signs and sides are unrelated.",
            "Of the ratios outside, those on the wrong side for their advantage keep "
            "their full gradient: half of them, where both signs are equally frequent.",
            correct=True,
        ),
        Option(
            "None: the minimum always leaves a gradient.",
            "In two of the six cases it takes the clipped product, which is flat.",
        ),
        Option(
            "All: one clipped sample stops the mean of the batch.",
            "The minimum is taken sample by sample; the others keep pulling.",
        ),
    ),
)

QUESTIONS = (RATIO_OUTSIDE, BELOW_WITH_GAIN, WHY_MIN, NEGATIVE_KL, LOGGED_FRACTION)

PRINCIPLE_OF_PPO = OpenQuestion(
    id="principle-of-ppo",
    source="synthesis 1",
    prompt=(
        "Which principle does PPO add to the importance-sampled policy gradient to make it "
        "stable? Say how the principle is put into a formula, and what it does not promise."
    ),
    model_answer=(
        "Stay close to the policy that made the data. The surrogate tells the truth about "
        "value and slope at θ_old only; with distance its bias grows, and so does the variance "
        "of the ratios. So PPO maximises it only as far as the new policy is still near, then "
        "collects new data and starts again.\n\n"
        "There are several ways to write this down. A penalty subtracts β KL(old || new) from "
        "the objective, and β adapts to a wanted distance. A trust region forbids more than a "
        "given KL. PPO's clip takes the minimum of r A and clip(r, 1 - ε, 1 + ε) A: what lies "
        "beyond the interval earns nothing any more, while a sample that has moved to the "
        "wrong side keeps its full gradient. It is a pessimistic bound on the surrogate, and "
        "needs nothing but first derivatives.\n\n"
        "The clip does not keep the ratio in the interval: it takes away the incentive to "
        "leave, but a long step, other samples and momentum still can carry it out. So one "
        "watches the KL divergence all the same, and takes few epochs."
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
