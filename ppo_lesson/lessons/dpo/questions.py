"""What notebook 11 asks in words: a quiz, and a question on what it costs not to sample."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

NORMALISER = Question(
    id="dpo-normaliser",
    prompt=(
        "Solved for the reward, the optimum says R = β (log π* - log π_ref) + β log Z. For a real "
        "language nobody can compute Z. Why does DPO not need it?"
    ),
    options=(
        Option(
            "Both responses of a pair answer the same prompt, so it cancels.",
            "Bradley and Terry's model looks at the difference of two rewards, and what they share "
            "drops out. Between different prompts it would not.",
            correct=True,
        ),
        Option(
            "It has no gradient, so it may be left out of the loss.",
            "It would stand inside the sigmoid, where a constant does change the gradient. It has "
            "to cancel, not only to stand still.",
        ),
        Option(
            "It is 1, since the probabilities of π_ref sum to 1.",
            "Z is the sum of π_ref times e to the power of R / β, which is 1 only by chance.",
        ),
        Option(
            "The network's softmax has already divided by it, token by token.",
            "A softmax normalises the next token over the words. Z sums over whole responses, with "
            "the reward in it.",
        ),
    ),
)

HALF_BETA = Question(
    id="dpo-half-beta",
    prompt=(
        "You train DPO twice on the same many choices of a noisy annotator, until the loss falls "
        "no more; the second time with half the beta. How do the log-ratios between policy and "
        "reference compare?"
    ),
    options=(
        Option(
            "They are about half as large, since beta is DPO's step size.",
            "Outside the sigmoid it would be one. Inside, it says how much reward a nat stands "
            "for.",
        ),
        Option(
            "They are about the same, since the choices have not changed.",
            "The choices fix the differences of rewards. How far the policy has to move for them "
            "depends on beta.",
        ),
        Option(
            "They are about twice as large.",
            "The same differences of reward have to come out of beta times the log-ratio. At half "
            "the price of a nat, twice as many are spent.",
            correct=True,
        ),
        Option(
            "They differ by a constant, log 2.",
            "A constant would cancel between chosen and rejected. Beta is a factor.",
        ),
    ),
)

LOG_TWO = Question(
    id="dpo-log-two",
    prompt="Before its first gradient step DPO's loss is 0.6931. What does that tell you?",
    options=(
        Option(
            "The reference ranks half of the pairs the right way.",
            "That would be an accuracy. The reference's own ranking is subtracted.",
        ),
        Option(
            "Policy and reference agree on the pairs, as they should.",
            "All margins are 0, and -log sigmoid(0) is log 2. Another number would mean that the "
            "two differ, as a ratio other than 1 does in PPO's first minibatch.",
            correct=True,
        ),
        Option(
            "Chosen and rejected were swapped in half of the pairs.",
            "Swapping a pair changes the sign of its margin, and all margins are 0 here.",
        ),
        Option(
            "The annotator chose at random, so there is nothing to learn.",
            "Then the loss would end near log 2. Where it begins says nothing about the annotator.",
        ),
    ),
)

SUM_OR_MEAN = Question(
    id="dpo-sum-or-mean",
    prompt=(
        "Two responses, of 2 and of 8 tokens, have the same reward and the same probability under "
        "the reference. DPO's loss is minimised, with every response in pairs. Which of the two is "
        "likelier then?"
    ),
    options=(
        Option(
            "The longer one, with sums and with means.",
            "With sums the log-ratio of a response is fixed by its reward, whatever its length.",
        ),
        Option(
            "The shorter one with sums; neither with means.",
            "A sum over more tokens is lower, but so is the reference's, which is subtracted.",
        ),
        Option(
            "Neither with sums; with means it depends on how good they are.",
            "With means a nat of a response of 8 tokens costs a quarter, so it moves four times as "
            "far: up if the reward is high, down if it is low.",
            correct=True,
        ),
        Option(
            "Neither, with sums or means: the minimum is fixed by reward and reference.",
            "With means the length is a third thing that it depends on.",
        ),
    ),
)

QUESTIONS = (NORMALISER, HALF_BETA, LOG_TWO, SUM_OR_MEAN)

NOT_SAMPLING = OpenQuestion(
    id="own-words-not-sampling",
    source="synthesis 2, one step beyond PPO",
    prompt=(
        "DPO needs no reward model, no critic and no rollout. Explain what it does instead, and "
        "what it gives up by never sampling from the policy that it trains."
    ),
    model_answer=(
        "The best policy at a price is proportional to π_ref times e to the power of R / β. Read "
        "backwards, every policy is the best one for some reward: β times its log-ratio to the "
        "reference, up to a constant that responses to the same prompt share. In the difference of "
        "two such rewards the constant cancels, so the policy itself can be fitted to the "
        "annotator's choices by Bradley and Terry's loss. There are no actions to draw and no "
        "importance ratio: it is supervised learning on pairs.\n\n"
        "It gives up looking where it goes. PPO draws from the policy of the moment, so the reward "
        "model is asked about what that policy says now. DPO's pairs were written beforehand and "
        "stay as they are. Its loss asks nothing of responses in no pair; what happens to their "
        "probability is left to the weights that all responses share. So both log-probabilities of "
        "a pair may fall, and several policies have the same loss.\n\n"
        "Sampling is not a guarantee either: PPO hears from the reward model, which was fitted to "
        "the same pairs and may be wrong where nobody has compared anything."
    ),
    rubric=(
        "The implicit reward, beta times the log-ratio, and why the normaliser cancels in a pair.",
        "Without samples of its own it learns about the responses of the pairs only; of all others "
        "the loss asks nothing.",
        "The trade is named: PPO pays for rollouts and a reward model, and is told about what the "
        "policy says now.",
    ),
)

OPEN_QUESTIONS = (NOT_SAMPLING,)
