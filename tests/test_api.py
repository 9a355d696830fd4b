"""The public names: typed, shown by examples that run, and described on their page."""

import doctest
import inspect
import re

from api_page import FILE, page

from review import api


def test_the_examples_give_what_they_say():
    # their values are from hand calculations that stand beside them
    ran = doctest.testmod(api)
    assert ran.attempted > 20 and ran.failed == 0


def test_every_public_name_is_in_an_example():
    typed = " ".join(re.findall(r"^(?:>>>|\.\.\.) (.*)$", api.__doc__, re.M))
    assert [name for name in api.__all__ if not re.search(rf"\b{name}\b", typed)] == []


def test_every_public_function_says_what_it_takes_and_gives_and_what_it_is():
    for name in api.__all__:
        what = getattr(api, name)
        if inspect.isfunction(what):
            said = inspect.signature(what)
            assert said.return_annotation is not said.empty, name
            assert all(p.annotation is not p.empty for p in said.parameters.values()), name
        assert inspect.getdoc(what), name


def test_the_page_is_that_of_the_docstrings():
    assert FILE.read_text(encoding="utf-8") == page()
