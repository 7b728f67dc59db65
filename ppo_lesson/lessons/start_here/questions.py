"""The self-test of notebook 00: eight ideas that return in the lessons, each with a pointer."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

POLICY = Question(
    id="knows-policy",
    prompt="What is a stochastic policy π?",
    options=(
        Option(
            "a list of the actions that were taken in an episode",
            "That is a record of what happened. A policy says how likely each action is, before "
            "one is taken. Read up: notebook 01, or Sutton and Barto, section 3.5.",
        ),
        Option(
            "for each state, a probability for every action",
            "π(a|s) is a distribution over actions for each state; to act is to draw from it. A "
            "language model is a policy: for each text so far, a probability for every next "
            "token.",
            correct=True,
        ),
        Option(
            "for each state, the reward that an action will bring",
            "That would be a model of the reward. A policy chooses an action; it does not predict "
            "the reward. Read up: notebook 01, or Sutton and Barto, section 3.5.",
        ),
        Option(
            "a rule of the world: which state follows an action",
            "That is the world's transition, which the learner can neither choose nor change. "
            "Read up: Sutton and Barto, sections 3.1 and 3.5.",
        ),
    ),
)

STATE = Question(
    id="knows-state",
    prompt="In CartPole, which of these is the state that the policy sees?",
    options=(
        Option(
            "position and speed of the cart, angle and angular speed of the pole",
            "Together with the push, these four numbers determine the next four. Nothing older has "
            "to be remembered.",
            correct=True,
        ),
        Option(
            "the position of the cart and the angle of the pole at this moment, and no more",
            "Without the two speeds you cannot tell a falling pole from a rising one. A state "
            "has to hold all of the past that matters for the future. Read up: Sutton and Barto, "
            "section 3.1.",
        ),
        Option(
            "the push to the left or to the right that is applied now",
            "That is the action: what the policy chooses after it has seen the state. Read up: "
            "notebook 08, or Sutton and Barto, section 3.1.",
        ),
        Option(
            "the number of steps for which the pole has been standing",
            "That is the return so far. The cart moves in the same way whether the pole has stood "
            "for 10 steps or for 400. Read up: Sutton and Barto, sections 3.1 and 3.3.",
        ),
    ),
)

ACTION = Question(
    id="knows-action",
    prompt="A language model writes an answer, token by token. What is one action?",
    options=(
        Option(
            "the prompt that the user has typed",
            "The prompt is given, not chosen: it is the first state. Read up: notebook 01, or "
            "Sutton and Barto, section 3.1.",
        ),
        Option(
            "the score that a reader gives to the answer",
            "That is the reward. It comes from outside and judges what was chosen. Read up: "
            "notebook 01, or Sutton and Barto, section 3.2.",
        ),
        Option(
            "the probabilities of all the next tokens",
            "That is the policy at this state. An action is the one token that was drawn from it. "
            "Read up: notebook 01, or Sutton and Barto, section 3.5.",
        ),
        Option(
            "the choice of the next token",
            "The state is the prompt with the tokens written so far, and the action adds "
            "one token to it.",
            correct=True,
        ),
    ),
)

EXPECTATION_OF_A_BET = Question(
    id="knows-expectation",
    prompt=(
        "A bet pays 10 with probability 0.2 and costs 1 otherwise. What is the expectation of what "
        "you get?"
    ),
    options=(
        Option(
            "4.5",
            "That is the mean of 10 and -1 as if both were equally likely. Weight each by its "
            "probability. Read up: notebook 02.",
        ),
        Option(
            "1.2",
            "0.2 · 10 + 0.8 · (-1) = 1.2. No single bet pays 1.2; it is the average of many bets.",
            correct=True,
        ),
        Option(
            "-1",
            "That is the likeliest result. An expectation averages over all of them. Read up: "
            "notebook 02.",
        ),
        Option(
            "2",
            "0.2 · 10 counts the bets that are won and forgets the others, which add 0.8 · (-1). "
            "Read up: notebook 02.",
        ),
    ),
)

GRADIENT = Question(
    id="knows-gradient",
    prompt=(
        "J is the expected return as a function of the weights θ of a policy. What does its "
        "gradient ∇J tell you?"
    ),
    options=(
        Option(
            "the weights θ at which J is largest",
            "A gradient is local: it knows the slope where you stand, not where the top is. "
            "Read up: Sutton and Barto, sections 9.3 and 13.1.",
        ),
        Option(
            "how large J is, as one number",
            "That is the value of J. The gradient has as many entries as there are weights. "
            "Read up: notebook 04, on a loss whose gradient is right while its value says nothing.",
        ),
        Option(
            "the direction in which J rises fastest, and how steeply",
            "It holds at the current θ and for a small step. A large step can make the policy "
            "worse, which is why PPO tries to stay near.",
            correct=True,
        ),
        Option(
            "how much J has changed from one training step to the next",
            "That is a curve over time. The gradient is a derivative with respect to the weights, "
            "whether you train or not. Read up: Sutton and Barto, section 13.1.",
        ),
    ),
)

LOG_DERIVATIVE = Question(
    id="knows-log-derivative-trick",
    prompt="Which identity is the log-derivative trick?",
    options=(
        Option(
            "∇π = π ∇ log π",
            "Multiply ∇ log π = ∇π / π by π. The π in front turns a sum over all actions into an "
            "expectation, which can be sampled.",
            correct=True,
        ),
        Option(
            "∇π = log π ∇π",
            "Here the logarithm stands outside the derivative. It belongs inside: the chain "
            "rule gives ∇ log π = ∇π / π. Read up: notebook 01, or Sutton and Barto, "
            "section 13.3.",
        ),
        Option(
            "∇ log π = π ∇π",
            "The derivative of a logarithm divides by its argument; it does not multiply. "
            "Read up: notebook 01, or Sutton and Barto, section 13.3.",
        ),
        Option(
            "log ∇π = ∇ log π",
            "Logarithm and derivative cannot be swapped, and ∇π can be negative. Read up: "
            "notebook 01, or Sutton and Barto, section 13.3.",
        ),
    ),
)

REINFORCE = Question(
    id="knows-reinforce",
    prompt="What does one step of REINFORCE do?",
    options=(
        Option(
            "it tries every action in every state and keeps the best",
            "It only sees the actions that it drew, and it needs no more than that sample. "
            "Read up: notebook 01, or Sutton and Barto, section 13.3.",
        ),
        Option(
            "it fits a table of action values and takes the largest",
            "That is a value method such as Q-learning. REINFORCE changes the policy itself. "
            "Read up: Sutton and Barto, sections 6.5 and 13.3.",
        ),
        Option(
            "it raises the log-probability of what it did, in proportion to the return",
            "θ moves along G ∇ log π(a|s), where G is the return after the action. The sample "
            "came from the current policy, so it serves one step only.",
            correct=True,
        ),
        Option(
            "it makes the actions of the best episode likelier and ignores all other episodes",
            "Every episode counts, weighted by its return; a negative return makes its actions "
            "less likely. Read up: notebook 01, or Sutton and Barto, section 13.3.",
        ),
    ),
)

ADVANTAGE = Question(
    id="knows-advantage",
    prompt="An action has the advantage A(s, a) = -2. What does that say?",
    options=(
        Option(
            "its reward is -2",
            "An advantage counts all that follows, and compares. The reward can be positive and "
            "the advantage negative. Read up: notebook 01, or notebook 07.",
        ),
        Option(
            "it brings 2 less than the policy's average in this state",
            "A(s, a) = Q(s, a) - V(s): what follows this action, minus the policy's own average "
            "in that state. So the action should become less likely.",
            correct=True,
        ),
        Option(
            "it brings 2 less than the best action available in this state",
            "The comparison is with the policy's own average, V(s), and not with the best action, "
            "whose advantage is 0 or more. Read up: notebook 07, or Sutton and "
            "Barto, section 13.4, on baselines.",
        ),
        Option(
            "the state is a bad one, whichever action is taken",
            "V(s) says how good a state is, and it is subtracted. Even in a bad state some "
            "action is at least as good as the average. Read up: notebook 07, or Sutton and Barto, "
            "section 13.4, on baselines.",
        ),
    ),
)

SELF_TEST = (
    POLICY,
    STATE,
    ACTION,
    EXPECTATION_OF_A_BET,
    GRADIENT,
    LOG_DERIVATIVE,
    REINFORCE,
    ADVANTAGE,
)
