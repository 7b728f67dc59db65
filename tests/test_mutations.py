"""Each slip that the lessons warn of, made in our own formulas, turns a test of theirs red.

A copy of the package gets one line replaced; pytest runs the tests of that module on the copy, in
this process (a process each would import torch sixty times).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "ppo_lesson"

RATIO = "torch.exp(log_r.clamp(-limit, limit))"
SURROGATE = "-(policy_ratio(log_prob, old_log_prob) * advantage.detach()).mean()"
CLIPPED = "-torch.minimum(ratio * advantage, clipped_ratio * advantage).mean()"
CLIP = "ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)"
CENTRAL = "for sign in (1, -1)"
STANDARD = "(advantage - advantage.mean()) / (advantage.std(correction=0) + STD_FLOOR)"
FUTURE = "gamma * next_value.masked_fill(terminated, 0.0) - value"
ESS = "1 / torch.softmax(log_weight, dim=0).square().sum()"
# By the line before: `truncated_estimate` ends alike.
PLAIN = 'no sample lies where the target does")\n    return '
ESTIMATE = PLAIN + "times(weight, value).mean()"
WEIGHTS = "torch.exp(log_ratio(log_target, log_proposal))"
KEPT = "logits.masked_fill(logits < smallest, -torch.inf) / temperature"
TOKENS = "action_log_prob(logits[:-1], tokens[1:])[prompt_length - 1 :]"
SELF_NORMALISED = "times(torch.softmax(log_weight, dim=0), value).sum()"
WEIGHED = "times(advantage.detach(), log_prob)"
TO_REF = "log_ratio(log_prob, ref_log_prob.detach())"
K3 = "(torch.expm1(log_r) - log_r).mean()"
MEAN_OF_LOGS = "torch.where(mask, token_log_ratio, 0.0).sum(-1) / lengths"

# module: what stands there once, what comes in its place, the slip
MUTATIONS: dict[str, list[tuple[str, str, str]]] = {
    "policies": [
        (
            "one_hot - torch.softmax(logits, dim=0)",
            "torch.softmax(logits, dim=0) - one_hot",
            "sign",
        ),
        ("one_hot - torch.softmax(logits, dim=0)", "-torch.softmax(logits, dim=0)", "no one-hot"),
        (TOKENS, "action_log_prob(logits, tokens)[prompt_length:]", "label leak"),
        (TOKENS, "action_log_prob(logits[:-1], tokens[1:])", "prompt included"),
        (TOKENS, "logits[:-1].gather(1, tokens[1:, None])[prompt_length - 1 :, 0]", "raw logits"),
        ("-torch.inf) / temperature", "-torch.inf) * temperature", "temperature upside down"),
        ("logits < smallest", "logits <= smallest", "one token too few"),
        (KEPT, "logits / temperature", "top_k forgotten"),
        ("-(prob * log_prob.masked_fill(prob == 0, 0.0))", "-(prob * log_prob)", "0 log 0 is NaN"),
    ],
    "importance": [
        (WEIGHTS, "torch.exp(log_proposal - log_target)", "upside down"),
        (WEIGHTS, "log_target.exp() - log_proposal.exp()", "difference of probabilities"),
        (WEIGHTS, "log_target - log_proposal", "no exp"),
        (WEIGHTS, "torch.softmax(log_target - log_proposal, 0)", "normalised"),
        (
            ESTIMATE,
            PLAIN + "(weight * value).sum() / weight.sum()",
            "divides by weights",
        ),
        (ESTIMATE, PLAIN + "weight.mean()", "forgets the value"),
        (ESTIMATE, PLAIN + "(weight * value).sum()", "sum for mean"),
        (SELF_NORMALISED, "(log_weight.exp() * value).mean()", "plain importance sampling"),
        (
            SELF_NORMALISED,
            "(log_weight.exp() * value).sum() / log_weight.exp().sum()",
            "overflow of the estimate",
        ),
        (ESS, "log_weight.exp().sum() ** 2 / log_weight.exp().square().sum()", "overflow of ESS"),
        (ESS, ESS + " / len(log_weight)", "share for count"),
        (ESS, "len(log_weight) / (1 + log_weight.exp().var(correction=0))", "unnormalised"),
        ("(proposal == 0) & (target != 0) & (value != 0)", "proposal > target", "q > p"),
        (
            "(proposal == 0) & (target != 0) & (value != 0)",
            "(proposal == 0) & (target != 0)",
            "ignores the value",
        ),
        (
            "torch.cumsum(log_ratio, dim=0)",
            "log_ratio.sum().expand_as(log_ratio)",
            "total for all",
        ),
        (
            "torch.cumsum(log_ratio, dim=0)",
            "log_ratio.flip(0).cumsum(0).flip(0)",
            "future ratios",
        ),
        (RATIO, RATIO.replace("log_r.", "(-log_r)."), "inverse"),
        (RATIO, "log_prob / old_log_prob.detach()", "quotient of logs"),
        (RATIO, "torch.exp(log_r)", "no clamp"),
        ("log_ratio(log_prob, old_log_prob.detach())", "log_prob - old_log_prob", "moves the old"),
    ],
    "objectives": [
        (
            f"-{WEIGHED}",
            WEIGHED,
            "missing minus",
        ),
        (
            f"-{WEIGHED}.mean()",
            "-(log_prob * advantage).mean()",
            "critic moves",
        ),
        (
            f"-{WEIGHED}.mean()",
            "-(log_prob * advantage).sum()",
            "sum for mean",
        ),
        (f"-{WEIGHED}", "-times(advantage, log_prob.exp())", "prob"),
        (SURROGATE, SURROGATE.removeprefix("-"), "sign"),
        (SURROGATE, SURROGATE.replace("log_prob)", "log_prob).detach()", 1), "detached ratio"),
        (SURROGATE, SURROGATE.replace(".detach()", ""), "gradient into the advantage"),
        (SURROGATE, "-((log_prob - old_log_prob) * advantage).mean()", "log-ratio for ratio"),
        (CLIPPED, "-(clipped_ratio * advantage).mean()", "clip without min"),
        (CLIPPED, CLIPPED.replace("minimum", "maximum"), "max for min"),
        (CLIPPED, "-(torch.minimum(ratio, clipped_ratio) * advantage).mean()", "sign of A lost"),
        (CLIPPED, CLIPPED.removeprefix("-"), "negated"),
        (
            CLIPPED,
            "-torch.minimum((ratio * advantage).mean(), (clipped_ratio * advantage).mean())",
            "min of means",
        ),
        (CLIP, "ratio.log().clamp(-clip_epsilon, clip_epsilon).exp()", "clipped log-ratio"),
        (CLIPPED, CLIPPED.replace("ratio *", "ratio.detach() *"), "detached"),
        (
            "times(beta, kl_k3(log_prob, old_log_prob))",
            "beta * kl_k3(old_log_prob, log_prob)",
            "KL turned",
        ),
        (
            "_share(above | below, ratio * advantage)",
            "_share((ratio - 1).abs() > clip_epsilon, ratio * advantage)",
            "the logged fraction",
        ),
        ("torch.maximum(squared_error", "torch.minimum(squared_error", "min for max"),
        ("0.5 * (value - value_target.detach())", "(value - value_target.detach())", "no half"),
    ],
    "preferences": [
        ("-logsigmoid(chosen_reward", "logsigmoid(chosen_reward", "sign"),
        ("chosen_reward - rejected_reward)", "rejected_reward - chosen_reward)", "swapped pair"),
        ("log_ratio(log_prob, ref_log_prob).detach()", "(ref_log_prob - log_prob)", "KL turned"),
        ("steps == last", "steps == mask.shape[1] - 1", "score on padding"),
        ("torch.where(mask, at_end - price, 0.0)", "at_end - price", "price of padding"),
        ("expected - times(beta", "expected + times(beta", "a prize for distance"),
        ("- times(beta, kl_p_q(", "- torch.mul(beta, kl_p_q(", "0 times infinity"),
        ("ref_prob.log() + reward / beta", "ref_prob.log() + reward * beta", "beta upside down"),
        ("ref_log_prob + reward / beta", "ref_log_prob + reward * beta", "its log upside down"),
        ("ref_prob.log() + reward", "reward", "no reference"),
        (TO_REF, "log_prob", "no reference"),
        (
            "log_ratio(log_prob, ref_log_prob.detach())",
            "(log_prob - ref_log_prob)",
            "reference moves",
        ),
    ],
    "divergences": [
        (
            "return log_ratio(log_prob, old_log_prob.detach())",
            "return old_log_prob - log_prob",
            "reversed",
        ),
        (
            "-_log_ratio(log_prob, old_log_prob).mean()",
            "_log_ratio(log_prob, old_log_prob).mean()",
            "sign",
        ),
        (K3, "0.5 * log_r.square().mean()", "k2 for k3"),
        (K3, "(log_r.exp() - 1 - log_r).mean()", "no expm1"),
        ("(log_p - log_q)", "(log_q - log_p)", "sign of the exact one"),
        ("kl > 1.5 * target_kl", "kl < target_kl / 1.5", "beta the other way"),
        ("kl > 1.5 * target_kl", "kl > target_kl", "no dead zone above"),
        ("kl < target_kl / 1.5", "kl < target_kl", "no dead zone below"),
    ],
    "gradients": [
        (CENTRAL, "for sign in (2, 0)", "one-sided"),
        ("/ (2 * step)", "/ step", "forgets the 2"),
        ("theta + sign * shift", "theta.add_(sign * shift)", "in place"),
    ],
    "advantages": [
        (FUTURE, "gamma * next_value - value", "bootstraps past termination"),
        (
            FUTURE,
            "gamma * next_value.masked_fill(terminated | truncated, 0.0) - value",
            "stops at truncation",
        ),
        ("goes_on = ~(terminated | truncated)", "goes_on = ~terminated", "leaks where truncated"),
        ("goes_on = ~(terminated | truncated)", "goes_on = ~truncated", "leaks where terminated"),
        (
            "return backward_sum(td_error, ",
            "return backward_sum(td_error * ~terminated, ",
            "loses the terminal step",
        ),
        ("gamma * gae_lambda * goes_on", "gamma**2 * gae_lambda * goes_on", "gamma squared"),
        ("in reversed(range(len(increment)))", "in range(len(increment))", "forward loop"),
        ("stops[-1] = True", "stops[-1] = terminated[-1]", "no bootstrap on the last row"),
        (STANDARD, STANDARD.replace(" + STD_FLOOR", ""), "no epsilon"),
        (STANDARD, "advantage - advantage.mean()", "only centred"),
        (
            STANDARD,
            "(advantage - advantage.min()) / (advantage.max() - advantage.min() + STD_FLOOR)",
            "min-max",
        ),
        ("reward - reward.mean(-1, keepdim=True)", "reward - reward.mean()", "mean of all groups"),
        ("reward.std(-1, correction=0, keepdim=True)", "reward.std(correction=0)", "one scale"),
        (".masked_fill(equal_up_to_rounding(reward).unsqueeze(-1), 0.0)", "", "noise of a group"),
        (".masked_fill(equal_up_to_rounding(advantage), 0.0)", "", "noise of equal advantages"),
        ("total.masked_fill(ended[t], 0.0)", "total", "0 times infinity"),
        ("(value_target - value).var(correction=0)", "value.var(correction=0)", "another variance"),
    ],
    "arithmetic": [
        (
            "coefficient * term if coefficient else torch.zeros_like(term)",
            "coefficient * term",
            "0",
        ),
        (" & ~term.isfinite(), 0.0)", ", 0.0)", "no gradient at 0"),
        (
            "torch.where(neither, 0.0, log_prob - other_log_prob)",
            "log_prob - other_log_prob",
            "NaN",
        ),
        ("4 + math.log2(numbers.shape[-1])", "0", "exactly equal only"),
        ("4 + math.log2(numbers.shape[-1])", "1e4", "flattens what differs"),
        ("eps * largest", "eps", "absolute"),
        (" & (largest < math.inf)", "", "infinity is equal"),
    ],
    "batches": [
        (
            "torch.randperm(num_samples, generator=generator)",
            "torch.arange(num_samples)",
            "unshuffled",
        ),
        (
            "torch.randperm(num_samples, generator=generator)",
            "torch.randperm(num_samples)",
            "unseeded",
        ),
    ],
    "responses": [
        (MEAN_OF_LOGS, "torch.where(mask, token_log_ratio, 0.0).sum(-1)", "product, no root"),
        (MEAN_OF_LOGS, "token_log_ratio.sum(-1) / lengths", "padding counts"),
        (MEAN_OF_LOGS, "torch.where(mask, token_log_ratio, 0.0).mean(-1)", "width for length"),
        ("log_ratio(log_prob, old_log_prob.detach())", "log_ratio(log_prob, old_log_prob)", "grad"),
        ("log_s.clamp(-limit, limit)", "log_s", "no clamp"),
        (
            "(torch.where(mask, token_loss, 0.0).sum(-1) / lengths).mean()",
            "torch.where(mask, token_loss, 0.0).sum() / lengths.sum()",
            "token mean for response mean",
        ),
        (".sum() / mask.sum()", ".sum() / len(mask)", "responses for tokens"),
        ("sum(-1).mean() / length", "sum(-1).mean() / mask.sum(-1).max()", "longest for constant"),
        ("log_weight.clamp(max=math.log(cap))", "log_weight", "no cap"),
        ("log_weight.clamp(max=math.log(cap))", "log_weight.clamp(max=cap)", "cap on logs"),
        ("log_ratio(log_prob.detach(), behaviour", "log_ratio(log_prob, behaviour", "a gradient"),
        ("if not mask.any(-1).all():", "if False:", "a row of padding passes"),
    ],
    "shapes": [
        ("len(came) != len(letters) or any(", "any(", "columns pass"),
        ("if 0 in came:", "if False:", "empty tensors pass"),
        ("if not inside:", "if False:", "any number passes"),
    ],
}
# Nothing but what the tests need: no conftest (its settings hold in this process), no plugin that
# collects garbage or writes a cache, no search below the first failure.
BARE = ["-x", "-q", "--tb=short", "--capture=no", "--noconftest", "-knot stable_baselines3"]
BARE += ["-pno:cacheprovider", "-pno:unraisableexception", "-pno:threadexception"]
CASES = [
    pytest.param(module, *mutation[:2], id=f"{module}: {mutation[2]}")
    for module, mutations in MUTATIONS.items()
    for mutation in mutations
]


@contextmanager
def imported_from(folder: Path) -> Iterator[None]:
    """Import the package from the folder, and the tests anew; afterwards all is as before."""

    def ours() -> list[str]:
        return [name for name in sys.modules if name.startswith((PACKAGE, "tests.maths"))]

    before = {name: sys.modules.pop(name) for name in ours()}
    sys.path.insert(0, str(folder))
    profile = hypothesis.settings.get_current_profile_name()
    # One failing example is enough here: no search for a smaller one.
    hypothesis.settings.register_profile(
        "mutations",
        hypothesis.settings.get_profile(profile),
        phases=[hypothesis.Phase.generate],
    )
    hypothesis.settings.load_profile("mutations")
    try:
        yield
    finally:
        hypothesis.settings.load_profile(profile)
        sys.path.remove(str(folder))
        for name in ours():
            del sys.modules[name]
        sys.modules.update(before)


def outcome(folder: Path, module: str) -> pytest.ExitCode:
    """Run the tests of one module of maths on the copy of the package in the folder."""
    with imported_from(folder):
        tests = ROOT / "tests" / "maths" / f"test_{module}.py"
        code = pytest.main([*BARE, f"--rootdir={ROOT}", f"-c{ROOT / 'pyproject.toml'}", str(tests)])
        tested = sys.modules[f"{PACKAGE}.maths.{module}"].__file__
        assert tested is not None
        assert Path(tested).is_relative_to(folder)
    return pytest.ExitCode(code)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    leave_out = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=leave_out)


@pytest.mark.parametrize("module", MUTATIONS)
def test_the_unchanged_copy_is_green(module: str, copy: Path) -> None:
    assert outcome(copy.parent, module) == pytest.ExitCode.OK


@pytest.mark.parametrize(("module", "original", "replacement"), CASES)
def test_a_slip_turns_a_test_red(module: str, original: str, replacement: str, copy: Path) -> None:
    path = copy / "maths" / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    assert source.count(original) == 1
    path.write_text(source.replace(original, replacement), encoding="utf-8")
    assert outcome(copy.parent, module) == pytest.ExitCode.TESTS_FAILED
