"""What notebook 12 asks in words."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

NO_DIVISION = Question(
    id="grpo-no-division",
    prompt=(
        "Groups have eight responses. You take the division by the standard deviation out and make "
        "the step longer, so that a prompt with p = 1/2 moves as before. Which prompts now move "
        "less than before?"
    ),
    options=(
        Option(
            "None: the longer step makes up for the division.",
            "It does so at one p. The divided multiple differs from prompt to prompt: 1.86 at 1/2, "
            "2.61 at 0.01.",
        ),
        Option(
            "The hard ones alone: their few successes had large advantages.",
            "They do move less. But the curve of section 2 is symmetric: in an easy prompt the few "
            "failures had the large advantages.",
        ),
        Option(
            "The hard and the easy ones: the division had preferred both.",
            "Without the division every prompt's ∇p has the same multiple. With it, those near 0 "
            "and near 1 had more.",
            correct=True,
        ),
        Option(
            "Those near 1/2: there the groups disagree most, and the division had helped.",
            "These move as before: that is how the step was chosen.",
        ),
    ),
)

LONGER_MISTAKE = Question(
    id="grpo-longer-mistake",
    prompt=(
        "Two responses to one prompt are wrong and have the same negative advantage. One has 10 "
        "tokens, the other 100. The loss averages over the tokens of each response first, then "
        "over the responses. How hard does it push at one token of each?"
    ),
    options=(
        Option(
            "Ten times as hard at a token of the longer one: it has made more mistakes.",
            "Both have one reward. What the loss divides by decides, and that is the length.",
        ),
        Option(
            "Equally hard: the advantage is the same.",
            "It is, but it is divided by 10 in one response and by 100 in the other.",
        ),
        Option(
            "A tenth as hard at a token of the longer one: each is divided by its length.",
            "A wrong response that goes on and on is hardly discouraged token by token. That is "
            "the length bias which Dr. GRPO takes out, and DAPO nearly.",
            correct=True,
        ),
        Option(
            "It depends on how long the other responses in the batch are.",
            "That is so in the token mean, which divides by the tokens of the whole batch. Here "
            "each response is averaged by itself.",
        ),
    ),
)

K1_AS_A_LOSS = Question(
    id="grpo-k1-as-a-loss",
    prompt=(
        "Tokens are drawn from π. Somebody adds the mean of log π - log π_ref over these tokens "
        "to the loss, times β, and lets autograd differentiate it. What does this term do to the "
        "policy, on average over the draw?"
    ),
    options=(
        Option(
            "It pulls the policy towards the reference, as its mean is the KL divergence.",
            "The mean of its value is. Autograd treats the drawn tokens as fixed, and then the "
            "reference drops out of the gradient.",
        ),
        Option(
            "It makes drawn tokens rarer and so raises the entropy.",
            "It does so for the tokens of one draw. On average over all draws the pushes cancel.",
        ),
        Option(
            "It pulls the policy towards the reference, but in the wrong direction of the KL.",
            "That is nearer to what k3 as a loss does. Of k1 only log π depends on θ here.",
        ),
        Option(
            "Nothing: over all draws its gradient averages to 0.",
            "The reference is a constant, and the score ∇ log π has mean zero under π. Inside the "
            "reward the same number has the right gradient.",
            correct=True,
        ),
    ),
)

LONG_RESPONSES = Question(
    id="grpo-long-responses",
    prompt=(
        "A sampler's weights are one update old. In responses of four tokens the weights of whole "
        "responses stay between 0.5 and 2. Now the responses have 10,000 tokens, and the weight of "
        "a whole response is capped at 2. What do most weights look like?"
    ),
    options=(
        Option(
            "Between 0.5 and 2 as before: the same update, the same policies.",
            "The policies are the same, but a weight is a product over tokens, and there are now "
            "10,000 factors in place of four.",
        ),
        Option(
            "Near 1: over so many tokens the deviations average out.",
            "They do in GSPO's root, which is a mean of log-ratios. A weight is the exponential of "
            "their sum, and that drifts.",
        ),
        Option(
            "Near 0: the product drifts downwards, and few or none reach the cap.",
            "The sum of log-ratios has a mean of minus the KL of the whole response. Weights of "
            "single tokens, or a stop for responses that have drifted, are the ways out.",
            correct=True,
        ),
        Option(
            "All at the cap, because products of many ratios explode.",
            "Few or none do. The mean of the log-ratios is negative under the sampler, so the "
            "typical product goes to 0.",
        ),
    ),
)

QUESTIONS = (NO_DIVISION, LONGER_MISTAKE, K1_AS_A_LOSS, LONG_RESPONSES)

OWN_SETTINGS = OpenQuestion(
    id="own-words-settings",
    source="synthesis 1, for a run of your own",
    prompt=(
        "You train a model on problems whose answers a program checks; responses have 100 to "
        "10,000 tokens, and an asynchronous engine draws them. Choose advantage, aggregation, KL "
        "and correction, and give a reason and a number to watch for each."
    ),
    model_answer=(
        "Advantage: the group's mean, without dividing by its spread if the mean success rate is "
        "what I want; prompts whose groups agree are drawn again or left out. I watch the share of "
        "silent groups.\n\n"
        "Aggregation: a constant, or the token mean of the whole batch, so that one more token is "
        "worth the same in each response. I watch the lengths of right and of wrong answers apart, "
        "and remember that they may grow without any bias of the loss.\n\n"
        "KL: none if the checker can be trusted and one answer is enough; a price in the reward if "
        "I need many different answers. Not k1 or k3 in the loss, whose gradients are those of "
        "something else. I watch entropy and the number of different right answers.\n\n"
        "Correction: the sampler's own log-probabilities are kept; weights are capped, per token, "
        "as a product over 10,000 tokens would be near 0. I watch the spread of the first "
        "minibatch's ratios and the share of weights at the cap."
    ),
    rubric=(
        "Each choice has a reason that names what its gradient climbs or what it costs.",
        "Each choice has a number to watch.",
        "The weights of long responses are treated otherwise than those of short ones.",
    ),
)

OPEN_QUESTIONS = (OWN_SETTINGS,)
