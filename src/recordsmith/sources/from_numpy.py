"""NumPy's .npy and .npz files become batches, SciPy's sparse .npz among them.

C-ordered arrays, and SciPy's CSR files, are read from front to back in blocks of rows, so
memory stays flat whatever their size; other orders and other sparse formats cannot be.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import batch_from_arrays
from ..batch import Batch
from ..errors import FormatError, InputError, UnsupportedTypeError
from ..storage import fill_buffer
from .arrow_batches import BATCH_BYTES
from .columns import Columns, near, select
from .files import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from ..storage import Input
    from ..tally import Tally
    from .files import Files

    Array = npt.NDArray[Any]

__all__ = ["from_numpy"]

_MAGIC = b"\x93NUMPY"


def from_numpy(
    files: Files,
    *,
    array: str | None = None,
    label: Any = None,
    features: Any = None,
    drop: Any = (),
    dtype: str | None = None,
    label_dtype: str | None = None,
    tally: Tally,
) -> Iterator[Batch]:
    """Batches of .npy and .npz files.

    Parameters
    ----------
    files : Files
    array : str, optional
        .npz only: name of the array of features; by default the only one of two or more
        dimensions.
    label : int, list of int, or str, optional
        Positions of columns of a matrix; in .npz, the name of the array of labels.
    features : int or list of int, optional
        Positions of columns of a matrix.
    drop : int, str, or list of them, optional
        Positions of columns of a matrix; in .npz also names of arrays to leave out. An
        array with as many rows as the features is not left out without a word.
    dtype, label_dtype : {"float32", "float64", "int32"}, optional

    Raises
    ------
    FormatError
        If a file is damaged or cut off.
    InputError
        If it is not told, and not plain, which array holds the features.
    UnsupportedTypeError
        If an array holds Python objects, text or records.
    """
    columns = Columns(label, features, drop)
    casts = {"dtype": dtype, "label_dtype": label_dtype, "tally": tally}
    first_row, width = 0, None
    for opened in files:
        begin = first_row
        batches = _sound(_file(opened, files, array, columns, casts))
        while True:
            # The row of a misfit counts from its block, which follows `first_row`.
            with naming(opened.name, begin - first_row):
                batch = next(batches, None)
                if batch is None:
                    break
                width = _same_width(width, batch)
            yield replace(batch, first_row=first_row)
            first_row += batch.n_rows


def _sound(batches: Iterator[Batch]) -> Iterator[Batch]:
    try:
        yield from batches
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise FormatError(
            f"the archive is damaged: {error}", advice="copy it again"
        ) from None


def _same_width(known: Any, batch: Batch) -> Any:
    one = batch.fields[0]
    found = (one.kind, one.width, one.dtype)
    if known is not None and found != known:
        raise InputError(
            f"the array is {found[0]}, {found[1]} wide, of {found[2]}; that of the first "
            f"file is {known[0]}, {known[1]} wide, of {known[2]}"
        )
    return found


def _file(
    opened: Input,
    files: Files,
    array: str | None,
    columns: Columns,
    casts: dict[str, Any],
) -> Iterator[Batch]:
    if opened.head().startswith(_MAGIC):
        if array is not None:
            raise InputError(
                f"array={array!r}: an .npy file holds one array without a name"
            )
        yield from _matrix(_Rows(opened.file, "the array", opened.path), columns, casts)
        return
    with zipfile.ZipFile(opened.random_access(".npz")) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        if not names:
            raise FormatError(
                "the archive holds no NumPy array", advice="is it an .npz file?"
            )
        if {"format.npy", "data.npy", "shape.npy"} <= set(names):
            yield from _sparse(archive, opened, files, columns, casts)
        else:
            yield from _archive(archive, names, files, array, columns, casts)


# -- one array -------------------------------------------------------------------------


class _Rows:
    """An array in .npy form, of which rows are read from front to back."""

    def __init__(self, file: Any, what: str, path: str | None = None) -> None:
        self.what = what
        self._file = file
        self.shape, fortran, self.dtype = self._header()
        if self.dtype.hasobject or self.dtype.kind not in "biuf":
            raise UnsupportedTypeError(
                f"{what} holds {self.dtype}, expected numbers",
                advice="save the columns as one array of numbers",
            )
        if not self.shape:
            raise InputError(f"{what} is a single number, expected rows")
        self.n_rows = self.shape[0]
        self._n_read = 0
        self._mapped: Array | None = None
        if fortran and len(self.shape) > 1:
            self._map(path)

    def _header(self) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        from numpy.lib import format as npy

        try:
            version = npy.read_magic(self._file)
            read = (
                npy.read_array_header_1_0
                if version == (1, 0)
                else npy.read_array_header_2_0
            )
            shape, fortran, dtype = read(self._file)
            return shape, fortran, dtype
        except ValueError as error:
            raise FormatError(f"{self.what} has no sound .npy header: {error}") from None

    def _map(self, path: str | None) -> None:
        """Rows of a Fortran-ordered array lie all over the file."""
        if path is None:
            raise InputError(
                f"{self.what} is in Fortran order, which only a plain .npy file may be",
                advice="save np.ascontiguousarray(X)",
            )
        try:
            self._mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise FormatError(f"{self.what} is cut off: {error}") from None

    @property
    def row_bytes(self) -> int:
        return int(self.dtype.itemsize * np.prod(self.shape[1:], dtype=np.int64))

    def read(self, n_rows: int) -> Array:
        """The next rows; the last call finds out whether the file ends as it should."""
        begin, end = self._n_read, min(self._n_read + n_rows, self.n_rows)
        self._n_read = end
        if self._mapped is not None:
            return np.ascontiguousarray(self._mapped[begin:end])
        out = np.empty((end - begin, *self.shape[1:]), self.dtype)
        if out.nbytes:
            got = fill_buffer(self._file, out.reshape(-1).view(np.uint8).data)
            if got < out.nbytes:
                whole = begin + got // max(1, self.row_bytes)
                raise FormatError(
                    f"{self.what} is cut off after {whole} of {self.n_rows} rows",
                    advice="copy the file again",
                )
        if end == self.n_rows and self._file.read(1):
            raise FormatError(f"{self.what} is followed by other data")
        return out

    def whole(self) -> Array:
        """All rows."""
        return self.read(self.n_rows)


def _matrix(rows: _Rows, columns: Columns, casts: dict[str, Any]) -> Iterator[Batch]:
    """Batches of one array, some of whose columns may be labels."""
    if len(rows.shape) == 1:
        raise InputError(
            f"{rows.what} has shape {rows.shape}, expected (n_rows, n_cols)",
            advice="save X.reshape(-1, 1) if it is a column, X.reshape(1, -1) if a row",
        )
    plain = columns == Columns(None, None, ())
    if not plain and len(rows.shape) != 2:
        raise InputError(
            f"{rows.what} has shape {rows.shape}: only a matrix has columns to choose"
        )
    chosen = None if plain else _positions(rows.shape[1], columns)
    for block in _blocks(rows):
        if chosen is None:
            yield batch_from_arrays(block, **casts)
        else:
            features, label = chosen
            y = None if label is None else block[:, label]
            yield batch_from_arrays(block[:, features], y, **casts)


def _positions(n_columns: int, columns: Columns) -> tuple[Any, Any]:
    """Positions of the features and of the label."""
    names = [str(at) for at in range(n_columns)]
    chosen = select(names, columns)
    if len(chosen.features) != 1:
        raise InputError("a matrix gives one feature; name its columns in a list")
    features = [int(name) for name in chosen.features[0][1]]
    label = [int(name) for name in chosen.label]
    if len(label) == 1:
        return features, label[0]
    return features, label or None


def _blocks(rows: _Rows) -> Iterator[Array]:
    at_once = max(1, BATCH_BYTES // max(1, rows.row_bytes))
    for _ in range(0, max(1, rows.n_rows), at_once):
        yield rows.read(at_once)


# -- archives --------------------------------------------------------------------------


def _member(archive: zipfile.ZipFile, name: str) -> _Rows:
    return _Rows(archive.open(f"{name}.npy"), f"the array {name!r}")


def _archive(
    archive: zipfile.ZipFile,
    members: list[str],
    files: Files,
    array: str | None,
    columns: Columns,
    casts: dict[str, Any],
) -> Iterator[Batch]:
    names = [name[: -len(".npy")] for name in members]
    label, dropped, columns = _named(columns)
    _check_names(names, array=array, label=label, drop=dropped)
    stated = array is not None
    if array is None:
        rest = [name for name in names if name != label and name not in dropped]
        wide = [name for name in rest if len(_member(archive, name).shape) > 1]
        if len(wide) != 1:
            raise InputError(
                f"{len(wide)} arrays could be the features (the archive holds "
                f"{', '.join(names)})",
                advice="say which: array=, and label= for the labels",
            )
        array = wide[0]
    rows = _member(archive, array)
    if not stated:
        rest = [name for name in names if name not in (array, label, *dropped)]
        _refuse_left_out(archive, rest, rows.n_rows)
    batches = _matrix(rows, columns, casts)
    if label is not None:
        batches = _labelled(batches, _member(archive, label), rows.n_rows, casts)
    done = 0
    for batch in batches:
        yield batch
        done += batch.n_rows
        files.at(done / max(1, rows.n_rows))


def _named(columns: Columns) -> tuple[str | None, list[str], Columns]:
    """Label and arrays to drop, where they are names; the rest is about columns."""
    label = columns.label if isinstance(columns.label, str) else None
    chosen: Any = () if columns.drop is None else columns.drop
    drop = [chosen] if isinstance(chosen, (str, int)) else list(chosen)
    dropped = [name for name in drop if isinstance(name, str)]
    places = tuple(at for at in drop if isinstance(at, int))
    rest = replace(columns, label=None if label else columns.label, drop=places)
    return label, dropped, rest


def _check_names(
    names: list[str], *, array: str | None, label: str | None, drop: list[str]
) -> None:
    wanted = [("array", array), ("label", label), *(("drop", name) for name in drop)]
    for option, name in wanted:
        if name is not None and name not in names:
            raise InputError(
                f"{option}={name!r}: the archive holds {', '.join(names) or 'no labels'}",
                advice=near(name, names),
            )


def _refuse_left_out(archive: zipfile.ZipFile, names: list[str], n_rows: int) -> None:
    """Labels must not vanish because nobody named them."""
    for name in names:
        shape = _member(archive, name).shape
        if shape[:1] == (n_rows,):
            raise InputError(
                f"the array {name!r} has a value for each of the {n_rows} rows, and "
                "would be left out",
                advice=f"pass label={name!r} if it holds labels, drop={name!r} if it is "
                "not wanted",
            )


def _labelled(
    batches: Iterator[Batch], labels: _Rows, n_rows: int, casts: dict[str, Any]
) -> Iterator[Batch]:
    if labels.n_rows != n_rows:
        raise InputError(
            f"{labels.n_rows} labels for {n_rows} rows of features",
            advice="they go by position: one for each row",
        )
    for batch in batches:
        y = labels.read(batch.n_rows)
        own = batch_from_arrays(np.empty((len(y), 0)), y, **casts)
        yield Batch(batch.fields + own.fields[1:], batch.n_rows)


# -- SciPy's ---------------------------------------------------------------------------

# What scipy.sparse.save_npz writes, for all of its formats.
_SCIPY_MEMBERS = frozenset(
    ["format", "shape", "data", "_is_array", "indices", "indptr", "row", "col", "offsets"]
)


def _sparse(
    archive: zipfile.ZipFile,
    opened: Input,
    files: Files,
    columns: Columns,
    casts: dict[str, Any],
) -> Iterator[Batch]:
    label, dropped, columns = _named(columns)
    if columns != Columns(None, None, ()):
        raise InputError(
            "this is one sparse matrix, of which all columns are the feature",
            advice="name an array of the archive: label='y'",
        )
    with archive.open("format.npy") as file:
        kind = np.lib.format.read_array(file, allow_pickle=False).item()
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    shape = tuple(int(size) for size in _member(archive, "shape").whole())
    names = [name[: -len(".npy")] for name in archive.namelist()]
    extra = [name for name in names if name not in _SCIPY_MEMBERS]
    _check_names(extra, array=None, label=label, drop=dropped)
    rest = [name for name in extra if name not in (label, *dropped)]
    _refuse_left_out(archive, rest, shape[0])
    csr = kind == "csr"
    batches = _csr(archive, shape, casts) if csr else _sparse_whole(opened, casts)
    if label is not None:
        batches = _labelled(batches, _member(archive, label), shape[0], casts)
    done = 0
    for batch in batches:
        yield batch
        done += batch.n_rows
        files.at(done / max(1, shape[0]))


def _csr(
    archive: zipfile.ZipFile, shape: tuple[int, ...], casts: dict[str, Any]
) -> Iterator[Batch]:
    """CSR in blocks of rows: its three arrays are read side by side."""
    from scipy.sparse import csr_matrix

    indptr, keys = _member(archive, "indptr"), _member(archive, "indices")
    values = _member(archive, "data")
    n_rows = shape[0]
    if len(shape) != 2 or indptr.n_rows != n_rows + 1 or keys.n_rows != values.n_rows:
        raise FormatError(
            f"the arrays of the sparse matrix do not fit: shape {shape}, {indptr.n_rows} "
            f"row offsets, {keys.n_rows} keys, {values.n_rows} values"
        )
    mean = values.n_rows * (values.row_bytes + keys.row_bytes) // max(1, n_rows)
    at_once = max(1, BATCH_BYTES // max(16, mean))
    last = indptr.read(1)
    for begin in range(0, max(1, n_rows), at_once):
        offsets = np.concatenate([last, indptr.read(min(at_once, n_rows - begin))])
        last = offsets[-1:]
        counts = np.diff(offsets)
        if (counts < 0).any() or last[0] > values.n_rows or offsets[0] < 0:
            raise FormatError("the row offsets of the sparse matrix do not ascend")
        n_values = int(offsets[-1] - offsets[0])
        part = csr_matrix((len(counts), shape[1]), dtype=values.dtype)
        part.data, part.indices = values.read(n_values), keys.read(n_values)
        part.indptr = offsets - offsets[0]
        yield batch_from_arrays(part, **casts)
    if values.read(1).size:
        raise FormatError("the sparse matrix has values after its last row")


def _sparse_whole(opened: Input, casts: dict[str, Any]) -> Iterator[Batch]:
    """Other sparse formats are turned into CSR in memory."""
    from scipy.sparse import load_npz

    matrix = load_npz(opened.random_access(".npz")).tocsr()
    whole = batch_from_arrays(matrix, **casts)
    mean = max(16, 12 * len(whole.fields[0].values) // max(1, whole.n_rows))
    at_once = max(1, BATCH_BYTES // mean)
    for begin in range(0, max(1, whole.n_rows), at_once):
        yield whole.rows(begin, begin + at_once)
