"""A search taken in: its exports become rows of the candidates, each new or a repetition."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from extraction.fault import Fault
from extraction.search import duplicates
from extraction.search.candidates import Candidate, identity
from extraction.search.export import Export
from extraction.search.work import Work


class OtherContent(Fault):
    """A file of the same name and search was taken in with other content."""


@dataclass(frozen=True)
class Intake:
    """All rows after a search was taken in, those that it added, and files that had been taken in before."""

    rows: list[Candidate]
    added: list[Candidate]
    files_known: tuple[str, ...]
    day: date

    @property
    def repeated(self) -> list[Candidate]:
        """Those that it added though another row has their work."""
        return [row for row in self.added if row.same_as]

    @property
    def counts(self) -> dict[str, int]:
        """How many it added, and how many of them are new, known from an earlier search, and found twice."""
        by_id, added, repeated = {row.id: row for row in self.rows}, len(self.added), self.repeated
        before = sum(by_id[row.same_as].searched < self.day for row in repeated)
        return {
            "added": added,
            "new": added - len(repeated),
            "known_before": before,
            "found_twice": len(repeated) - before,
        }


def take_in(rows: list[Candidate], exports: Iterable[Export], source: str, day: date) -> Intake:
    """The rows with those of these exports; a file taken in before adds none. Raises OtherContent."""
    own = [row for row in rows if (row.source, row.searched) == (source, day)]
    held: dict[str, list[tuple]] = {}
    for row in own:
        held.setdefault(row.file, []).append(_as_found(row))
    works = duplicates.known(rows)
    with_abstract = {row.same_as or row.id for row in rows if row.abstract}
    added: list[Candidate] = []
    files_known = []
    for export in exports:
        content = [_as_found(work) for work in export.works]
        if content and content in held.values():
            files_known.append(export.file)
            continue
        if export.file in held:
            raise OtherContent(
                f"{export.file}: a file of this name was taken in for {source} on {day} with other content;"
                " name it otherwise if both belong to the search"
            )
        held[export.file] = content
        for position, work in enumerate(export.works, 1):
            same_as, by = works.find(work) or ("", "")
            row = Candidate.model_validate(
                {
                    **work.model_dump(),
                    "id": identity(source, day, len(own) + len(added) + 1),
                    "same_as": same_as,
                    "by": by,
                    "source": source,
                    "searched": day,
                    "file": export.file,
                    "position": position,
                    "abstract": "" if same_as in with_abstract else work.abstract,
                }
            )
            works.add(work, same_as or row.id)
            if row.abstract:
                with_abstract.add(same_as or row.id)
            added.append(row)
    return Intake([*rows, *added], added, tuple(files_known), day)


def _as_found(work: Work) -> tuple:
    """A record as its file has it, but for the abstract, which a repetition does not keep."""
    return tuple(getattr(work, name) for name in Work.model_fields if name != "abstract")
