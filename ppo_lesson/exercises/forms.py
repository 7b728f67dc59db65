"""Asking a question: a form with a right answer, or room for one's own words.

In a notebook with a kernel they are widgets. What a stored notebook keeps of them, and a page on
the web shows, is a static form with the answer folded away (`form_html`). It is a second output,
which `form_html` hides beside a living widget, and tells what was answered: it is replaced at each
answer. (In one output with the widget, replacing it would draw that anew, and the focus was lost.)
Callbacks of widgets run in other threads, even while a cell is running: they print nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from IPython.display import display
from ipywidgets import (
    Button,
    Checkbox,
    HBox,
    HTMLMath,
    Layout,
    RadioButtons,
    Textarea,
    VBox,
    Widget,
)

from ppo_lesson.exercises import form_html
from ppo_lesson.exercises.progress import recall, record
from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

NOT_SAVED = "Not saved: no progress is kept here. Copy your text before you close this."


def ask(question: Question | OpenQuestion) -> None:
    """Display a question that can be tried until it is right, or answered in one's own words.

    When it is displayed again, the last answer stands there with what was said about it.
    """
    if isinstance(question, OpenQuestion):
        _ask_in_own_words(question)
        return
    radio = _radio(question)
    check = Button(description="Check", disabled=True)
    feedback = HTMLMath(form_html.status())
    keep = _show_question("Question", question, [radio, check, feedback])

    def choose(_: object) -> None:
        check.disabled = radio.index is None
        feedback.value = form_html.status()

    def tell(option: Option) -> None:
        opening = "Right." if option.correct else "Not yet."
        feedback.value = form_html.status(option.feedback, opening)
        keep(option.text, f"{opening} {option.feedback}")

    def answer(_: object) -> None:
        option = _option(question, radio.label)
        record("choices", question.id, option.text)
        if option.correct:
            record("questions", question.id, True)
        tell(option)

    radio.observe(choose, "index")
    check.on_click(answer)
    kept = recall("choices", question.id)
    if kept not in radio.options and recall("questions", question.id):
        kept = question.answer.text  # an earlier version kept no more than that it was right
    if kept in radio.options:
        radio.label = kept
        tell(_option(question, kept))


def predict(question: Question) -> None:
    """Display a question whose answer is fixed before the next cells show it.

    It stays fixed after a restart of the kernel, until the learner asks for it again.
    """
    radio = _radio(question)
    lock = Button(description="Lock in", disabled=True)
    compare = Button(description="Compare", disabled=True)
    again = Button(description="Ask me again", disabled=True)
    feedback = HTMLMath(form_html.status())
    buttons = HBox([lock, compare, again])
    keep = _show_question("Prediction", question, [radio, buttons, feedback])

    def choose(_: object) -> None:
        lock.disabled = radio.disabled or radio.index is None

    def locked() -> str:
        return f"Locked in: {str(radio.label).rstrip('.')}."

    def fix() -> None:
        radio.disabled = lock.disabled = True
        compare.disabled = again.disabled = False
        feedback.value = form_html.status(f"{locked()} Now run the cells below, then compare.")
        keep(radio.label, locked())

    def lock_in(_: object) -> None:
        record("predictions", question.id, radio.label)
        fix()

    def show_verdict(_: object) -> None:
        opening, words = _verdict(question, radio.label)
        feedback.value = form_html.status(words, opening, locked())
        keep(radio.label, locked(), f"{opening} {words}")

    def ask_again(_: object) -> None:
        record("predictions", question.id, None)
        radio.disabled, radio.index = False, None
        lock.disabled = compare.disabled = again.disabled = True
        feedback.value = form_html.status()
        keep()

    radio.observe(choose, "index")
    lock.on_click(lock_in)
    compare.on_click(show_verdict)
    again.on_click(ask_again)
    kept = recall("predictions", question.id)
    if kept in radio.options:  # else it was never answered, or the question has changed since
        radio.label = kept
        fix()


def _ask_in_own_words(question: OpenQuestion) -> None:
    """Display a question with room for a text, and an answer to compare it with afterwards.

    Every change of the text is kept at once, so that no work waits to
    be saved. The browser sends a change when the last one was handled: typing is not held up.
    """
    text = Textarea(
        value=recall("notes", question.id) or "",
        description="Your answer",
        placeholder="Write here, in full sentences. It is saved while you type.",
        rows=6,
    )
    compare = Button(description="Compare with a model answer", layout=Layout(width="max-content"))
    compare.disabled = not text.value.strip()
    saved = HTMLMath(form_html.status("Saved." if text.value else ""))
    model = VBox()
    label = f"In your own words, {question.source}"
    answer, points = (question.model_answer,), question.rubric
    static = partial(form_html.stored, label, question.prompt, answer=answer, points=points)
    keep = _show(label, question.prompt, [text, saved, compare, model], static)

    def keep_text() -> None:
        keep("", *([f"Your answer: {text.value}"] if text.value.strip() else []))

    def save(_: object) -> None:
        compare.disabled = not text.value.strip()
        is_kept = record("notes", question.id, text.value)
        saved.value = form_html.status("Saved." if is_kept else NOT_SAVED)
        keep_text()

    def show_model(_: object) -> None:
        points = [Checkbox(description=point, indent=False) for point in question.rubric]
        model.children = [HTMLMath(form_html.model_answer(question.model_answer)), *points]

    text.observe(save, "value")
    compare.on_click(show_model)
    if text.value:
        keep_text()


def _radio(question: Question) -> RadioButtons:
    return RadioButtons(options=[option.text for option in question.options], index=None)


def _option(question: Question, text: object) -> Option:
    return next(option for option in question.options if option.text == text)


def _verdict(question: Question, text: object) -> tuple[str, str]:
    """Return the opening and the words that are said about a prediction."""
    chosen, right = _option(question, text), question.answer
    if chosen is right:
        return "Right.", right.feedback
    return "Not right.", f"{chosen.feedback}\n\nThe right answer: {right.text}\n\n{right.feedback}"


def _show_question(label: str, question: Question, children: list[Widget]) -> Callable[..., None]:
    options = [option.text for option in question.options]
    answer = (question.answer.text, question.answer.feedback)
    static = partial(form_html.stored, label, question.prompt, answer=answer, options=options)
    return _show(label, question.prompt, children, static)


def _show(
    label: str, prompt: str, children: list[Widget], static: Callable[..., dict[str, str]]
) -> Callable[..., None]:
    """Display widgets, and beneath them what to show where they are not, as nobody has answered.

    Returns:
        A function of the option that is chosen and of what is said, a paragraph each; it brings
        the static form up to date.
    """
    box = VBox([HTMLMath(form_html.prompt(f"{label}.", prompt)), *children])
    box.add_class(form_html.CSS_CLASS)
    display({"application/vnd.jupyter.widget-view+json": box.get_view_spec()}, raw=True)
    handle = display(static(), raw=True, display_id=True)
    assert handle is not None  # display_id asks for it
    return lambda chosen="", *said: handle.update(static(chosen=chosen, said=said), raw=True)
