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

WHERE_THE_SCORE_GOES = Question(
    id="lm-where-the-score-goes",
    prompt=(
        "The reward model gives one score to a whole response; responses differ in length and are "
        "padded to the same number of columns. Where does the score go?"
    ),
    options=(
        Option(
            "To every real token, since all of them took part.",
            "A response of four tokens would be paid four times, and the policy would learn to "
            "write long ones. (Each token does feel the score: through its return.)",
        ),
        Option(
            "In equal parts to the real tokens, so that they sum to the score.",
            "The sum is right, but a late token's return would hold only the parts from there on, "
            "although the whole score depends on it.",
        ),
        Option(
            "To the last column, as there every response is complete.",
            "In a short row that is padding, which is masked out: a short response would get "
            "no score at all.",
        ),
        Option(
            "To the last real token of each row.",
            "There the response is complete. Returns and GAE carry it back to the tokens before.",
            correct=True,
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
            "Nothing yet: compare it with how often the best possible guess is right.",
            "The annotator is noisy: between two responses of similar worth a choice is almost a "
            "coin's. Here that ceiling is a sum over all pairs, and can be computed.",
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

NO_SUPPORT = Question(
    id="lm-no-support",
    prompt=(
        "The annotator would love a certain response. The reference gives it the probability 0, "
        "and beta is small. What does the optimum of RLHF, π*, give it?"
    ),
    options=(
        Option(
            "Almost 1, as a small beta lets the reward decide.",
            "e to the power of R / β is a factor. It can be huge, and times 0 it is 0.",
        ),
        Option(
            "A small probability, which grows as beta falls.",
            "That is what happens to a response that the reference finds rare, but not impossible.",
        ),
        Option(
            "0, whatever its reward.",
            "Its divergence would cost infinitely much, and no sample would ever show it. Support "
            "comes before reward, as in notebook 03.",
            correct=True,
        ),
        Option(
            "It is not defined: log 0 has no value.",
            "The formula multiplies with π_ref itself and is well defined. In logs, minus infinity "
            "goes through softmax as 0.",
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
            "The clip looks at tokens one by one. A response can move far by many small moves, and "
            "that is one more reason to watch the KL divergence.",
            correct=True,
        ),
        Option(
            "All four tokens, as the response's ratio is outside.",
            "That would be a clip on whole responses, which other methods use. Here the token is "
            "the action, and its ratio is what is clipped.",
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
    WHERE_THE_SCORE_GOES,
    CEILING,
    NO_SUPPORT,
    TOKEN_RATIOS,
    PADDING,
)

RATIO_IN_RLHF = OpenQuestion(
    id="own-words-ratio-in-rlhf",
    source="synthesis 1, for language models",
    prompt=(
        "A language model is aligned by RLHF. Explain to a colleague why this needs PPO's "
        "importance ratio and its clip, where a policy gradient without both would do in "
        "principle. Say which policies take part, and what each of them is for."
    ),
    model_answer=(
        "The model is the policy, the text so far is the state, the next token is the action. A "
        "rollout is costly: a large model writes each response token by token, and a reward model "
        "has to read it. A plain policy gradient could use a rollout for a single step, because "
        "after it the samples are those of another policy. That is on-policy waste, at its "
        "highest price.\n\n"
        "So one rollout serves for several epochs and minibatches. From the second step on, the "
        "old policy wrote the tokens and the current one is to be judged; the ratio of their "
        "probabilities corrects for that, and at θ_old the gradient is that of the policy "
        "gradient. With distance the correction becomes noisy and its advantages stale, so the "
        "clip ends the reward for going further, and the next rollout starts anew.\n\n"
        "Three policies take part. The current one learns. The old one wrote the rollout; it "
        "stands below in the ratio and changes with every iteration. The reference is the model "
        "before alignment; it never changes, and the price of divergence from it, part of the "
        "reward, keeps the policy where the reward model can be trusted. The clip limits a step, "
        "the price limits the whole way."
    ),
    rubric=(
        "Rollouts are what costs, so each serves for several epochs, and then the samples no "
        "longer come from the policy that learns.",
        "The ratio of current and old policy corrects for that, near the old policy only: hence "
        "the clip and fresh rollouts.",
        "Old policy and reference are kept apart: one belongs to the ratio and a step, the other "
        "to the reward and the whole way.",
    ),
)

OPEN_QUESTIONS = (RATIO_IN_RLHF,)
