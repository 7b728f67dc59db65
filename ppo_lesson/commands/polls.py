"""A question on a projector: hands are counted, the answer is revealed, the explorer is next.

The page counts by itself; there is no server, and nothing is kept.
"""

from __future__ import annotations

import html

from ppo_lesson.exercises.questions import Question

STYLE = """
:root { --letter: max(12px, 1.3vw); }  /* small print: what is read has 1.5 times as much */
main.poll { overflow: visible; display: flex; flex-direction: column; gap: .7em;
            padding-top: .6em; }
.prompt { font-size: 1.85em; line-height: 1.3; }
.options { display: grid; gap: .5em; }
button, a.next { font: inherit; font-size: 1.65em; padding: .45em .7em; border-radius: .4em;
                 border: 3px solid #767676; background: #fff; color: #111; cursor: pointer; }
.options button { display: flex; gap: .7em; align-items: baseline; text-align: left; }
.options b { color: #0b5f94; }
.options span { flex: 1; }
.options i { font-style: normal; font-weight: bold; min-width: 1.6em; text-align: right; }
button:focus-visible, a.next:focus-visible { outline: 4px solid #0072B2; outline-offset: 2px; }
.revealed .answer { border-color: #00704F; background: #e8f5f0; font-weight: bold; }
.revealed .answer span::after { content: " (right)"; }
.revealed [aria-pressed=true] { border-style: dashed; }
.steps { display: flex; gap: 1em; margin-top: auto; }
a.next { text-decoration: none; background: #0b5f94; border-color: #0b5f94; color: #fff; }
.status { font-size: 1.5em; min-height: 2.6em; }
"""

KEYS = """<p class="right"><kbd>A</kbd> <kbd>B</kbd> ... count a hand, <kbd>Backspace</kbd> takes it
back, <kbd>R</kbd> reveal, <kbd>E</kbd> explorer, <kbd>N</kbd> new count</p>"""

SCRIPT = """const poll = document.querySelector(".poll"), status = poll.querySelector(".status");
const options = [...poll.querySelectorAll(".options button")], votes = [];
const show = () => options.forEach((option, k) => {
  option.querySelector("i").textContent = votes.filter(vote => vote === k).length || "";
});
const explain = k => {
  status.textContent = options[k].dataset.feedback;
  options.forEach((option, j) => option.setAttribute("aria-pressed", j === k));
};
const revealed = () => poll.classList.contains("revealed");
const choose = k => {
  if (revealed()) explain(k); else { votes.push(k); show(); }
};
const reveal = () => {
  poll.classList.add("revealed");
  explain(options.findIndex(option => option.classList.contains("answer")));
};
const again = () => {
  poll.classList.remove("revealed");
  votes.length = 0;
  status.textContent = "";
  options.forEach(option => option.removeAttribute("aria-pressed"));
  show();
};
options.forEach((option, k) => option.addEventListener("click", () => choose(k)));
poll.querySelector(".reveal").addEventListener("click", reveal);
poll.querySelector(".again").addEventListener("click", again);
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key.toLowerCase(), k = "abcdefgh".indexOf(key);
  if (key.length === 1 && k >= 0 && k < options.length && key !== "e") choose(k);
  else if (key === "backspace" && !revealed()) { votes.pop(); show(); }
  else if (key === "r") reveal();
  else if (key === "n") again();
  else if (key === "e") poll.querySelector("a.next").click();
});"""


def body(question: Question, title: str, explorer_page: str) -> str:
    """Write the page's body.

    Args:
        question: which one; with five options or more the key E would mean two things.
        title: of the explorer.
        explorer_page: the file that comes next.

    Raises:
        ValueError: the question has more than four options.
    """
    if len(question.options) > 4:
        raise ValueError(f"question: expected at most four options, got {len(question.options)}")
    marks = {True: ' class="answer"', False: ""}
    options = "".join(
        f'<button type="button"{marks[option.correct]} '
        f'data-feedback="{html.escape(option.feedback)}"><b>{letter}</b>'
        f"<span>{html.escape(option.text)}</span><i></i></button>"
        for letter, option in zip("ABCD", question.options, strict=False)
    )
    return f"""<header><h1>{html.escape(title)}</h1>
<p class="right"><a href="index.html">All explorers</a></p></header>
<header>{KEYS}</header>
<main class="poll"><p class="prompt">{html.escape(question.prompt)}</p>
<div class="options" role="group" aria-label="Options">{options}</div>
<p class="status" role="status"></p>
<p class="steps"><button type="button" class="reveal">Reveal</button>
<a class="next" href="{explorer_page}">Explorer</a>
<button type="button" class="again">New count</button></p></main>
<script>{SCRIPT}</script>"""
