"""What notebook 10 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

PREDICT_CONSTANT = Question(
    id="predict-lm-constant",
    prompt=(
        "Somebody adds 5 to everything that the reward model says: every response of every prompt "
        "scores 5 more. What changes?"
    ),
    options=(
        Option(
            "All responses become likelier, as each of them is rewarded more.",
            "They cannot all: their probabilities sum to 1. What counts is how a response compares "
            "with the others.",
        ),
        Option(
            "Bradley and Terry's loss rises: the rewards no longer fit the choices.",
            "The loss looks at differences of rewards, and none has changed. So a reward model "
            "does not even know its own level.",
        ),
        Option(
            "The price of divergence weighs less beside larger rewards, so the policy goes "
            "further.",
            "Beta is weighed against differences of reward. Twice the rewards would change "
            "something; 5 more do not.",
        ),
        Option(
            "Neither that loss nor the best policy; the critic has one number more to learn.",
            "In the loss the constant cancels, in the optimum the normaliser takes it up. The "
            "critic learns it, and the advantages are what they were.",
            correct=True,
        ),
    ),
)

PREDICT_WITHOUT_PRICE = Question(
    id="predict-lm-without-price",
    prompt=(
        "The reward model agrees with the annotator about as often as anybody can. Now PPO raises "
        "its score with beta = 0, free of charge. What becomes of the score, and of the true "
        "reward, on which the annotator's choices rest?"
    ),
    options=(
        Option(
            "Both rise: a reward model this good leads to the same place.",
            "It is that good on what the reference writes. The policy moves to responses that "
            "nobody has ever compared, where its score is a guess.",
        ),
        Option(
            "The score rises; the true reward falls, in the end below the reference's.",
            "The policy ends with the likes of 'sings sings sings sings': no sentence, but full of "
            "what the reward model has learned to like. Without the price nothing holds the policy "
            "where the score can be trusted.",
            correct=True,
        ),
        Option(
            "The score rises; the true reward stays where it was.",
            "The two do not come apart by standing still. The policy gives up being a sentence, "
            "and the annotator minds that.",
        ),
        Option(
            "Neither rises for long: without the price, PPO's steps become too large.",
            "The size of a step is the clip's matter, and the clip is still there. The price says "
            "where to stop, not how fast to go.",
        ),
    ),
)

PREDICT_SIGN_OF_KL = Question(
    id="predict-lm-sign-of-kl",
    prompt=(
        "Tokens are drawn by top-k, but scored with the plain softmax of the policy. The log shows "
        "the mean of log π - log π_ref over what was drawn, and calls it the KL divergence. Which "
        "sign can it have, however many responses there are?"
    ),
    options=(
        Option(
            "0 or above: a KL divergence is never negative.",
            "Not if the samples come from π itself. These come from a third distribution, and then "
            "the mean of a log-ratio is no divergence.",
        ),
        Option(
            "0 or below: top-k takes away what the reference would do.",
            "It can be negative, but need not be. It depends on where the policy has raised its "
            "probabilities, and where top-k looks.",
        ),
        Option(
            "Any sign.",
            "Mean over π: a divergence, 0 or above. Mean over another distribution: a number of "
            "any sign. Scored as it was drawn, the log shows a divergence again.",
            correct=True,
        ),
        Option(
            "0 or above, as the noise of either sign averages out.",
            "This is no noise: more responses make the wrong number more precise.",
        ),
    ),
)

PREDICT_THREE_POLICIES = Question(
    id="predict-lm-three-policies",
    prompt=(
        "Training begins: the reference has been copied, the first rollout is written, and its "
        "second epoch is running. The reference, the old and the current policy: which of the "
        "three agree with each other?"
    ),
    options=(
        Option(
            "Reference and old policy; the current one has moved.",
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
    PREDICT_CONSTANT,
    PREDICT_THREE_POLICIES,
    PREDICT_WITHOUT_PRICE,
    PREDICT_SIGN_OF_KL,
)
