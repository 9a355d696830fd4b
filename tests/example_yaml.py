"""YAML files of a review read and written again with every digit as it was typed."""

from pathlib import Path
from typing import ClassVar

import yaml


class AsTyped(yaml.CSafeLoader):
    """Every value is text, but for null."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, form) for tag, form in resolvers if tag.endswith(":null")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class NoAnchors(yaml.CSafeDumper):
    """No value is written as a reference to another."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def load(text: str) -> dict:
    return yaml.load(text, AsTyped)


def read(path: Path) -> dict:
    return load(path.read_text(encoding="utf-8"))


def sorted_of(data: object) -> object:
    """The same with the keys of every mapping in the order of the alphabet."""
    if isinstance(data, dict):
        return {key: sorted_of(data[key]) for key in sorted(data)}
    return [sorted_of(item) for item in data] if isinstance(data, list) else data


def text_of(data: object) -> str:
    return yaml.dump(data, Dumper=NoAnchors, allow_unicode=True, sort_keys=False, width=10_000)


def write(path: Path, data: object) -> None:
    path.write_text(text_of(data), encoding="utf-8")
