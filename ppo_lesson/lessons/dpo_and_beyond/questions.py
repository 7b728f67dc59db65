"""What notebook 11 asks in words: a quiz, and a question on what it costs not to sample."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

NORMALISER = Question(
    id="dpo-normaliser",
    prompt=(
        "Solved for the reward, the optimum of RLHF says R = β (log π* - log π_ref) + β log Z. "
        "Nobody could compute Z for a real language. Why does DPO not need it?"
    ),
    options=(
        Option(
            "Both responses of a pair answer the same prompt, so Z is the same and cancels.",
            "Bradley and Terry look at the difference of two rewards, and what they share drops "
            "out. It would not between responses to different prompts.",
            correct=True,
        ),
        Option(
            "Z has no gradient, so it may be left out of the loss.",
            "It would stand inside the sigmoid, where a constant does change the gradient. It has "
            "to cancel, not only to stand still.",
        ),
        Option(
            "Z is 1, as the probabilities of π_ref sum to 1.",
            "Z is the sum of π_ref times e to the power of R / β, which is 1 only by chance.",
        ),
        Option(
            "The network's softmax computes Z.",
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
            "They are half as large: beta is the step size of DPO.",
            "Outside of the sigmoid it would be one. Inside, it says how much reward a nat stands "
            "for.",
        ),
        Option(
            "They are the same: the choices have not changed.",
            "The choices fix the differences of rewards. How far the policy has to move for them "
            "depends on beta.",
        ),
        Option(
            "They are about twice as large.",
            "The same differences of reward have to come out of beta times the log-ratio. A "
            "cheaper nat means that more of them are spent.",
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
    prompt=(
        "At the first gradient step DPO's loss is 0.6931, on any set of pairs. What does that tell "
        "you?"
    ),
    options=(
        Option(
            "The reference ranks half of the pairs the right way.",
            "That would be an accuracy. The loss does not look at the reference's own ranking: it "
            "is subtracted.",
        ),
        Option(
            "The policy is the reference: all implicit rewards are 0; -log sigmoid(0) is log 2.",
            "It is a free test of the code, like the ratio of 1 in PPO's first minibatch. Another "
            "number means that something differs between the two.",
            correct=True,
        ),
        Option(
            "Chosen and rejected were swapped in half of the pairs.",
            "Swapping a pair turns the sign of its margin, and all margins are 0 here.",
        ),
        Option(
            "The annotator's choices are pure noise.",
            "Then the loss would also end near log 2. Where it begins says nothing about the "
            "annotator.",
        ),
    ),
)

WITHOUT_REFERENCE = Question(
    id="dpo-without-reference",
    prompt=(
        "Somebody leaves the reference out: -log sigmoid(β (log π(chosen) - log π(rejected))). To "
        "what is the policy held then?"
    ),
    options=(
        Option(
            "Still to the reference, as training starts there.",
            "The start is soon forgotten. What the loss asks for at its minimum does not know it.",
        ),
        Option(
            "To nothing: there is no price any more.",
            "Beta is still there and prices log-probabilities. Compare with the loss of a "
            "reference for which the difference cancels.",
        ),
        Option(
            "To the pairs: it can only repeat what was chosen.",
            "Pairs fix differences. What the policy does with all the other responses, they do not "
            "say.",
        ),
        Option(
            "To the uniform distribution over all responses, rubbish included.",
            "For a uniform reference its two log-probabilities cancel, and this loss is left. The "
            "language that the reference knew counts for nothing.",
            correct=True,
        ),
    ),
)

WITHOUT_CRITIC = Question(
    id="grpo-without-critic",
    prompt="GRPO has no critic. What takes its place, and what stays of PPO?",
    options=(
        Option(
            "Nothing takes it: the raw reward is the advantage. The ratio and the clip stay.",
            "Without a baseline every response with a positive reward would be pushed up, and the "
            "gradient would be far noisier.",
        ),
        Option(
            "The reference's log-probability takes it; the ratio goes, as there is no rollout.",
            "There is a rollout, and several epochs on it: that is why the ratio stays. The "
            "reference prices divergence and predicts no reward.",
        ),
        Option(
            "The mean reward of all its responses to the same prompt takes it; the ratio and the "
            "clip stay.",
            "The group tells what the prompt is worth. The price is that every prompt is answered "
            "many times.",
            correct=True,
        ),
        Option(
            "A running mean over all prompts takes it; the clip goes, as the spread is scaled.",
            "A mean over all prompts would praise every response to an easy one. And scaling "
            "advantages does not say how far a policy may move.",
        ),
    ),
)

SCALED_GROUPS = Question(
    id="grpo-scaled-groups",
    prompt=(
        "In one group the rewards lie 10 apart, in another 0.01. Both are centred and divided by "
        "their standard deviation. Which pulls harder at the policy?"
    ),
    options=(
        Option(
            "The first, a thousand times: its differences are larger.",
            "That would be so if they were only centred. The division takes the unit away.",
        ),
        Option(
            "Both alike: each group has the spread 1 afterwards.",
            "So a difference that hardly matters counts as much as a great one. Some of today's "
            "variants leave the division out for that reason.",
            correct=True,
        ),
        Option(
            "The second: it is divided by a smaller number.",
            "Its differences are smaller by the same factor, and the two cancel.",
        ),
        Option(
            "Neither: both advantages have the mean 0.",
            "The mean is 0, the advantages are not: responses above it become likelier, others "
            "rarer.",
        ),
    ),
)

QUESTIONS = (
    NORMALISER,
    HALF_BETA,
    LOG_TWO,
    WITHOUT_REFERENCE,
    WITHOUT_CRITIC,
    SCALED_GROUPS,
)

NOT_SAMPLING = OpenQuestion(
    id="own-words-not-sampling",
    source="synthesis 2, one step beyond PPO",
    prompt=(
        "DPO needs no reward model, no critic and no rollout. Explain what it does instead, and "
        "what it gives up by never sampling from the policy that it trains."
    ),
    model_answer=(
        "The best policy of RLHF is proportional to π_ref times e to the power of R / β. Read "
        "backwards, every policy is the best one of some reward: β times its log-ratio to the "
        "reference, up to a constant that responses to the same prompt share. In the difference of "
        "two such rewards the constant cancels, so the policy itself can be fitted to the "
        "annotator's choices by Bradley and Terry's loss. There are no actions to draw and no "
        "importance ratio: it is supervised learning on pairs.\n\n"
        "What it gives up is to look where it goes. PPO draws from the policy of the moment, so "
        "the reward model is asked about what that policy really says, and every iteration brings "
        "fresh samples. The pairs of DPO were written by somebody else and stay as they are. The "
        "loss asks nothing of responses that stand in no pair; what happens to their probability "
        "is left to the weights that all share. So both log-probabilities of a pair may fall while "
        "others rise, and how near it comes to π* depends on which pairs there are, and how many."
        "\n\n"
        "It is the oldest lesson of the course: what the data do not support cannot be learned "
        "from them. Sampling is what costs in PPO, and what it buys is support where the policy is "
        "now."
    ),
    rubric=(
        "The implicit reward, beta times the log-ratio, and why the normaliser cancels in a pair.",
        "Without samples of its own it learns about the responses of the pairs only; of all others "
        "the loss asks nothing.",
        "The trade is named: PPO pays for rollouts and a reward model, and gets data where the "
        "policy is now.",
    ),
)

OPEN_QUESTIONS = (NOT_SAMPLING,)
