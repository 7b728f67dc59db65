"""What notebook 06 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

SILENT_CASES = Question(
    id="predict-silent-cases",
    prompt=(
        "Two signs of A, and a ratio below, inside or above the interval: six cases. In which of "
        "them does the clipped objective leave a sample no gradient?"
    ),
    options=(
        Option(
            "In all four in which the ratio lies outside the interval.",
            "That would be so with the clip alone. The minimum takes the plain r A wherever that "
            "is the smaller of the two.",
        ),
        Option(
            "In two: A > 0 with the ratio above, A < 0 with it below.",
            "There the sample has already gone where its advantage wants it, and the smaller "
            "product is the clipped one, which is flat.",
            correct=True,
        ),
        Option(
            "In two: A > 0 with the ratio below, A < 0 with it above, on the wrong side.",
            "There the plain product is the smaller one, so the way back is open.",
        ),
        Option(
            "In none: a minimum of two products always follows one of them.",
            "It does, but one of the two is flat outside the interval.",
        ),
    ),
)

NOISIEST_KL = Question(
    id="predict-noisiest-kl",
    prompt=(
        "The two policies are far apart: the new one likes an action that the old one hardly ever "
        "took. Which of the three estimates of KL(old || new) is the noisiest there?"
    ),
    options=(
        Option(
            "k1: its samples have both signs and must cancel.",
            "That makes k1 the noisiest while the policies are close. Here look at the ratio of "
            "the rare action.",
        ),
        Option(
            "k2: a square makes large numbers larger.",
            "It squares a logarithm, and logarithms grow slowly. Its weakness is its mean, which "
            "is wrong here.",
        ),
        Option(
            "k3: it contains the ratio itself.",
            "The ratio of an action that was rare can be huge, and it seldom comes up. The mean is "
            "still right; the spread is that of an importance weight.",
            correct=True,
        ),
        Option(
            "All three have the same spread: they estimate the same number.",
            "Estimates of the same number can differ in spread, and the mean of k2 is another one.",
        ),
    ),
)

PRICE = Question(
    id="predict-price",
    prompt=(
        "On the cliff you climb L_IS - β KL to its top, at the prices β = 0.3, 2, 10 and 50. The "
        "highest price is 167 times the lowest. How many times as large is the KL at the lowest?"
    ),
    options=(
        Option(
            "About 13 times, the root of 167.",
            "Close to θ_old the promise grows like the step, and the KL like its square. With half "
            "the price, how much longer is the best step?",
        ),
        Option(
            "About 167 times: half the price, twice the distance.",
            "The best step is twice as long then. The KL grows like its square.",
        ),
        Option(
            "Some 30,000 times.",
            "Close to θ_old the best step goes like 1/β, and its KL like the square of that: 167 "
            "times 167 is 28,000.",
            correct=True,
        ),
        Option(
            "Without limit: at a low price nothing holds the policy back.",
            "Far out the promise hardly rises, and the KL goes on rising. Any price above 0 ends "
            "the climb somewhere.",
        ),
    ),
)

RATIO_AT_REST = Question(
    id="predict-ratio-at-rest",
    prompt=(
        "Exact data, small steps, no momentum: you climb the clipped objective with ε = 0.2 until "
        "the ratio of go no longer changes. A(go) > 0. What is that ratio?"
    ),
    options=(
        Option(
            "Below 1.2: the clip slows it down before the edge.",
            "Inside the interval the clipped objective is the plain one: nothing slows down.",
        ),
        Option(
            "1.2: there its gradient ends.",
            "Its own gradient ends there. Other rows pull at the same parameters.",
        ),
        Option(
            "1.21 or so: the last step crosses the edge a little.",
            "Its own last step does cross the edge by a little. What happens afterwards?",
        ),
        Option(
            "About 2.5, far outside.",
            "When go is silent, stay is not: A(stay) < 0 pushes stay down, until its own ratio is "
            "0.8. What stay loses, go gains, and go was rare.",
            correct=True,
        ),
    ),
)

PAST_THE_EDGE = Question(
    id="predict-past-the-edge",
    prompt=(
        "One sample with A > 0, nothing else in the batch, the optimiser is Adam. Its ratio has "
        "passed 1.2, so its gradient is exactly zero from now on. What do the next steps of Adam "
        "do?"
    ),
    options=(
        Option(
            "Nothing: the gradient is zero.",
            "A step of plain gradient ascent would be zero. Adam steps along an average of past "
            "gradients.",
        ),
        Option(
            "They carry the ratio on, well past 1.2.",
            "The average of past gradients fades by a tenth per step; until it has faded, the "
            "ratio moves on.",
            correct=True,
        ),
        Option(
            "They bring it back to 1.2.",
            "Outside the interval on this side the clipped objective is flat. There is no way back "
            "in it.",
        ),
        Option(
            "They blow up: Adam divides by zero.",
            "It divides by the root of an average of squared gradients, which fades even more "
            "slowly.",
        ),
    ),
)

PREDICTIONS = (SILENT_CASES, RATIO_AT_REST, PAST_THE_EDGE, NOISIEST_KL, PRICE)
