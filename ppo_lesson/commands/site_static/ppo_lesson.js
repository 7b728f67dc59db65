// Draws what a page holds, with programs that lie beside this file: no other place is asked.
(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const FONT = "Liberation Sans, Arial, Helvetica, sans-serif";
  const SMALLEST = 0.75; // of a drawing: its letters are still read

  const load = (name) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, { src: here + name, onload: resolve, onerror: reject });
    document.head.append(script);
  });

  // A drawing is as wide as its column; where that is much narrower, it scrolls.
  const fit = (place, drawing) => {
    const room = place.clientWidth / Number(place.dataset.width);
    drawing.style.zoom = Math.min(1, Math.max(SMALLEST, room));
  };

  const drawExplorers = async (places) => {
    await load("vega.js");
    for (const place of places) {
      const [drawing, specification] = place.children;
      await window.vegaEmbed(drawing, JSON.parse(specification.textContent), { mode: "vega" });
      drawing.style.height = `${drawing.querySelector("svg").getAttribute("height")}px`;
      new ResizeObserver(() => fit(place, drawing)).observe(place);
    }
  };

  const drawDiagrams = async () => {
    await load("mermaid.js");
    window.mermaid.initialize({ startOnLoad: false, theme: "neutral", fontFamily: FONT });
    await window.mermaid.run();
  };

  // A long formula scrolls, for those too who have no mouse; a link that is one has a name.
  const finishFormulas = async () => {
    await window.MathJax?.startup.promise;
    for (const formula of document.querySelectorAll("mjx-container[display=true]")) {
      for (const box of [formula, formula.parentElement]) {
        if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      }
    }
    for (const words of document.querySelectorAll("a mjx-assistive-mml")) {
      const link = words.closest("a");
      if (link.textContent.trim() === words.textContent.trim()) link.ariaLabel = words.textContent;
    }
  };

  // A page that was opened with a double click may not read its neighbours' text.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  document.addEventListener("DOMContentLoaded", () => {
    const explorers = document.querySelectorAll(".ppo-explorer");
    if (explorers.length) drawExplorers(explorers);
    if (document.querySelector("pre.mermaid")) drawDiagrams();
  });
  window.addEventListener("load", finishFormulas);
})();
