"""A notebook runs with the learner's function if it is correct, else with the package's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.exercises import answers, progress
from ppo_lesson.exercises.checker import check
from ppo_lesson.exercises.choosing import yours
from ppo_lesson.lessons.advantages.gae import GAE
from ppo_lesson.lessons.staying_proximal.exercises import CLIPPED_SURROGATE_LOSS
from ppo_lesson.training import PPOConfig, train

CONFIG = PPOConfig(total_steps=300, num_envs=4, num_steps=16, hidden_sizes=(8,))
THE_PACKAGES = "clipped_surrogate_loss: the package's function is used"


@pytest.fixture(autouse=True)
def new_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start with an empty folder, in a kernel in which nothing has passed yet."""
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path))
    monkeypatch.setattr(answers, "_of_this_kernel", {})


def my_gae(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    later, advantage = torch.zeros(reward.shape[1:]), torch.zeros(reward.shape)
    for t in reversed(range(len(reward))):
        td_error = reward[t] + gamma * next_value[t] * ~terminated[t] - value[t]
        later = td_error + gamma * gae_lambda * later * ~(terminated[t] | truncated[t])
        advantage[t] = later
    return advantage


def my_loss(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    clipped = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return -torch.minimum(ratio * advantage, clipped * advantage).mean()


def my_loss_in_another_order(clip_epsilon, advantage, old_log_prob, log_prob):
    return my_loss(log_prob, old_log_prob, advantage, clip_epsilon)


def stub(log_prob, old_log_prob, advantage, clip_epsilon):
    raise NotImplementedError


def without_a_minimum(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    return -(ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon) * advantage).mean()


def test_a_correct_answer_is_the_function_that_is_called(capsys: pytest.CaptureFixture[str]):
    calls = []

    def counted(log_prob, old_log_prob, advantage, clip_epsilon):
        calls.append(1)
        return my_loss(log_prob, old_log_prob, advantage, clip_epsilon)

    chosen = yours(CLIPPED_SURROGATE_LOSS, counted)
    assert capsys.readouterr().out == "clipped_surrogate_loss: your function is used\n"
    calls.clear()
    number = torch.tensor([0.5])
    assert chosen(number, number, number, 0.2) == chosen(number, number, number, clip_epsilon=0.2)
    assert len(calls) == 2


@pytest.mark.parametrize("answer", [stub, without_a_minimum, None, 7, lambda x: x])
def test_any_other_answer_is_replaced_by_the_package_s_function(answer, capsys):
    assert yours(CLIPPED_SURROGATE_LOSS, answer) is maths.clipped_surrogate_loss
    line = capsys.readouterr().out
    assert line.startswith(THE_PACKAGES) and line.count("\n") == 1


def test_a_fragile_answer_is_replaced_too():
    def for_several_environments_only(reward, **others):
        if reward.ndim == 1:
            raise ValueError("one axis is missing")
        return maths.gae(reward, **others)

    assert yours(GAE, for_several_environments_only) is maths.gae


def test_the_line_tells_what_is_not_started_from_what_is_not_correct(capsys):
    lines = []
    for answer in (stub, without_a_minimum):
        yours(CLIPPED_SURROGATE_LOSS, answer)
        lines.append(capsys.readouterr().out)
    assert lines == [
        f"{THE_PACKAGES}, as yours is not started\n",
        f"{THE_PACKAGES}, as yours is not correct yet\n",
    ]


def test_arguments_may_stand_in_another_order():
    chosen = yours(CLIPPED_SURROGATE_LOSS, my_loss_in_another_order)
    generator = torch.Generator().manual_seed(0)
    log_prob, old_log_prob, advantage = torch.randn(3, 8, generator=generator)
    expected = maths.clipped_surrogate_loss(log_prob, old_log_prob, advantage, 0.2)
    assert torch.allclose(chosen(log_prob, old_log_prob, advantage, 0.2), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_training_with_a_learner_s_functions_is_training_with_the_package_s(dtype):
    """In float64, too, which a notebook's `setup` chooses for tensors that a learner makes."""
    torch.set_default_dtype(dtype)
    mine = {
        "gae": yours(GAE, my_gae),
        "policy_loss": yours(CLIPPED_SURROGATE_LOSS, my_loss_in_another_order),
    }
    results = [train(CONFIG, seed=0, **functions) for functions in (mine, {})]
    # The learner's functions round differently; after five updates the two differ by 1.5e-7.
    norms = [result.curve("gradient_norm") for result in results]
    assert torch.allclose(norms[0].double(), norms[1].double(), rtol=1e-5)
    weights = [next(result.policy.parameters()) for result in results]
    assert torch.allclose(*weights, rtol=0, atol=1e-5)


def test_what_is_no_exercise_is_refused():
    for given in ((my_loss, my_loss), (my_loss,)):
        with pytest.raises(TypeError, match="exercise: expected an Exercise"):
            yours(*given)  # type: ignore[arg-type]


# ---- What passed before --------------------------------------------------------------------------

FILE_LINES = """import torch

def my_clipped_surrogate_loss(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    clipped = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return -torch.minimum(ratio * advantage, clipped * advantage).mean()
"""


def chosen(capsys: pytest.CaptureFixture[str], *answer) -> tuple[bool, str]:
    """Return whether the learner's function was chosen, and what was printed."""
    function = yours(CLIPPED_SURROGATE_LOSS, *answer)
    return function is not maths.clipped_surrogate_loss, capsys.readouterr().out


def test_what_passed_in_this_notebook_is_used_where_none_is_given(capsys):
    check(CLIPPED_SURROGATE_LOSS, my_loss)
    line = "clipped_surrogate_loss: your function that passed before is used\n"
    assert chosen(capsys) == (True, line)
    assert chosen(capsys, stub) == (True, f"{line[:-1]}, as this one is not started\n")


def test_what_passed_in_an_earlier_notebook_is_used_in_this_one(capsys):
    check(CLIPPED_SURROGATE_LOSS, my_loss_in_another_order)
    answers._of_this_kernel.clear()
    is_mine, line = chosen(capsys, stub)
    assert (
        is_mine and "your function that passed before is used, as this one is not started" in line
    )
    number = torch.tensor([0.5])
    mine = yours(CLIPPED_SURROGATE_LOSS)
    assert mine(number, number, number, 0.2) == maths.clipped_surrogate_loss(
        number, number, number, 0.2
    )


def test_a_correct_answer_goes_before_what_passed_earlier(capsys):
    progress.record_answer("clipped_surrogate_loss", FILE_LINES)
    assert chosen(capsys, my_loss) == (True, "clipped_surrogate_loss: your function is used\n")


def test_a_file_is_checked_before_it_is_used_and_the_package_s_replaces_what_fails(capsys):
    progress.record_answer("clipped_surrogate_loss", FILE_LINES)
    assert chosen(capsys)[0]
    wrong = FILE_LINES.replace("minimum", "maximum")
    file = progress.answer_file("clipped_surrogate_loss")
    for lines in (wrong, "1 / 0", ""):
        file.write_text(lines)
        refused = f"the one in {file} does not pass any more\n"
        assert chosen(capsys) == (False, f"{THE_PACKAGES}, as {refused}")
        assert chosen(capsys, stub) == (
            False,
            f"{THE_PACKAGES}, as yours is not started, and {refused}",
        )
        assert file.read_text() == lines
    assert progress.recall("exercises", "clipped_surrogate_loss") is None  # nobody checked


def test_where_nothing_is_given_and_nothing_kept_the_package_s_function_is_used(capsys):
    assert chosen(capsys) == (False, f"{THE_PACKAGES}, as none of yours is kept\n")


def test_an_answer_that_is_not_correct_is_not_kept():
    for answer in (stub, without_a_minimum):
        check(CLIPPED_SURROGATE_LOSS, answer)
    assert progress.recall_answer("clipped_surrogate_loss") is None
