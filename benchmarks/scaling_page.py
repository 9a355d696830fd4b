"""docs/scaling.md, written from the stored measurements.

python -m benchmarks.scaling_page
"""

from pathlib import Path

from benchmarks import growth_words, scaling_words
from extraction.tree import ROOT

PAGE = ROOT / "docs" / "scaling.md"


def text() -> str:
    """The page as Markdown."""
    found, grown = scaling_words.measured(), growth_words.measured()
    return f"""# How far it scales
{scaling_words.headline(found)}

Calibration, sensitivity and leave-one-out are thousands of fits that do not need each other. All of them
go through one call, `models.runs.many.run`: it takes a function and its tasks, and returns the results
in the order of the tasks.

## On one machine

{scaling_words.conditions(found)} A fit is here an exact binomial–normal meta-analysis of six simulated
trials, by quadrature. The rate leaves out the start of the processes, of which there is one per core by
default, each with one thread.

{_table(scaling_words.rates(found))}

## More studies

{growth_words.headline(grown)} {growth_words.conditions(grown)}

{_table(growth_words.times(grown))}

The trials are simulated, of 20 to 200 patients in each arm. All studies share one grid of effects that
is fine only where the mean effect lies, so a further study adds its own likelihood and no more points.

## Nothing finished is lost

A fit is finished when its result has come back and is written down, under the hash of its task, of the
function and of the model's code. A run that is interrupted, by Ctrl-C or by force, keeps every finished
fit; the same call then makes only the others. A worker that is killed costs the one fit it was at, which
goes to a new worker. A task that ends its worker every time is named, and the run stops. A damaged line
fails its checksum and its fit is made again. {scaling_words.keeping(found)}

## Beyond one machine, on paper

The same call runs on a Dask cluster that exists already, with `scheduler="tcp://…"` or the address in
`DASK_SCHEDULER_ADDRESS`:

```
dask scheduler --protocol tls --host HOST $TLS                 # on one machine, HOST
dask worker tls://HOST:8786 $TLS --nworkers -1 --nthreads 1    # on each machine
```

where `TLS="--tls-ca-file CA --tls-cert CERT --tls-key KEY"`. Scheduler and workers exchange pickles: whoever
reaches their ports can run code on every machine. So keep TLS, in the caller too
(`DASK_DISTRIBUTED__COMM__TLS__CA_FILE` and its like). On one machine alone `dask scheduler --host 127.0.0.1`
and `tcp://127.0.0.1:8786` will do.

All of them run in the environment of this repository, at the commit of the caller. Results come to the
caller, who keeps them. Fits leave in pieces of about half a second; with a lost worker at most its piece
is made again. This was tried with two workers on one machine, one of them killed midway, and never on a
large cluster. What would bound one, the smallest of each three first, calculated from what was measured:

{_table(scaling_words.on_paper(found))}
"""


def _table(rows: list[dict[str, str]]) -> str:
    heads = list(rows[-1])
    lines = [heads, ["---"] * len(heads), *([row.get(head, "") for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text(), encoding="utf-8")
    print(PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE)
