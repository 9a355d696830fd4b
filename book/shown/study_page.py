"""The page of one study: every printed number with its address, and what the review does with it."""

from collections import defaultdict
from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from book.html import files, markup
from book.html.markers import anchor, entry_key, marked
from book.html.show import image
from book.html.template import filled, plain
from book.shown import entry_words, extracted_by
from book.shown.endpoint import curves
from book.shown.entry_words import report_words, whom, words
from book.shown.topics import topics
from extraction.bias import tool_of
from extraction.checks import Finding
from extraction.question import CONTRASTS, ENDPOINTS, FIELDS, QUESTION
from extraction.records import Review
from extraction.schema import AnyEntry, Contradiction, Record, Registration
from extraction.vocabulary import ARMS, JUDGED
from models.evidence.report import Evidence

HEADS = ("whom", "printed", "kind of report", "where in the paper", "what becomes of it")
VARIABLE = Markup('<tr class="variable"><th colspan="{}" scope="rowgroup">{}</th></tr>')
"""The line that heads the numbers of a variable."""
DECISIONS = {"included": "Included", "awaiting_data": "Awaiting data", "excluded": "Excluded"}
SHOWN = ("printed_numbers", "groups", "definitions", "contradictions", "risk_of_bias")
"""Tables of `book.make.tidy` of which a study's page shows its rows."""
NO_RECORD = {
    "awaiting_data": (
        "Awaiting data",
        (
            "No readable text of this study could be reached, so none of its numbers is entered and "
            "none is in any result of this review. It is shown so that the gap stays visible."
        ),
    ),
    "excluded": ("Excluded", "This study enters no result of this review."),
}
RETRACTED = (
    "Retracted",
    (
        "This paper was retracted on {retracted} and enters no result of this review. What it printed is kept"
        " below, so that earlier versions can be understood."
    ),
)


def page(study: Registration, review: Review, evidence: dict[str, Evidence], findings: list[Finding]) -> str:
    """The page as MyST."""
    record = review.records.get(study.id)
    parts = [f"({study.id})=\n# {markup.markdown(study.label)}"]
    if study.decision in NO_RECORD:
        title, meaning = RETRACTED if study.retracted else NO_RECORD[study.decision]
        parts.append(
            f":::{{admonition}} {title}\n:class: warning\n{meaning.format(retracted=study.retracted)}\n:::"
        )
    if record and not study.retracted:
        parts.append(
            f"What {markup.markdown(study.label)} prints, number by number with its address in the paper, and"
            " what the review does with each."
        )
    parts += [_registration(study), f"The paper: {_named(study)}"]
    if record:
        fates = _fates(study.id, evidence, findings)
        parts += [
            _design(record),
            _arms(record),
            _definitions(record),
            _contradictions(record),
            _integrity(record),
            _risk_of_bias(record),
            _curves(study.id, review),
            *_entries(record, fates),
        ]
    return "\n\n".join(filter(None, parts)) + "\n"


def numbers(
    record: Record, tables: dict[str, pd.DataFrame], evidence: dict[str, Evidence], findings: list[Finding]
) -> dict[str, pd.DataFrame]:
    """The rows of `book.make.tidy.tables` that the page of a study shows, by the name of their file without
    ending.
    """
    own = {name: tables[name][tables[name]["study"] == record.study] for name in SHOWN}
    fates = _fates(record.study, evidence, findings)
    own["printed_numbers"] = own["printed_numbers"].assign(
        what_becomes_of_it=[" ".join(fates.get(entry, [])) for entry in own["printed_numbers"]["id"]]
    )
    return {_file(record.study, name): frame for name, frame in own.items() if not frame.empty}


def _file(study: str, table: str) -> str:
    return f"{study}-{table.replace('_', '-')}"


def _numbers(record: Record, table: str, caption: str) -> Markup:
    return files.link(f"../../numbers/{_file(record.study, table)}.csv", caption)


def _named(study: Registration) -> str:
    """What names a paper, as a link where it has an address."""
    name = markup.markdown(study.named_by)
    return f"[{name}](<{study.link}>)" if study.link else name


def _registration(study: Registration) -> str:
    limited = study.endpoints if study.decision == "included" else None
    return markup.terms(
        [
            ("Decision", f"{DECISIONS[study.decision]}, {study.decided}"),
            ("Retracted", study.retracted),
            ("Reason", study.reason),
            ("Title", study.title),
            ("Authors", ", ".join(study.authors)),
            ("Published", f"{study.journal}, {study.year}"),
            ("PubMed", study.pmid),
            ("Trial registrations", ", ".join(study.registrations)),
            ("Contrast", CONTRASTS[study.contrast].meaning),
            ("Patients in the paper", study.patients),
            ("Overlap group", study.cohort.replace("_", " ")),
            ("May enter", None if limited is None else _listed(limited)),
            ("Text read", "yes" if study.text_held else "no"),
        ]
    )


def _listed(endpoints: list[str]) -> str:
    """Endpoints by name; one that is no longer asked for is left out."""
    return ", ".join(ENDPOINTS[endpoint] for endpoint in endpoints if endpoint in ENDPOINTS)


def _design(record: Record) -> str:
    design = record.design
    texts = "; ".join(f"{t.file} ({t.licence})" + (f": {t.note}" if t.note else "") for t in record.texts)
    enrolled = " to ".join(filter(None, (design.first_patient, design.last_patient)))
    return "## Design\n\n" + markup.terms(
        [
            ("Design", design.type),
            ("Centres", ", ".join(design.centres)),
            ("Enrolled", enrolled or "not printed"),
            *((name.capitalize(), design.detail(name) or None) for name in QUESTION.design),
            ("Where", design.address),
            ("Texts read", texts),
            ("Extracted", extracted_by.status(record)),
        ]
    )


def _arms(record: Record) -> str:
    rows = [markup.row((ARMS[arm], d.definition, d.address)) for arm, d in record.arms.items()]
    rows += [markup.row((words(name), d.definition, d.address)) for name, d in record.strata.items()]
    caption = "Whom the numbers describe"
    return "## Arms and strata\n\n" + markup.table(
        caption, ("arm or stratum", "definition", "where"), rows, _numbers(record, "groups", caption)
    )


def _definitions(record: Record) -> str:
    if not record.definitions:
        return ""
    rows = [
        markup.row((words(name), d.definition, d.address or "not printed"))
        for name, d in record.definitions.items()
    ]
    caption = "How the paper defines what it measures"
    return "## Definitions\n\n" + markup.table(
        caption, ("variable", "definition", "where"), rows, _numbers(record, "definitions", caption)
    )


def _contradictions(record: Record) -> str:
    if not record.contradictions:
        return ""
    printed = {entry.id: entry.printed for entry in record.entries}
    rows = [_contradiction(record.study, c, printed) for c in record.contradictions]
    caption = "Printed readings that cannot all hold; all are kept"
    return "## Contradictions\n\n" + markup.table(
        caption,
        ("what disagrees", "as printed", "why this one is used"),
        rows,
        _numbers(record, "contradictions", caption),
    )


def _integrity(record: Record) -> str:
    if not record.integrity:
        return ""
    printed = {entry.id: entry for entry in record.entries}
    caption = "The numbers it speaks of"
    rows = [
        markup.row((_marked(record.study, name, printed[name].printed), printed[name].address))
        for name in record.integrity.entries
    ]
    return f"## Research integrity\n\n{markup.markdown(record.integrity.said)}\n\n" + markup.table(
        caption, ("as printed", "where"), rows, _numbers(record, "printed_numbers", caption)
    )


def _risk_of_bias(record: Record) -> str:
    if not record.risk_of_bias:
        return ""
    rows = [
        markup.row(
            (
                JUDGED[row.domain],
                ", ".join(ENDPOINTS[e] for e in row.endpoints),
                row.judgement.replace("_", " "),
                row.reason,
                row.address or "a silence of the paper",
            )
        )
        for domain in JUDGED
        for row in record.risk_of_bias
        if row.domain == domain
    ]
    heads = ("domain", "endpoints", "risk of bias", "reason", "where")
    caption = f"{tool_of(record).name}, by domain"
    return "## Risk of bias\n\n" + markup.table(
        caption, heads, rows, _numbers(record, "risk_of_bias", caption)
    )


def _curves(study: str, review: Review) -> str:
    """Each digitised curve over the one reconstructed from it."""
    pictures = [
        image(
            picture.figure,
            picture.alt,
            name := curves.anchor(study, entry),
            files.link(f"../../numbers/{name}.csv", f"figure {name.replace('-', ' ')}"),
        )
        for _, entry in curves.digitised(review, study=study)
        if (picture := curves.picture(review, study, entry))
    ]
    return "## Survival curves, digitised and reconstructed\n\n" + markup.raw(pictures) if pictures else ""


def _contradiction(study: str, contradiction: Contradiction, printed: dict[str, str | None]) -> Markup:
    readings = [
        (_marked(study, entry, printed.get(entry)), entry == contradiction.used, _link(entry))
        for entry in contradiction.entries
    ]
    used = contradiction.used if contradiction.used not in printed else None
    return filled(
        "contradiction.html",
        about=contradiction.about,
        readings=readings,
        used=used,
        reason=contradiction.reason,
    )


def _marked(study: str, entry: str, printed: str | None) -> Markup:
    """What is printed, as a link to its source; without the script, to its row on this page."""
    return marked(printed or "not printed", [entry_key(study, entry)], f"#{anchor(entry)}")


def _link(entry: str) -> Markup:
    return Markup('<a class="entry" href="#{}">{}</a>').format(anchor(entry), plain(entry))


def _entries(record: Record, fates: dict[str, list[str]]) -> Iterator[str]:
    """One table for each topic, in which a line heads the numbers of each variable."""
    by_field = defaultdict(list)
    for entry in record.entries:
        by_field[entry.field].append(entry)
    for topic, fields in topics().items():
        rows: list[Markup] = []
        for field in filter(by_field.get, fields):
            rows.append(VARIABLE.format(len(HEADS), plain(FIELDS[field].meaning)))
            rows += [
                _entry(record.study, entry, entry.id in record.set_aside(), fates.get(entry.id, []))
                for entry in by_field[field]
            ]
        if rows:
            caption = f"{topic}: numbers as printed"
            yield f"## {topic}\n\n" + markup.table(
                caption,
                HEADS,
                rows,
                _numbers(record, "printed_numbers", f"{caption}, with all others of the study"),
            )


def _entry(study: str, entry: AnyEntry, set_aside: bool, fate: list[str]) -> Markup:
    """One printed number: whom it describes, what is printed, where, and what the review makes of it."""
    remarks = [
        entry.note,
        entry.reason if entry.kind == "not_reported" else None,
        "Set aside: see contradictions." if set_aside else None,
        *fate,
    ]
    return filled(
        "entry.html",
        id=anchor(entry.id),
        set_aside=set_aside,
        whom=whom(entry),
        printed=_marked(study, entry.id, entry.printed),
        report=report_words(entry),
        address=entry.address,
        remarks=filter(None, remarks),
        link=_link(entry.id),
    )


def _fates(study: str, evidence: dict[str, Evidence], findings: list[Finding]) -> dict[str, list[str]]:
    """Per entry: the endpoints it enters or is left out of, and what recalculation says of it."""
    entering, judged = entry_words.fates(study, evidence), entry_words.verdicts(study, findings)
    return {
        entry: [
            *dict.fromkeys(entering.get(entry, [])),
            *(f"Recalculated: {said}" for said in judged.get(entry, [])),
        ]
        for entry in entering | judged
    }
