() => {
  // Lists, a sentence each, what is wrong with the notebook on the page, as a reader would see it.
  const faults = [];
  const cells = [...document.querySelectorAll(".jp-Notebook .jp-Cell")];
  const say = (element, sentence) => {
    const index = cells.indexOf(element.closest(".jp-Cell"));
    faults.push(`cell ${index}: ${sentence}`);
  };
  const each = (selector, look) =>
    document.querySelectorAll(`.jp-Notebook ${selector}`).forEach(look);
  const shorten = (text) => text.trim().replace(/\s+/g, " ").slice(0, 80);

  each(".jp-MarkdownCell", (cell) => {
    if (!cell.querySelector(".jp-RenderedMarkdown")?.children.length)
      say(cell, "a text was not rendered");
  });

  // MathJax marks what it could not read, and shows an unknown command in red.
  each("mjx-merror", (error) =>
    say(error, `MathJax does not understand "${shorten(error.textContent)}"`));
  each(`mjx-mtext[style*="color: red"]`, (unknown) =>
    say(unknown, "MathJax does not know a command (it stands in red)"));
  each(".jp-RenderedMarkdown", (text) => {
    const plain = text.cloneNode(true);
    plain.querySelectorAll("code, pre, mjx-container").forEach((element) => element.remove());
    if (plain.textContent.includes("$"))
      say(text, `a dollar sign shows, so a formula was not drawn: "${shorten(plain.textContent)}"`);
  });

  each(".jp-RenderedMermaid.jp-mod-warning", (error) =>
    say(error, `Mermaid does not understand: ${shorten(error.querySelector("details > pre").textContent)}`));
  each("code.language-mermaid", (code) => {
    if (!code.closest(".jp-RenderedMermaid")) say(code, "a Mermaid diagram was not drawn");
  });

  each("img", (image) => {
    // What stands below a folded heading is not shown, and that is no fault of the image.
    if (image.closest(".jp-Cell")?.checkVisibility() === false) return;
    const box = image.getBoundingClientRect();
    if (!image.complete || image.naturalWidth === 0 || box.width < 1 || box.height < 1)
      say(image, "an image does not show");
  });
  // JupyterLab writes "Image" where an author wrote nothing. A figure that a cell made cannot
  // carry an alt text here: the sentence beneath it says what it shows.
  each(".jp-RenderedMarkdown img, .jp-RenderedHTML img", (image) => {
    if (["", "Image"].includes(image.alt))
      say(image, image.closest(".jp-RenderedMermaid")
        ? "a diagram has no alt text: give it a line `accTitle: ...`"
        : "an image has no alt text");
  });

  each(".jp-RenderedMarkdown, .jp-RenderedHTML", (text) => {
    if (text.scrollWidth > text.clientWidth + 1)
      say(text, `something is ${text.scrollWidth - text.clientWidth} pixels wider than the cell`);
  });
  return faults;
}
