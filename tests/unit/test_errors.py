"""Classes, places and texts of errors."""

import copy
import pickle

import pytest

from recordsmith import errors
from recordsmith.errors import FormatError, InputError, LimitError, core_error

BUILT_IN = {
    "FormatError": ValueError,
    "InputError": ValueError,
    "LimitError": ValueError,
    "MissingPackageError": ImportError,
    "ObjectStoreError": OSError,
    "ParseError": ValueError,
    "PipeClosedError": BrokenPipeError,
    "PipeTimeoutError": TimeoutError,
    "UnsupportedTypeError": TypeError,
    "ValidationError": ValueError,
}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_each_class_is_a_fitting_built_in_too(name):
    cls = getattr(errors, name)
    assert issubclass(cls, errors.RecordsmithError)
    assert issubclass(cls, BUILT_IN[name])


def test_no_class_is_forgotten():
    classes = {n for n in errors.__all__ if n.endswith("Error")} - {"RecordsmithError"}
    assert classes == set(BUILT_IN)


def test_text_says_where_what_and_what_to_do():
    error = InputError(
        "found 1", advice="do 2", path="a.csv", row=0, unit="line", column="x", offset=5
    )
    assert str(error) == "a.csv: line 0, column 'x', byte 5: found 1; do 2"
    assert str(InputError("found", column=0)) == "column 0: found"
    assert str(InputError("found")) == "found"


@pytest.mark.parametrize("copied", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_places_survive_a_process_boundary(copied):
    error = core_error("RS_E_MAGIC", offset=4, row=2, found=7, unit="record")
    again = copied(error)
    assert type(again) is FormatError
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__
    assert (again.row, again.offset, again.code) == (3, 4, "RS_E_MAGIC")


def test_records_count_from_one_and_rows_from_zero():
    assert core_error("RS_E_KEY", row=0, unit="record").row == 1
    assert core_error("RS_E_KEY", row=0, unit="row").row == 0


def test_class_of_a_bad_array_is_not_that_of_a_bad_file():
    assert type(core_error("RS_E_KEY", row=0, unit="record")) is FormatError
    assert type(core_error("RS_E_KEY", row=0, unit="row")) is InputError
    assert type(core_error("RS_E_FRAME_TRUNCATED")) is FormatError
    assert type(core_error("RS_E_TOO_LONG", row=0)) is LimitError


def test_an_unknown_status_is_an_internal_error():
    assert str(core_error("RS_?")) == "internal error RS_?; please report this"


def test_every_text_has_its_numbers():
    checked = 0
    for name in errors._TEXTS:
        text = str(core_error(name, found=3, limit=4))
        assert "{" not in text and text
        checked += 1
    assert checked > 25
