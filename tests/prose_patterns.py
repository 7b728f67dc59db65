"""Constructions that no text of ours has (they sound translated, or make a reader feel slow).

Each with what to write instead, a sentence in which it is found, and one that is let pass.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Construction(NamedTuple):
    """A pattern over prose without code and formulas, and how to mend what it finds."""

    pattern: str
    mend: str
    found_in: str
    let_pass: str

    def search(self, text: str) -> str:
        """Return the first piece of text that has the construction, or ""."""
        found = re.search(self.pattern, text, re.MULTILINE)
        return " ".join(found[0].split()) if found else ""


COMPARED = "longer|more|less|fewer|better|worse|larger|smaller|greater|higher|lower|other|different"
IDIOMS = "accident|coincidence|exception|guarantee|surprise"
OF_TRAINING = "run|loop|step|batch|set|curve|program|script|example|epoch|signal|loss|reward|method"

CONSTRUCTIONS = {
    "who, for whoever": Construction(
        r"(?:^|(?<=[.:;!?] ))[Ww]ho \w[^.?!]*[.!]",
        "a reader who ..., a batch that ..., if you ...",
        "Who has not met a large weight underestimates both.",
        "Who acts? A learner who has met one knows, but who pays is another question.",
    ),
    "is no, for is not a": Construction(
        rf"(?<![Tt]here )\b(?:is|are|was|were) no (?!one\b|(?:{COMPARED}|{IDIOMS})\b)\w+",
        "is not a ..., are not ...",
        "It is no law.",
        "There is no clip here; it is no longer needed, no larger than one, and no one asks.",
    ),
    "as a rule": Construction(
        r"\b[Aa]s a rule\b",
        "on average (of numbers); usually (of habits)",
        "what the policy does as a rule",
        "It serves as a ruler, as rules do.",
    ),
    "for sure": Construction(
        r"\bfor sure\b", "always, certainly", "This holds for sure.", "We are sure of it."
    ),
    "outside of": Construction(
        r"\b[Oo]utside of\b",
        "outside",
        "The ratio lies outside of the interval.",
        "The ratio lies outside the interval.",
    ),
    "truly": Construction(
        r"\b[Tt]ruly\b", "in fact, or nothing", "what truly followed", "what in fact followed"
    ),
    "a training": Construction(
        rf"\b(?:[Aa]|[Ee]ach|[Ee]very|[Oo]ne) training\b(?! (?:{OF_TRAINING})s?\b)|trainings",
        "a training run",
        "A training is sick.",
        "A training run is unhealthy; training takes a training loop.",
    ),
    "the lecture": Construction(
        r"\b[Tt]he lecture(?:r|'s|s)?\b",
        "state what it says: a common short form is ...",
        "The lecture writes it without gamma.",
        "A common short form leaves gamma out; a lecture is no source here.",
    ),
    "tell without a listener": Construction(
        r"\btell(?:s)? (?:of|about)\b|\b(?:does|do|did|will|can|would) [^.?!]{1,60} tell ?\?",
        "tell you about, show",
        "What does that tell about the ratio?",
        "What does that tell you about the ratio? It tells the two apart.",
    ),
    "which sign has": Construction(
        r"\b(?:Which|What) \w+ (?:has|have) (?:the|an?|its|this|that|each) \w+"
        r"(?: (?:of|at|in|for|on|under)\b[^.?!]*)?\?",
        "what sign does ... have",
        "Which sign has the gradient of its logit?",
        "What sign does the gradient have? Which sample has the clip silenced?",
    ),
    "a clause before its verb": Construction(
        r"(?:^|(?<=[.!?] ))(?:How|What|Where|Whether|Why)\b[^.?!,]*, "
        r"(?:you|we|one)\b (?:can|see|saw|know|will|read)\b",
        "subject and verb first: you can see exactly how wrong it is",
        "How wrong it is, you can see exactly.",
        "You can see exactly how wrong it is. What you see here, we measured in notebook 03.",
    ),
    "there stands": Construction(
        r"\b[Tt]here stands?\b",
        "say what appears: the missing probability appears",
        "Put it in, and there stands the probability that was missing.",
        "Substitute, and the missing probability appears. It stands there.",
    ),
    "conclude to": Construction(
        r"\b[Cc]onclud(?:e|es|ed|ing) from [^.?!]* to\b",
        "infer ... from ...",
        "You conclude from the value to the gradient.",
        "You are inferring the gradient from the value. You conclude from this that it falls.",
    ),
    "allow to": Construction(
        r"\b(?:allow|permit|enable)(?:s|ed|ing)? to [a-z]+",
        "allow you to, let you",
        "The ratio allows to reuse old samples.",
        "The ratio allows us to reuse old samples.",
    ),
    "weigh with": Construction(
        r"\b[Ww]eigh(?:s|ed|ing)?\b[^.?!]{0,40}\bwith (?:its|their|the|his)\b",
        "weight ... by",
        "Weigh the value of each outcome with its probability.",
        "Weight the value of each outcome by its probability; weigh it, with care.",
    ),
    "a line of another notebook": Construction(
        r"\blines? [A-Z]\d+ (?:of|in) \[?notebook",
        "repeat the formula",
        "It follows from line S2 of notebook 04.",
        "It follows from line S2 above.",
    ),
    "a symbol as code": Construction(
        r"\btheta_\w+",
        r"as in the text: $\theta_{old}$",
        "The policy at theta_old acted.",
        "The policy at theta acted.",
    ),
    "exclamation mark": Construction(
        r"(?:[A-Za-z]{2}|\))!(?=[\s\"')*]|$)",
        "a full stop",
        "It works!",
        "It works. n!/k! ways, a != b.",
    ),
    "simply and its like": Construction(
        r"\b(?:[Ss]imply|[Oo]bviously|[Cc]learly|[Tt]rivially|[Oo]f course|[Nn]eedless to say)\b",
        "leave it out",
        "The mean is simply the sum.",
        "A simple mean, of a course, is clear.",
    ),
    "just": Construction(
        r"\b[Jj]ust\b(?! (?:as|above|below|before|after|under|over|outside|inside|like)\b)",
        "leave it out; only",
        "Just divide by N.",
        "It lies just below one, just as before.",
    ),
}
