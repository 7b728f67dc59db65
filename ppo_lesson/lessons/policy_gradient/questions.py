"""Notebook 01: the quiz, and a question on what on-policy means."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

BASELINE_OF_THE_ACTION = Question(
    id="pg-baseline-of-the-action",
    prompt="You subtract from each return a number that depends on the state and on the action "
    "taken there. What does this do to the estimate of the policy gradient?",
    options=(
        Option(
            "Nothing on average: a baseline is subtracted, and a baseline costs no bias",
            "A baseline is the same number for every action, fixed before the action is drawn. "
            "That is why its product with the score averages to zero.",
        ),
        Option(
            "In general it becomes biased: what is subtracted no longer averages to zero",
            "The score averages to zero if every action's score has the same factor. Here the "
            "factor differs from action to action.",
            correct=True,
        ),
        Option(
            "Nothing on average, as long as the number is the true mean return Q(s, a)",
            "Then what is left has mean zero after every action, and so has the estimate: the "
            "whole gradient is lost.",
        ),
        Option(
            "It becomes shorter, but keeps its direction, so the learning rate makes up for it",
            "The subtracted part is another vector. It would have to be parallel to the gradient, "
            "and nothing makes it so.",
        ),
    ),
)

FOUR_STEPS = Question(
    id="pg-four-steps",
    prompt="A program collects 64 walks, takes four gradient steps on them with the loss "
    "-mean(log π · Â), and collects again. A colleague wants 6,400 walks in place of the 64. "
    "What does that reduce?",
    options=(
        Option(
            "The noise of all four steps, and with it all that is wrong with them",
            "The noise shrinks in all of them. But after the first step the walks come from "
            "another policy, and that error does not depend on their number.",
        ),
        Option(
            "The noise of all four steps, but not the bias of the last three",
            "From the second step on, the batch comes from another policy than the one updated. "
            "More of its walks do not make it the new one.",
            correct=True,
        ),
        Option(
            "The bias of the last three steps, but not the noise of the first",
            "It is the other way round: noise shrinks with the number of walks, bias stays.",
        ),
        Option(
            "Nothing: noise and bias depend on the policy, not on the number of walks",
            "The bias does. The noise of a mean shrinks as one over the root of the number.",
        ),
    ),
)

ON_POLICY = Question(
    id="pg-on-policy",
    prompt="Which of these programs makes an on-policy update?",
    options=(
        Option(
            "One that learns from every move at once, while it watches an expert play",
            "Learning at once is called online. The moves are the expert's, not those of the "
            "policy that is updated.",
        ),
        Option(
            "One that reads a file of games played by its present weights, and takes one step",
            "What counts is which policy produced the data, not where the data is kept.",
            correct=True,
        ),
        Option(
            "One that keeps its own games of the last hour and draws its batches from all of them",
            "Most of those games were played by its earlier versions.",
        ),
        Option(
            "One that has no value function and improves its policy directly",
            "That tells policy-based from value-based methods. It says nothing about whose data "
            "is used.",
        ),
    ),
)

LANGUAGE_MODEL_TERMS = Question(
    id="pg-language-model-terms",
    prompt="A prompt has 10 tokens and the answer has 50. The answer gets one mark. The model is "
    "a policy that acts token by token. How many terms ∇log π(a_t|s_t) does this answer add to "
    "the sum in the theorem?",
    options=(
        Option(
            "1: there is one mark",
            "One mark pays for all the choices: it is the return by which each of their terms is "
            "multiplied.",
        ),
        Option(
            "50: one for each token of the answer",
            "Each token of the answer is an action. The prompt was given; nobody chose it.",
            correct=True,
        ),
        Option(
            "59: one for each token but the first, which nothing precedes",
            "The model predicts these 59, but the tokens of the prompt were given. Nothing was "
            "chosen there.",
        ),
        Option(
            "60: one for each token that the model has read",
            "What was read is the state. Terms belong to actions, the tokens that it chose.",
        ),
    ),
)

QUESTIONS = (BASELINE_OF_THE_ACTION, FOUR_STEPS, ON_POLICY, LANGUAGE_MODEL_TERMS)

ON_POLICY_IN_WORDS = OpenQuestion(
    id="own-words-on-policy",
    source="concept 1",
    prompt="What makes a reinforcement learning algorithm on-policy? And why does that hurt "
    "when the policy is a large language model?",
    model_answer="""\
An algorithm is on-policy if its update is right only for data that the current policy produced. \
The policy gradient is of this kind: it is an expectation over actions of π_θ, estimated from a \
sample of π_θ. One gradient step changes θ. From then on the batch is a sample of another policy. \
Averaging the same formula over it gives a biased gradient, and in our corridor the bias, measured \
against the true gradient, grew with every step. So each batch serves one update and is thrown away.

For a language model, a batch means writing thousands of answers, with one run of a large network \
for each token, and having them marked by people or by a reward model. Computing one gradient from \
it is cheap beside that. If the most expensive part is paid for again at every small step, \
training is slow and costly. That is why one wants to reuse old answers, and to know the price.""",
    rubric=(
        "The data must come from the very policy that is updated; after one update it does "
        "not. Saying that it learns online, or without a file, earns no point.",
        "Reusing the batch without a correction is biased, not only noisy, because the "
        "expectation is over the current policy's actions.",
        "For a language model, generating and marking answers is the expensive part, and it "
        "has to be repeated for each update.",
    ),
)

OPEN_QUESTIONS = (ON_POLICY_IN_WORDS,)
