"""What notebook 10 asks in words: a quiz, and a question on what RLHF needs the ratio for."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

PRICE_AND_RATIO = Question(
    id="lm-price-and-ratio",
    prompt=(
        "Two log-ratios are at work: one inside PPO's clipped loss, one in the price that a token "
        "pays in its reward. Which policies does each compare?"
    ),
    options=(
        Option(
            "Both compare the current policy with the reference, where training began.",
            "Then the clip would hold the policy to the reference for ever. The clipped loss asks "
            "how far it has moved since this rollout was written.",
        ),
        Option(
            "Loss: current with old policy. Price: old policy with reference.",
            "The first corrects for samples that another policy wrote, and moves with every step. "
            "The second is part of the reward, fixed when the rollout is written.",
            correct=True,
        ),
        Option(
            "Loss: current policy with reference. Price: current with old policy.",
            "It is the other way round. The reference wrote none of these samples, so it has no "
            "place in an importance ratio.",
        ),
        Option(
            "Both compare the current with the old policy; the reference only gave the weights.",
            "Without the reference in the reward, each iteration may move a little, and nothing "
            "says how far all of them together may go.",
        ),
    ),
)

CEILING = Question(
    id="lm-ceiling",
    prompt=(
        "Suppose that on fresh pairs a reward model foresees three choices of four. What follows "
        "from that number?"
    ),
    options=(
        Option(
            "Nothing yet, before you know what the best possible guess gets.",
            "The annotator is noisy: between two responses of similar worth a choice is almost a "
            "coin's. In section 3 that ceiling is a sum over all pairs, and can be computed.",
            correct=True,
        ),
        Option(
            "The model is too small; a larger one would get the last quarter right.",
            "What a coin has decided cannot be foreseen by any model. First ask for the ceiling.",
        ),
        Option(
            "It has learned its pairs by heart: on those it would be far better.",
            "That can happen, and comparing both accuracies shows it. The number alone does not.",
        ),
        Option(
            "A quarter of what PPO will learn from it is wrong.",
            "A missed choice mostly concerns two responses of nearly the same reward. How wrong "
            "the rewards are is another number.",
        ),
    ),
)

TOKEN_RATIOS = Question(
    id="lm-token-ratios",
    prompt=(
        "A response of four tokens; each token's ratio is 1.15, and ε = 0.2. The product, the "
        "ratio of the whole response, is 1.75. What does PPO's loss, as we use it, clip?"
    ),
    options=(
        Option(
            "Nothing: each token's ratio lies inside the interval.",
            "The clip looks at tokens one by one. A response can go far in many small moves, so "
            "watch the KL divergence too.",
            correct=True,
        ),
        Option(
            "All four tokens, as the response's ratio is outside.",
            "That would be a clip on whole responses, which other methods use (notebook 12). Here "
            "the token is the action, and its ratio is what is clipped.",
        ),
        Option(
            "The last token only: with it the running product leaves the interval.",
            "The running product leaves it at the second token already; and the loss never forms "
            "that product.",
        ),
        Option(
            "Half of the tokens, those with a positive advantage.",
            "Being inside the interval, none is clipped, whatever the sign of its advantage.",
        ),
    ),
)

PADDING = Question(
    id="lm-padding",
    prompt=(
        "Advantages are normalised over all B x T places of a rollout. Padding holds 0 there and "
        "is masked out of the loss afterwards. What does that do to the real tokens?"
    ),
    options=(
        Option(
            "Nothing: zeros add nothing, and padding is masked out of the loss.",
            "A zero adds nothing to a sum, but it is counted: mean and standard deviation are "
            "divided by a larger number.",
        ),
        Option(
            "It makes them NaN wherever a row is short.",
            "A group of zeros alone would have no spread. Here they are mixed with others, and "
            "everything stays finite: the fault is silent.",
        ),
        Option(
            "Their mean and spread depend on how much padding there happens to be.",
            "The zeros pull the mean to 0 and shrink the spread: the real tokens' own mean is no "
            "longer 0. Select by the mask first, then normalise.",
            correct=True,
        ),
        Option(
            "It costs time and nothing else.",
            "The time hardly matters. The numbers do: two batches with the same real tokens and "
            "different padding would learn differently.",
        ),
    ),
)

QUESTIONS = (
    PRICE_AND_RATIO,
    TOKEN_RATIOS,
    CEILING,
    PADDING,
)

RATIO_IN_RLHF = OpenQuestion(
    id="own-words-ratio-in-rlhf",
    source="synthesis 1, for language models",
    prompt=(
        "A language model is aligned with PPO. Explain to a colleague what the importance ratio "
        "and its clip are for, which three policies take part and where each of them stands, and "
        "what the arms of section 7 say about the need for ratio and clip."
    ),
    model_answer=(
        "The model is the policy, the text so far is the state, the next token is the action. A "
        "rollout is costly: a large model writes each response token by token, and a reward model "
        "has to read it. So one rollout serves for several gradient steps. From the second step "
        "on, the old policy wrote the tokens and the current one is to be judged. The ratio of "
        "their probabilities corrects for that, token by token; it leaves out how much likelier "
        "the beginning of the sentence has become. The clip ends the reward for moving a token's "
        "probability further. It does not hold the ratio.\n\n"
        "Three policies take part. The current one learns: it is the numerator of the ratio. The "
        "old one wrote the rollout, and is new in every iteration: it is the denominator of the "
        "ratio and the numerator of the price. The reference is the model before training, and "
        "stays as it is: it is the denominator of the price, which keeps the policy where the "
        "score was fitted.\n\n"
        "The need depends on reuse. With one step on a rollout the ratio is 1, and neither is "
        "needed. With four steps taking the clip away cost some thousandths of the gap in our "
        "small world. With sixteen, training without it ended worse than the reference."
    ),
    rubric=(
        "Rollouts are what costs, so each serves for several steps, and then the samples no "
        "longer come from the policy that learns; the ratio corrects for that, token by token.",
        "Old policy and reference are kept apart: one belongs to the ratio, the other to the "
        "price, and the clip is not said to hold the policy anywhere.",
        "The arms are reported as they came out: how much rests on ratio and clip depends on how "
        "often a rollout is used.",
    ),
)

OPEN_QUESTIONS = (RATIO_IN_RLHF,)
