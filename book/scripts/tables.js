"use strict";

// The keyboard stops once at a table, and once at the links below a table or figure: at the first link, and the arrows lead to the others. A table is a stop
// itself only where it scrolls.
(() => {
    const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const tables = [...document.querySelectorAll(".review-scroll")];

    for (const group of document.querySelectorAll(".review-scroll, .review-numbers")) {
        const links = [...group.querySelectorAll("a[href]")];
        if (links.length < 2) continue;
        links[0].setAttribute("aria-description", "Arrow keys lead to the other links beside it.");
        links.slice(1).forEach(link => { link.tabIndex = -1; });
        group.addEventListener("focusin", event => {
            if (!links.includes(event.target)) return;
            links.forEach(link => { link.tabIndex = link === event.target ? 0 : -1; });
        });
        group.addEventListener("keydown", event => {
            const next = links[links.indexOf(event.target) + STEPS[event.key]];
            if (!next || !links.includes(event.target)) return;
            event.preventDefault();
            next.focus();
        });
    }

    function mark() {
        for (const table of tables) {
            if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
            else table.removeAttribute("tabindex");
        }
    }
    mark();
    addEventListener("resize", mark);
    document.addEventListener("toggle", mark, true); // a fold that opens
})();
