"use strict";

// A search for a word that the pages do not use finds what they say instead, after what it finds itself.
(() => {
    const instead = new Map(Object.entries(SYNONYMS).flatMap(([said, words]) => words.map(word => [word, said])));
    const search = Search._performSearch;
    const place = ([page, , anchor]) => `${page}${anchor ?? ""}`;

    Search._performSearch = (query, ...terms) => {
        const found = search(query, ...terms);
        const words = query.toLowerCase().trim().split(/\s+/);
        if (!words.some(word => instead.has(word))) return found;
        const known = new Set(found.map(place));
        const others = search(...Search._parseQuery(words.map(word => instead.get(word) ?? word).join(" ")));
        return [...others.filter(one => !known.has(place(one))), ...found]; // the last is shown first
    };
})();
