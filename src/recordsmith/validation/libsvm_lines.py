"""What is wrong with one line of libsvm text."""

from __future__ import annotations

import re
from typing import NamedTuple

from .text_facts import shown

__all__ = ["NO_VALUE", "Fault", "fault_in", "is_not_libsvm"]

_TOKEN = re.compile(rb"[^ \t\r\n\v\f]+")
_SAMPLE_LINES = 20
_PAIR = re.compile(rb"(?:^|\s)-?[0-9]+:\S")
_NUMBER = (
    rb"[+-]?(?:[0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+(?:e[+-]?[0-9]+)?"
    rb"|inf(?:inity)?|nan)"
)
# A colon that no number follows.
NO_VALUE = re.compile(rb":(?!" + _NUMBER + rb"(?:[\s#]|\Z))", re.IGNORECASE)
# The head of a line, as far as its fields are what they have to be.
_FINE = re.compile(
    _NUMBER + rb"(?:[ \t]+[0-9]+:" + _NUMBER + rb"(?![^\s#]))*", re.IGNORECASE
)


class Fault(NamedTuple):
    """The first thing that is wrong in a line.

    Attributes
    ----------
    rule, about : str
    byte : int
        Where it stands in the line, from 0.
    text : str
    """

    rule: str
    about: str
    byte: int
    text: str


def fault_in(line: bytes, base: int, most: int, label: bool) -> Fault:
    """The first fault of a line that the parser refused.

    Parameters
    ----------
    line : bytes
    base, most : int
        The lowest and the highest index.
    label : bool
        Whether there has to be a label.

    Examples
    --------
    >>> fault_in(b"1 3:0.5 x:2", 0, 99, True)
    Fault(rule='libsvm/index', about='number', byte=8, text="'x:2'")
    >>> fault_in(b"yes 3:0.5", 0, 99, True).rule
    'libsvm/label'
    """
    fine = _FINE.match(line)
    begin = 0 if fine is None else fine.end()
    if begin == len(line) or line[begin : begin + 1] not in b" \t":
        begin = 0  # what is wrong is a matter of more than one field, or of its number
    tokens = _TOKEN.finditer(line.split(b"#", 1)[0], begin)
    for number, token in enumerate(tokens, start=begin):
        text = token[0]
        if number == 0 and (label or b":" not in text):
            about = _fault_of_label(text)
            rule = "libsvm/label"
        elif text.startswith(b"qid:"):
            about, rule = ("" if text[4:].isdigit() else "qid"), "libsvm/pair"
        else:
            rule, about = _fault_of_pair(text, base, most)
        if about:
            return Fault(rule, about, token.start(), shown(text))
    return Fault("libsvm/pair", "other", 0, shown(line))


def _fault_of_label(text: bytes) -> str:
    labels = text.split(b":", 1)[0].split(b",")
    if not all(map(_is_number, labels)):
        return "number"
    weight = text.split(b":", 1)[1:]
    return "" if all(map(_is_number, weight)) else "weight"


def _fault_of_pair(text: bytes, base: int, most: int) -> tuple[str, str]:
    index, colon, value = text.partition(b":")
    if not colon:
        return "libsvm/pair", "colon"
    if not index.isdigit():
        negative = index[:1] == b"-" and index[1:].isdigit()
        return "libsvm/index", "negative" if negative else "number"
    if int(index) < base:
        return "libsvm/index", "base"
    if int(index) > most:
        return "libsvm/index", "large"
    return "libsvm/value", "" if _is_number(value) else "number"


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_not_libsvm(sample: bytes) -> bool:
    """Are most of these first lines anything but libsvm?

    Examples
    --------
    >>> is_not_libsvm(b"1,2,3"), is_not_libsvm(b"1 2:3"), is_not_libsvm(b"1")
    (True, False, False)
    """
    lines = [line for line in sample.splitlines() if line.split(b"#", 1)[0].strip()]
    lines = lines[:_SAMPLE_LINES]
    other = sum(not _PAIR.search(one) and not _is_number(one.strip()) for one in lines)
    return 2 * other > len(lines)
