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

ARMS = Question(
    id="predict-lm-arms",
    prompt=(
        "Use each rollout for 16 epochs, not 4, and take the clip away; the ratio stays. What "
        "share of the gap between the reference and the best policy does training close?"
    ),
    options=(
        Option(
            "About 0.99, as with 4 epochs and the clip.",
            "At 4 epochs that is nearly so. Sixteen steps on one rollout lead much further.",
        ),
        Option(
            "About 0.9: the ratio corrects for most of it.",
            "A ratio corrects for its token, not for the beginning before it; and nothing ends the "
            "reward for moving on.",
        ),
        Option(
            "About 0.5: half of the steps are wasted.",
            "Some of them undo what others have gained: it ends lower still.",
        ),
        Option(
            "Less than 0: it ends worse than it began.",
            "Nothing ends the reward for moving a token's probability on, and the next rollout "
            "comes from a policy that has gone astray.",
            correct=True,
        ),
    ),
)

WITHOUT_PRICE = Question(
    id="predict-lm-without-price",
    prompt=(
        "Both reward models foresee choices about equally well. Now PPO raises each one's score "
        "with beta = 0. Where does the true reward end, in most of five runs?"
    ),
    options=(
        Option(
            "Above the reference's with both: they foresee nearly all that can be foreseen.",
            "On pairs that the reference writes. The policy moves to responses that nobody has "
            "compared, and there the two scores differ.",
        ),
        Option(
            "Below it with both: without a price each score is exploited.",
            "Each is, but what it leads to is another matter: that depends on what the score says "
            "about responses that nobody has compared.",
        ),
        Option(
            "Above it with the last token, below it with the sum.",
            "A sum pays for each pleasant word once more. What the last token says has its largest "
            "values nearer to sentences.",
            correct=True,
        ),
        Option(
            "Above it with the sum, below it with the last token.",
            "Look at section 3 once more: which of the two scores gives its highest values to "
            "responses with a low true reward?",
        ),
    ),
)

TEMPERATURE = Question(
    id="predict-lm-temperature",
    prompt=(
        "Responses are drawn at temperature 2. They are scored in one of four ways: by the plain "
        "softmax; as drawn; as drawn, with the clip all but off; or with all logits divided. "
        "One way ends worse than the reference, in every seed. Which?"
    ),
    options=(
        Option(
            "By the plain softmax: its log is not a divergence.",
            "The log is wrong, and yet the network that is trained comes close to its optimum.",
        ),
        Option(
            "As drawn.",
            "Most ratios are outside the clip's interval before the first step, and the clip takes "
            "that for a policy that has moved.",
            correct=True,
        ),
        Option(
            "As drawn, with the clip all but off: little limits the ratios then.",
            "At this temperature the clip does more harm than the ratios.",
        ),
        Option(
            "With all logits divided: another policy is trained.",
            "It is another policy, held to another reference, and it comes close to its own "
            "optimum.",
        ),
    ),
)

PREDICTIONS = (
    DIRECTION,
    THREE_POLICIES,
    ARMS,
    WITHOUT_PRICE,
    TEMPERATURE,
)
