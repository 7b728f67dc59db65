"""Notebook 01: the quiz, and the lecture's question on what on-policy means."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

SUM_OVER_STEPS = Question(
    id="pg-sum-over-steps",
    prompt="An episode has T steps, and nothing is discounted. Which is an unbiased sample of "
    "∇J(θ), its size included?",
    options=(
        Option(
            "∇log π(a_t|s_t) A(s_t, a_t) for one step t, drawn at random",
            "This is the short form that many texts print. One random step stands for one T-th "
            "of the episode, so it is too small by the factor T. The theorem sums over steps.",
        ),
        Option(
            "The mean over t of ∇log π(a_t|s_t) A(s_t, a_t)",
            "The direction is right on average if all episodes are equally long, but the size "
            "is not: the theorem has a sum over t. With episodes of different lengths, a mean "
            "per episode also gives the steps of short episodes more say.",
        ),
        Option(
            "The sum over t of ∇log π(a_t|s_t) A(s_t, a_t)",
            "Every action of the episode had a share in the return, and log π of a whole "
            "trajectory is a sum over its steps; its gradient is one, too.",
            correct=True,
        ),
        Option(
            "The product over t of ∇log π(a_t|s_t), times the return",
            "The probabilities of the steps multiply. The logarithm turns this product into a "
            "sum, and that is the reason for taking it.",
        ),
    ),
)

BASELINE = Question(
    id="pg-baseline",
    prompt="You subtract from every return a baseline that depends on the state only. What "
    "happens to the expected policy gradient?",
    options=(
        Option(
            "Nothing: its expectation stays exactly the same",
            "The score has mean zero in every state, so anything that multiplies it and "
            "does not depend on the action averages to zero. What changes is the variance.",
            correct=True,
        ),
        Option(
            "It gets a small bias, in exchange for less variance",
            "That trade exists elsewhere (in GAE, or with a critic that replaces rewards). "
            "A baseline of the state costs no bias at all: the score has mean zero.",
        ),
        Option(
            "Nothing, as long as the baseline is the true value V(s)",
            "Any function of the state will do, even a bad one. The true value is a good "
            "choice for the variance; the expectation does not care.",
        ),
        Option(
            "It shrinks, because the numbers that weigh the scores are smaller",
            "Single samples may shrink, and with them the variance. Their average does not: "
            "what is taken away averages to zero.",
        ),
    ),
)

SECOND_STEP = Question(
    id="pg-second-step",
    prompt="You take one gradient step on a batch, and then a second one on the same batch "
    "with the same formula, without any correction. What is wrong with the second gradient?",
    options=(
        Option(
            "It is noisier, but right on average",
            "A larger batch would then cure it. It does not: the samples come from the old "
            "policy, and the formula averages over the current one. This error is a bias.",
        ),
        Option(
            "It is zero, because the batch has been used up",
            "The scores are taken at the new parameters and are as large as before. The step "
            "is taken; it points in a direction that is no longer the gradient of J.",
        ),
        Option(
            "Its advantages are out of date; with fresh ones it would be right",
            "Fresh advantages would mend one part. The states and actions of the batch still "
            "come as often as the old policy chose them.",
        ),
        Option(
            "It is biased: the actions were sampled from another policy",
            "The expectation in the theorem is over actions of the current policy. The "
            "further the steps lead away from the policy that acted, the more it is off.",
            correct=True,
        ),
    ),
)

ON_POLICY = Question(
    id="pg-on-policy",
    prompt="Which sentence says what makes an algorithm on-policy?",
    options=(
        Option(
            "It learns while it acts, one step at a time, and keeps no batch",
            "That is online learning. REINFORCE collects whole batches and is on-policy "
            "nevertheless.",
        ),
        Option(
            "Its update is valid only for data from the policy that is being updated",
            "One update changes the policy, and the data on file belongs to the past.",
            correct=True,
        ),
        Option(
            "It improves a policy directly, without a value function",
            "That tells policy-based from value-based methods. An actor-critic has a value "
            "function and can be on-policy all the same.",
        ),
        Option(
            "It needs a simulator, because it cannot learn from a file",
            "It can learn from a file, once: the batch that the current policy has written. "
            "What counts is which policy produced the data, not where it is kept.",
        ),
    ),
)

LANGUAGE_MODEL = Question(
    id="pg-language-model",
    prompt="A language model writes an answer of 50 tokens and gets one score at the end. "
    "Seen as a policy that acts token by token: what is the state, what is the action?",
    options=(
        Option(
            "State: the prompt. Action: the prompt's next token",
            "Prompt tokens were given, nobody chose them. The actions are the tokens of the "
            "answer, and each is chosen after reading those before it.",
        ),
        Option(
            "State: the last token. Action: the next token",
            "The model conditions on everything read so far. One token alone would hide most "
            "of what its choice depends on.",
        ),
        Option(
            "State: prompt and tokens so far. Action: the next token",
            "50 actions, 50 states, and a reward that comes with the last of them.",
            correct=True,
        ),
        Option(
            "State: the weights of the model. Action: the update",
            "The weights are the parameters θ of the policy. They decide how it acts; they "
            "are not what it looks at.",
        ),
    ),
)

QUESTIONS = (SUM_OVER_STEPS, BASELINE, SECOND_STEP, ON_POLICY, LANGUAGE_MODEL)

ON_POLICY_IN_WORDS = OpenQuestion(
    id="own-words-on-policy",
    source="concept 1",
    prompt="What makes a reinforcement learning algorithm on-policy? And why does that hurt "
    "when the policy is a large language model?",
    model_answer="""\
An algorithm is on-policy if its update is right only for data that the current policy produced. \
The policy gradient is of this kind: it is an expectation over actions of π_θ, estimated from a \
sample of π_θ. One gradient step changes θ. From then on the batch is a sample of a policy that \
no longer exists; averaging the same formula over it gives a biased gradient, and the more \
so, the further θ moves. So each batch serves one update and is thrown away.

For a language model, a batch means writing thousands of answers, token by token, with a forward \
pass of a huge network for each, and having them scored by people or by a reward model. Computing \
one gradient from it is cheap beside that. Paying for the most expensive part again at every small \
step makes the whole training slow and costly. That is why one wants to reuse old answers, and to \
know at what price.""",
    rubric=(
        "The data must come from the very policy that is updated; after one update it does "
        "not. Saying that it learns online, or without a file, earns no point.",
        "Reusing the batch without a correction is biased, not only noisy, because the "
        "expectation is over the current policy's actions.",
        "For a language model, generating and scoring answers is the expensive part, and it "
        "has to be repeated for each update.",
    ),
)

OPEN_QUESTIONS = (ON_POLICY_IN_WORDS,)
