"""YAML files of a review read and written again with every digit as it was typed."""

from pathlib import Path
from typing import ClassVar

import yaml


class AsTyped(yaml.SafeLoader):
    """Every value is text, but for null."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, form) for tag, form in resolvers if tag.endswith(":null")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class NoAnchors(yaml.SafeDumper):
    """No value is written as a reference to another."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def read(path: Path) -> dict:
    return yaml.load(path.read_text(encoding="utf-8"), AsTyped)


def text_of(data: object) -> str:
    return yaml.dump(data, Dumper=NoAnchors, allow_unicode=True, sort_keys=False, width=10_000)


def write(path: Path, data: object) -> None:
    path.write_text(text_of(data), encoding="utf-8")
