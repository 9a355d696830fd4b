"use strict";

// What stands behind a number or a word opens beside it: under the pointer, at a tap or click, at Enter.
// Without this script every one of them is a link that leads to the same.
(() => {
    const folder = document.currentScript.src;
    const PATIENCE = { open: 150, rest: 800, close: 300 }; // milliseconds: a pointer that only passes opens nothing, one that crosses the gap loses nothing
    const EDGE = 8; // pixels between the box and the edge of the screen
    const PHONE = 576; // pixels: the width up to which the box leaves the page in sight
    const OF_A_PHONE = 0.4; // of its height
    const markers = [...document.querySelectorAll("a.source, a[title] > .std-term")].map(found => found.closest("a"));
    if (!("showPopover" in HTMLElement.prototype) || !markers.length) return;

    const box = document.createElement("div");
    box.id = "source-box";
    box.className = "review-source";
    box.popover = "manual";
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-labelledby", "source-title");
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    close.textContent = "Close";
    close.addEventListener("click", () => dismiss(true));

    let shown = null; // the marker whose source is open
    let spot = null; // what it opened at
    let kept = false; // whether it stays when the pointer leaves
    let timer = 0;
    let loading = null;

    function element(name, text = "", children = []) {
        const made = document.createElement(name);
        made.textContent = text;
        made.append(...children);
        return made;
    }

    function link(words, address) {
        const made = element("a", words);
        made.href = address;
        return made;
    }

    // A cell without a source of its own opens that of its row or else of its table.
    const ofCell = cell => cell.parentElement.querySelector("a.source") ?? cell.closest(".review-scroll")?.nextElementSibling?.querySelector("a.source");

    // The sources are fetched once a reader asks for the first; a page opened as a file may load a script, not data.
    function sources() {
        loading ??= new Promise((done, failed) => {
            const script = document.createElement("script");
            script.src = new URL("provenance-data.js", folder);
            script.onload = () => done(window.PROVENANCE);
            script.onerror = failed;
            document.head.append(script);
        });
        return loading;
    }

    const list = lines => element("dl", "", lines.flatMap(([name, text]) => [element("dt", name), element("dd", text)]));

    function source({ title, lines, links }) {
        const leads = links.map(([words, address]) => element("li", "", [link(words, new URL(address, new URL("../book/", folder)).href)]));
        return element("section", "", [element("p", title), list(lines), element("ul", "", leads)]);
    }

    function term(marker) {
        const leads = element("ul", "", [element("li", "", [link("Glossary", marker.href)])]);
        return element("section", "", [element("p", marker.textContent), element("p", marker.dataset.definition), leads]);
    }

    // What made the numbers of a whole figure or table.
    const made = words => source({ title: "How these numbers were computed", lines: [["By", words]], links: [["Seeds, versions and diagnostics", "editing.html#status"]] });

    async function content(marker) {
        if (marker.dataset.definition) return [term(marker)];
        const whole = marker.dataset.made ? [made(marker.dataset.made)] : [];
        if (!marker.dataset.source) return whole;
        const all = await sources();
        const found = marker.dataset.source.split(" ").map(key => all[key]);
        const reports = new Map(found.flatMap(({ reports }) => reports).map(lines => [JSON.stringify(lines), lines])); // each once
        return [...whole, ...found.map(source), ...[...reports.values()].map(lines => element("section", "", [list(lines)]))];
    }

    // Beside its marker, or at the cell that stands for it.
    async function show(marker, keep, at = marker) {
        clearTimeout(timer);
        if (at === spot) {
            kept ||= keep;
            return;
        }
        hide();
        [shown, spot, kept] = [marker, at, keep];
        const parts = await content(marker);
        if (spot !== at) return;
        parts[0].firstChild.id = "source-title";
        box.replaceChildren(close, ...parts);
        marker.after(box); // so that the next stop of the keyboard is in it
        box.showPopover();
        marker.setAttribute("aria-expanded", "true");
        marker.setAttribute("aria-controls", box.id);
        box.scrollTop = 0;
        place();
    }

    function hide() {
        clearTimeout(timer);
        if (!shown) return;
        const marker = shown;
        [shown, spot, kept] = [null, null, false];
        marker.setAttribute("aria-expanded", "false");
        marker.removeAttribute("aria-controls");
        box.remove();
    }

    // The keyboard goes back to where it was.
    function dismiss(wasInside) {
        const marker = shown;
        hide();
        if (wasInside) marker?.focus();
    }

    // Below its marker, or above where there is more room; never beyond the screen.
    function place() {
        if (!box.isConnected) return;
        const at = spot.getClientRects()[0] ?? spot.getBoundingClientRect();
        const [width, height] = [document.documentElement.clientWidth, window.innerHeight];
        const [above, below] = [at.top - 2 * EDGE, height - at.bottom - 2 * EDGE];
        box.style.maxHeight = "none";
        const most = width <= PHONE ? OF_A_PHONE * height : height;
        const isBelow = Math.min(box.offsetHeight, most) <= below || below >= above;
        box.style.maxHeight = `${Math.min(most, Math.max(96, isBelow ? below : above))}px`;
        const top = isBelow ? at.bottom + EDGE / 2 : at.top - EDGE / 2 - box.offsetHeight;
        box.style.left = `${Math.max(EDGE, Math.min(at.left, width - box.offsetWidth - EDGE))}px`;
        box.style.top = `${Math.max(EDGE, Math.min(top, height - box.offsetHeight - EDGE))}px`;
    }

    const holds = target => Boolean(shown) && target instanceof Node && (spot.contains(target) || box.contains(target));
    const isFocused = () => box.contains(document.activeElement) || Boolean(shown?.matches(":focus-visible"));

    function leave(event) {
        if (event.pointerType !== "mouse") return;
        clearTimeout(timer);
        timer = setTimeout(() => { if (!kept && !isFocused()) hide(); }, PATIENCE.close);
    }

    // A pointer that rests on a marker, or on a cell that stands for it, opens it.
    function follow(target, marker, patience) {
        target.addEventListener("pointerenter", () => { if (spot === target) clearTimeout(timer); });
        target.addEventListener("pointermove", event => { // it comes by itself: a page that scrolls under it opens nothing
            if (event.pointerType !== "mouse" || spot === target || isAnothers(event, target)) return;
            clearTimeout(timer);
            timer = setTimeout(() => { if (!box.contains(document.activeElement)) show(marker, false, target); }, patience);
        });
        target.addEventListener("pointerleave", leave);
    }

    // Within a cell: a link, or the box, which stands behind its marker.
    const isAnothers = (event, target) => event.target.closest("a") !== target.closest("a") || box.contains(event.target);
    const toggle = (marker, at) => (spot === at && kept ? hide() : show(marker, true, at));

    for (const marker of markers) {
        if (marker.title) {
            marker.dataset.definition = marker.title;
            marker.setAttribute("aria-description", marker.title);
            marker.removeAttribute("title"); // else the browser shows it a second time
        }
        marker.setAttribute("role", "button");
        marker.setAttribute("aria-haspopup", "dialog");
        marker.setAttribute("aria-expanded", "false");
        follow(marker, marker, PATIENCE.open);
        marker.addEventListener("click", event => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            toggle(marker, marker);
        });
        marker.addEventListener("keydown", event => {
            if (event.key !== " ") return;
            event.preventDefault();
            marker.click();
        });
    }
    for (const cell of document.querySelectorAll(".review-table td, .review-table tbody th")) {
        if (!ofCell(cell)) continue;
        cell.classList.add("opens"); // the keyboard has the markers
        follow(cell, ofCell(cell), PATIENCE.rest);
        cell.addEventListener("click", event => { if (!isAnothers(event, cell) && getSelection().isCollapsed) toggle(ofCell(cell), cell); });
    }
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", leave);
    document.addEventListener("focusin", event => {
        if (shown && !holds(event.target)) hide();
    });
    document.addEventListener("keydown", event => { if (event.key === "Escape") dismiss(box.contains(document.activeElement)); });
    document.addEventListener("pointerdown", event => { if (shown && !holds(event.target)) hide(); });
    addEventListener("resize", place);
    addEventListener("scroll", event => { if (event.target !== box) place(); }, { capture: true, passive: true });
})();
