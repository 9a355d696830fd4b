"use strict";

// A search for a word that the pages do not use finds what they say instead, after what it finds itself.
(() => {
    const SAID = {
        survival: ["mortality", "death", "deaths", "died", "dying"],
        progression: ["relapse", "relapses", "recurrence"],
        icans: ["neurotoxicity", "neurotoxic", "encephalopathy", "neurological"],
        infection: ["sepsis", "septic", "bacteraemia", "bacteremia", "pneumonia"],
        steroid: ["corticosteroid", "dexamethasone", "methylprednisolone", "prednisolone", "glucocorticoid"],
        response: ["remission", "remissions", "efficacy"],
        tocilizumab: ["actemra", "roactemra", "treated"],
        crs: ["storm"],
        leukaemia: ["leukemia"],
    };
    const instead = new Map(Object.entries(SAID).flatMap(([said, words]) => words.map(word => [word, said])));
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
