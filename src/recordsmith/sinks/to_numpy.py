"""Batches to .npz (features and labels) and .npy (features alone).

Members of an .npz of dense features are `X` and `y`; sparse features are what
`scipy.sparse.load_npz` reads, with `y` beside it. Named fields are `X.NAME`, `y.NAME`.

An array's length stands before it, so that its values go to unnamed temporary files in
the destination's folder (else the system's temporary folder), and are copied at the end:
memory use is flat, the disk needs the size of the output twice.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, Batch, Field
from ..errors import InputError
from ..publish import Output, write_all
from ..tally import Tally
from . import rows

if TYPE_CHECKING:
    import zipfile

    import numpy.typing as npt

__all__ = ["BINARY", "OPTIONS", "STREAM", "NumpyWriter", "open_writer"]

OPTIONS = ("extras", "duplicates")
STREAM = False
BINARY = True
_BLOCK = 4 << 20
_INT32_MAX = 2**31 - 1


class _Column:
    """An array that grows, in a temporary file."""

    def __init__(self, dtype: np.dtype[Any], folder: str | None) -> None:
        self.dtype = dtype
        self.n_values = 0
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115

    def add(self, values: npt.NDArray[Any]) -> None:
        values = np.ascontiguousarray(values, self.dtype)
        write_all(self._file, values.reshape(-1).view(np.uint8))
        self.n_values += values.size

    def blocks(self, dtype: np.dtype[Any]) -> Iterator[npt.NDArray[Any]]:
        """All values, as another dtype."""
        self._file.seek(0)
        left = self.n_values
        while left:
            n = min(left, _BLOCK // self.dtype.itemsize)
            block = np.empty(n, self.dtype)
            raw: Any = block.view(np.uint8)
            at = 0
            while at < len(raw):
                n_bytes = self._file.readinto(raw[at:])
                if not n_bytes:
                    raise OSError("a temporary file was cut off")
                at += n_bytes
            yield block.astype(dtype, copy=False)
            left -= n

    def close(self) -> None:
        self._file.close()


class NumpyWriter:
    """Collects columns, and writes them at the end.

    Parameters
    ----------
    extras : {"error", "drop"}, default "error"
        What to do about uid, metadata and configuration, and in an .npy about labels.
    duplicates : {"error", "sum", "keep"}, default "error"
        What to do about a sparse row that stores a key twice; SciPy adds the values of
        those that are kept.
    """

    def __init__(
        self,
        out: Output,
        tally: Tally,
        zipped: bool,
        extras: str = "error",
        duplicates: str = "error",
    ) -> None:
        self._out = out
        self._tally = tally
        self._zipped = zipped
        self._format = "npz" if zipped else "npy"
        self._extras = extras
        self._duplicates = duplicates
        self._layout = rows.Layout(self._format)
        self._fields: tuple[Field, ...] = ()
        self._columns: dict[str, _Column] = {}
        self._n_rows = 0

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        batch = rows.drop_extras(batch, self._extras, self._format, self._tally)
        if not self._zipped:
            batch = self._only_features(batch)
        batch = Batch(
            tuple(_dense_or_csr(one, batch.first_row) for one in batch.fields),
            batch.n_rows,
            batch.first_row,
        )
        if self._layout.check(batch):
            self._begin(batch)
        for field in batch.fields:
            self._add(field, batch.first_row)
        self._n_rows += batch.n_rows

    def _only_features(self, batch: Batch) -> Batch:
        features = tuple(batch.all(FEATURE))
        lost = [one for one in batch.fields if one.role != FEATURE]
        if lost and self._extras != "drop":
            raise InputError(
                "an .npy file holds one array: the labels would be lost",
                advice='write .npz, or pass extras="drop"',
            )
        self._tally.dropped += batch.n_rows * len(lost)
        if len(features) != 1 or features[0].kind == "csr":
            found = "sparse features" if features else "no feature"
            raise InputError(
                "an .npy file holds one array, found "
                + (f"{len(features)} features" if len(features) > 1 else found),
                advice="write .npz",
            )
        return Batch(features, batch.n_rows, batch.first_row)

    def _begin(self, batch: Batch) -> None:
        self._fields = tuple(field.rows(0, 0) for field in batch.fields)
        sparse = [field for field in batch.fields if field.kind == "csr"]
        if sparse and len(list(batch.all(FEATURE))) > 1:
            raise InputError(
                f"{len(list(batch.all(FEATURE)))} features, of which some are sparse: "
                "SciPy's .npz holds one matrix",
                advice="write parquet, arrow or jsonl",
            )

    def _column(self, name: str, dtype: Any) -> _Column:
        if name not in self._columns:
            column = _Column(np.dtype(dtype), self._out.folder)
            self._out.resources.callback(column.close)
            self._columns[name] = column
        return self._columns[name]

    def _add(self, field: Field, first_row: int) -> None:
        if field.kind != "csr":
            self._column(_name(field), field.dtype).add(field.values)
            return
        if self._duplicates != "keep":
            field = rows.unique_keys(field, self._duplicates, first_row, self._tally)
        small = (field.width or 0) <= _INT32_MAX
        self._column("indices", np.int32 if small else np.int64).add(field.stored_keys)
        self._column("data", field.dtype).add(field.stored)
        self._column("counts", np.int64).add(np.diff(field.bounds))

    def finish(self) -> None:
        """Write the arrays."""
        if not self._zipped:
            if not self._fields:
                raise InputError("there are no rows, so the width is unknown")
            self._write_array(self._fields[0], self._out)
            return
        import zipfile

        with zipfile.ZipFile(self._out, "w") as archive:
            for field in self._fields:
                if field.kind == "csr":
                    self._write_csr(field, archive)
                else:
                    with _member(archive, _name(field)) as file:
                        self._write_array(field, file)

    def _write_array(self, field: Field, file: Any) -> None:
        shape = field.shape if field.shape is not None else (int(field.values.shape[1]),)
        if field.role != FEATURE and shape == (1,):
            shape = ()
        name = _name(field)
        column = self._column(name, field.dtype)
        file.write(_header(column.dtype, (self._n_rows, *shape)))
        for block in column.blocks(column.dtype):
            file.write(block)

    def _write_csr(self, field: Field, archive: zipfile.ZipFile) -> None:
        indices, data = self._column("indices", np.int32), self._column("data", None)
        index = indices.dtype  # SciPy wants indices and indptr alike
        if data.n_values > _INT32_MAX:
            index = np.dtype(np.int64)
        for name, column in (("indices", indices), ("data", data)):
            dtype = index if name == "indices" else column.dtype
            with _member(archive, name) as file:
                file.write(_header(dtype, (column.n_values,)))
                for block in column.blocks(dtype):
                    file.write(block)
        with _member(archive, "indptr") as file:
            file.write(_header(index, (self._n_rows + 1,)))
            end = np.zeros(1, np.int64)
            file.write(end.astype(index))
            counts = self._column("counts", np.int64)
            for block in counts.blocks(counts.dtype):
                ends = end + np.cumsum(block)
                file.write(ends.astype(index))
                end = ends[-1:]
        for name, value in (
            ("format", np.array(b"csr")),
            ("shape", np.array([self._n_rows, field.width or 0], np.int64)),
        ):
            with _member(archive, name) as file:
                np.lib.format.write_array(file, value, allow_pickle=False)


def _dense_or_csr(field: Field, first_row: int) -> Field:
    rows.refuse_missing(field, first_row)
    if field.kind == "csr":
        if field.width is None:
            rows.as_dense(field, first_row)  # raises what is missing
        return field
    matrix = rows.as_dense(field, first_row)
    return Field(field.role, "dense", matrix, name=field.name, shape=field.shape)


def _name(field: Field) -> str:
    base = "X" if field.role == FEATURE else "y"
    return base if field.name == "values" else f"{base}.{field.name}"


def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer,
        {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": shape,
        },
    )
    return buffer.getvalue()


def _member(archive: zipfile.ZipFile, name: str) -> Any:
    import zipfile

    # A fixed date, so that equal data give equal bytes.
    info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
    info.external_attr = 0o644 << 16
    return archive.open(info, "w", force_zip64=True)


def open_writer(
    out: Output,
    *,
    dest_format: str,
    tally: Tally,
    threads: int | None,
    **options: Any,
) -> NumpyWriter:
    """A writer of .npz or .npy."""
    return NumpyWriter(out, tally, dest_format == "npz", **options)
