"""Every symbol of the notebooks: what it means, what it is called in code, where it is defined.

Each notebook opens with a box "Symbols here". A symbol that such a box defines has one row here for
each of its meanings; a test reads the boxes and holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    r"""A symbol with one meaning.

    Args:
        symbol: as TeX.
        meaning: in half a sentence; TeX stands between dollars.
        notebooks: numbers of those whose box gives it this meaning; the first defines it.
        names: what it is called in code, if it has a name there.
        spellings: other ways in which the boxes write it, as "V_t" for "V".
    """

    symbol: str
    meaning: str
    notebooks: tuple[str, ...]
    names: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()


NOTATION: dict[str, tuple[Symbol, ...]] = {
    "Policies, and the worlds in which they act": (
        Symbol(r"s", "state, or what is observed of it", ("00", "01", "04", "05", "08"), ("obs",)),
        Symbol(r"a", "action", ("00", "01", "04", "08"), ("action",)),
        Symbol(r"t", "number of a step, from 0", ("01", "03", "04", "05", "07", "10")),
        Symbol(r"T", "number of steps of a trajectory", ("03",)),
        Symbol(r"\theta", "parameters of the policy", ("00", "01", "04", "05", "08")),
        Symbol(r"\theta_{old}", "parameters of the policy that acted", ("05",)),
        Symbol(
            r"\pi_\theta",
            r"the policy now; $\pi_\theta(a \mid s)$ is the probability of action $a$ in state $s$",
            ("00", "01", "02", "03", "04", "05", "06", "08", "10", "11", "12", "13"),
            ("log_prob",),
            (r"\pi",),
        ),
        Symbol(
            r"\pi_{old}",
            "the policy that acted, and collected the batch",
            ("02", "03", "04", "05", "06", "08", "10", "12"),
            ("old_log_prob",),
        ),
        Symbol(r"\tau", "trajectory, or walk: states and actions in turn", ("01", "04")),
        Symbol(r"d_t(s)", "occupancy: probability of being in state $s$ at step $t$", ("04", "05"),
               ("occupancy",), ("d_t", r"d_t^{old}", r"d_t^\theta")),
        Symbol(r"N", "number of samples: walks, steps, or rows of a rollout",
               ("01", "03", "05", "09")),
        Symbol(r"n", "number of samples in a minibatch", ("09",)),
    ),
    "What they earn": (
        Symbol(r"R_t", "reward of step $t$", ("01", "04", "07"), ("reward",)),
        Symbol(r"\gamma", "discount per step", ("04", "07", "08"), ("gamma",)),
        Symbol(r"G_t", "return: discounted sum of the rewards from step $t$ on", ("01", "07"),
               ("returns",), ("G",)),
        Symbol(r"J(\theta)",
               "objective: what the policy earns on average, less the price of leaving a reference",
               ("00", "01", "04", "05", "06", "10", "11", "12", "13"),
               ("objective",), ("J",)),
        Symbol(r"\nabla J", r"policy gradient: gradient of $J$ with respect to $\theta$",
               ("00", "12", "13"),
               ("policy_gradient",)),
        Symbol(r"\nabla", r"gradient with respect to $\theta$", ("01", "04")),
        Symbol(r"\nabla \log \pi_\theta(a \mid s)", "score of an action", ("01", "04"), ("score",),
               (r"\nabla \log \pi_\theta",)),
        Symbol(r"\alpha", "step size, or learning rate", ("01",), ("learning_rate",)),
        Symbol(r"b", "baseline: a number taken off the return", ("01",), ("baseline",)),
        Symbol(r"V", "value: what the policy earns on average from a state on",
               ("01", "04", "07", "08", "09"), ("value",), ("V_t",)),
        Symbol(r"Q", "action value: the same after a given action", ("01", "04", "07"),
               ("q_values",), ("Q_t",)),
        Symbol(r"A", "advantage: how much better an action is than the policy's average",
               ("00", "01", "04", "05", "06", "07", "08", "09", "10", "12", "13"), ("advantage",),
               ("A_t", r"A^{old}", r"A^\theta")),
        Symbol(r"\hat A", "estimate of an advantage", ("01", "07"), ("advantage",),
               (r"\hat A_t",)),
        Symbol(r"\hat A^{(n)}_t", "advantage from $n$ rewards, then the critic", ("07",), (),
               (r"\hat A^{", "n")),
        Symbol(r"\hat V", "critic: a network fitted to $V$", ("07",), ("value",)),
        Symbol(r"V + A", "what the critic is fitted to", ("09",), ("value_target",)),
        Symbol(r"\delta_t", "TD error: reward and what lies ahead, less what was expected", ("07",),
               ("td_error",)),
        Symbol(r"\hat\delta_t", "the same by the critic", ("07",), ("td_error",)),
        Symbol(r"\lambda", "GAE's mixing of short and long advantages", ("07", "08"),
               ("gae_lambda",)),
        Symbol(r"H", "entropy of the policy, in nats", ("08",), ("entropy",)),
    ),
    "Samples of one distribution for another": (
        Symbol(r"k", "number of an outcome", ("00",)),
        Symbol(r"f(x)", "value of a sample or an outcome, which is averaged", ("00", "02", "03"),
               (), ("f", "f_k")),
        Symbol(r"p", "target: the distribution that is asked about", ("00", "02", "03"),
               ("target",), ("p_k",)),
        Symbol(r"q", "proposal: the distribution that produced the samples", ("02", "03"),
               ("proposal",)),
        Symbol(r"x_1, \dots, x_N", "the samples", ("02",)),
        Symbol(r"\mu", "mean of $f$ under the target", ("02",)),
        Symbol(r"\hat\mu", "plain estimate of it: the mean of $w f$", ("02",),
               ("importance_estimate",)),
        Symbol(r"\hat\mu_{SN}", "self-normalised estimate: divided by the sum of the weights",
               ("02",), ("self_normalised_estimate",)),
        Symbol(r"\mathbb{E}_q", "mean under $q$", ("02",)),
        Symbol(r"\mathbb{E}_{old}", "mean over walks of the old policy", ("04",)),
        Symbol(r"\mathbb{E}_\theta", "mean over walks of the current policy", ("04",)),
        Symbol(r"w", "importance weight, $p/q$", ("02", "03"), ("weight", "log_weight")),
        Symbol(r"r", r"ratio of two policies for what was done, $\pi_\theta / \pi_{old}$",
               ("02", "03", "04", "05", "06", "08", "09", "10", "13"), ("ratio", "log_ratio"),
               ("r_t", r"\log r_t")),
        Symbol(r"\mathrm{ESS}", "effective sample size", ("03", "05"), ("effective_sample_size",)),
        Symbol(r"\Delta", r"drift: standard deviation of $\log r_t$", ("03",), ("drift",)),
    ),
    "Staying near": (
        Symbol(r"L_{IS}(\theta)", "surrogate: the gain that the batch promises", ("05", "06"),
               ("surrogate_objective",), ("L_{IS}",)),
        Symbol(r"\epsilon", "half-width of the clip's interval around 1",
               ("06", "08", "09", "10", "12", "13"), ("clip_epsilon",)),
        Symbol(r"\mathrm{KL}", "divergence of two policies, in nats", ("06", "09", "11", "12"),
               ("kl_p_q",)),
        Symbol(r"k_3", "an estimate of the divergence from samples", ("09",), ("kl_k3",)),
        Symbol(r"\beta", "price of one nat of divergence", ("06", "10", "11", "12"), ("beta",)),
        Symbol(r"\delta", "limit of a trust region, in nats", ("06",), ("limit",)),
    ),
    "Language models": (
        Symbol(r"s", "a whole response", ("10", "11"), ("response",)),
        Symbol(r"a_t", "token of a response at place $t$", ("10",)),
        Symbol(r"s_t", "prompt and the tokens before place $t$", ("10",)),
        Symbol(r"\pi_{ref}", "reference: the model before training, frozen", ("10", "11", "12"),
               ("ref_log_prob",), (r"\pi_\text{ref}",)),
        Symbol(r"\pi^*", "policy with the largest objective", ("10", "11")),
        Symbol(r"R(s)", "reward, or score, of a response", ("10", "11", "12"), ("reward",), ("R",)),
        Symbol(r"|s|", "number of tokens of a response", ("11",)),
        Symbol(r"s_w, s_l", "chosen and rejected response of a pair", ("11",), (), ("s_w", "s_l")),
        Symbol(r"\hat R(s)", "implicit reward: what a policy is the best one for", ("11",), (),
               (r"\hat R",)),
        Symbol(r"m", "margin of a pair: difference of its implicit rewards", ("11",)),
        Symbol(r"Z", "sum that makes a distribution", ("11",)),
        Symbol(r"\sigma(x)", "sigmoid, $1 / (1 + e^{-x})$", ("11",), (), (r"\sigma",)),
        Symbol(r"y", "a response", ("12",), ("response",)),
        Symbol(r"|y|", "number of its tokens", ("12",)),
        Symbol(r"K", "number of responses in a group", ("12",), ("group_size",)),
        Symbol(r"p", "success rate of a prompt", ("12",)),
        Symbol(r"\mu", "behaviour policy: what in fact draws the samples", ("12", "13"),
               ("behaviour_log_prob",)),
        Symbol(r"C", "cap of a weight", ("12", "13"), ("cap",)),
    ),
    "Several machines": (
        Symbol(r"\pi_{old}", "the learner's policy when an update begins, whoever acted", ("13",),
               ("old_log_prob",)),
        Symbol(r"k", "by how many updates the actor is behind the learner", ("13",), ("lag",)),
        Symbol(r"w", r"weight of an action of a stale actor, $\pi_{old} / \mu$", ("13",),
               ("weight",)),
        Symbol(r"g_i", "gradient of a worker's shard", ("13",), ("gradient",)),
        Symbol(r"n_i", "number of samples in that shard", ("13",), ("count",)),
        Symbol(r"i", "number of a worker", ("13",)),
    ),
}  # fmt: skip
