"""The choice of a reader, and the check of its options."""

import io

import numpy as np
import pytest
import scipy.sparse

from reading import batches_of, rows_of
from recordsmith.arrays import batch_from_arrays
from recordsmith.codec import encode_batch
from recordsmith.errors import FormatError, InputError, UnsupportedTypeError
from recordsmith.sources import open_source
from recordsmith.tally import Tally

BATCH = batch_from_arrays(np.eye(2), [0, 1])


def opened(src, **options):
    return open_source(src, tally=Tally(), **options)


def test_kinds_of_sources(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    assert opened(path).format == "csv"
    assert opened(str(path)).size == 8
    assert opened(np.eye(2)).format == "arrays"
    assert opened(scipy.sparse.eye(2, format="csr")).format == "arrays"
    assert opened(BATCH).format == "batches"
    assert opened(iter([BATCH])).format == "batches"
    assert opened([BATCH, BATCH]).format == "batches"


def test_recordio_among_the_sources(tmp_path):
    data = bytes(encode_batch(BATCH))
    path = tmp_path / "misnamed.csv"
    path.write_bytes(data)
    assert opened(path).format == "recordio"
    features, labels = rows_of([path, io.BytesIO(data)])
    assert features.tolist() == [[1, 0], [0, 1]] * 2
    assert labels.tolist() == [0, 1] * 2


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"lable": "y"}, "csv has no option lable=; did you mean 'label'"),
        ({"partition_columns": True}, "only these know it: parquet"),
        ({"array": "X"}, "only these know it: npy, npz"),
        ({"source_format": "cvs"}, "'cvs' is not known; did you mean 'csv'"),
        ({"source_format": "excel"}, "known: csv"),
        ({"tally_": 1}, "no option tally_="),
    ],
)
def test_wrong_options(options, match, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=match):
        opened(path, **options)


def test_options_without_a_place():
    with pytest.raises(InputError, match="a Batch has no option label="):
        opened(BATCH, label="y")
    with pytest.raises(InputError, match="iterable of batches has no option"):
        opened(iter([BATCH]), label="y")
    with pytest.raises(InputError, match="is for files"):
        opened(BATCH, source_format="csv")


def test_what_is_no_source():
    for src in (3, None, object()):
        with pytest.raises(UnsupportedTypeError, match="no source that is known"):
            opened(src)
    with pytest.raises(UnsupportedTypeError, match="item 1 is str, expected Batch"):
        batches_of(iter([BATCH, "x"]))


def test_the_format_must_be_plain(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("1,2\n")
    with pytest.raises(InputError, match="source_format=") as caught:
        opened(path)
    assert caught.value.path == str(path)
    assert rows_of(path, source_format="csv", header=False)[0].tolist() == [[1, 2]]


def test_a_binary_suffix_on_text_is_an_error(tmp_path):
    for name in ("x.parquet", "x.arrow", "x.npy", "x.npz", "x.rec"):
        path = tmp_path / name
        path.write_text("1,2\n" * 10)
        with pytest.raises(FormatError) as caught:
            batches_of(path)
        assert caught.value.path == str(path)


def test_options_are_checked_before_anything_is_read(tmp_path):
    with pytest.raises(FileNotFoundError):
        opened(tmp_path / "nope.csv", lable="y")
