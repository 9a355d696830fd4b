// The small figure beside an endpoint's finding: the mean effect under another prior of the differences between studies, and with more or less bias.
"use strict";

(() => {
  const fold = document.querySelector(".review-live");

  // Runs after those asked for before it; a page need not load what computes before its reader asks for it.
  const loaded = address => new Promise(done => document.head.append(Object.assign(document.createElement("script"), { src: address, async: false, onload: done })));

  function begin(root) {
    const part = name => root.querySelector(`[data-part="${name}"]`), [tau, share] = ["tau", "share"].map(name => root.querySelector(`[name="${name}"]`));
    const data = EXPLORER_DATA, key = root.dataset.endpoint, endpoint = data.endpoints[key], book = ExplorerState.start(data, key), { number, percent, capital } = ExplorerWords;
    let waiting = 0, width = 0;

    function draw() {
      const chosen = { ...book, scale: Number(tau.value), bias: Number(share.value) ? "judged" : "none", share: Number(share.value) / 100 };
      const answer = ExplorerAnswer.of(data, chosen), { mu } = answer, numbers = `${number(Math.exp(mu.median))} (${number(Math.exp(mu.lower))} to ${number(Math.exp(mu.upper))})`;
      part("tau").textContent = chosen.scale.toFixed(2);
      part("share").textContent = `${share.value} %`;
      part("summary").textContent = `${capital(endpoint.scale)} ${numbers}; ${data.treatment} is the better side with a probability of ${percent(answer.favours)}.`;
      const prior = Explorer.THETA.map(theta => Math.exp(-0.5 * (theta / chosen.mu) ** 2) / (chosen.mu * Math.sqrt(2 * Math.PI)));
      const [left, right] = endpoint.sides;
      ExplorerPlot.draw(part("plot"), [{ label: "Mean effect", kind: "mean", numbers, ...mu }], { theta: Explorer.THETA, mine: mu.density, book: ExplorerAnswer.ofBook(data, key).mu.density, prior },
        { low: `← favours ${left}`, high: `favours ${right} →`, scale: `${endpoint.scale}, log scale`, alt: part("summary").textContent });
    }

    tau.value = book.scale;
    part("more").hash = `endpoint=${key}`;
    root.addEventListener("input", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(draw); });
    new ResizeObserver(([{ contentRect }]) => { if (contentRect.width && contentRect.width !== width) { width = contentRect.width; draw(); } }).observe(part("plot"));
  }

  fold.hidden = false;
  fold.querySelector("details").addEventListener("toggle", async () => {
    await Promise.all(fold.dataset.scripts.split(" ").map(loaded));
    fold.querySelectorAll("[data-endpoint]").forEach(begin);
  }, { once: true });
})();
