"""Arrow IPC (Feather version 2) becomes batches, as a file or as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import FormatError, InputError
from .arrow_batches import Converter, convert_all
from .columns import Columns
from .files import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from ..batch import Batch
    from ..storage import Input
    from ..tally import Tally
    from .files import Files

__all__ = ["from_arrow_ipc", "open_ipc"]

_MAGIC = b"ARROW1"


def from_arrow_ipc(
    files: Files,
    *,
    label: Any = None,
    features: Any = None,
    drop: Any = (),
    uid: Any = None,
    metadata: Any = None,
    dtype: str | None = None,
    label_dtype: str | None = None,
    nulls: Any = "error",
    n_features: int | None = None,
    tally: Tally,
) -> Iterator[Batch]:
    """Batches of Arrow IPC files and streams of one schema; options as for a table.

    Raises
    ------
    FormatError
        If a file is damaged or cut off. A stream that was cut off between two batches
        looks like one that ends there, so prefer files.
    """
    converter: Converter | None = None
    first_row = 0
    for opened in files:
        with naming(opened.name, first_row):
            schema, batches = open_ipc(opened, files)
            if converter is None:
                converter = Converter(
                    schema,
                    Columns(label, features, drop, uid, metadata),
                    dtype=dtype,
                    label_dtype=label_dtype,
                    nulls=nulls,
                    n_features=n_features,
                    tally=tally,
                )
            elif not schema.equals(converter.schema):
                raise InputError("the schema differs from that of the first file")
            for batch in convert_all(batches, converter, first_row):
                yield batch
                first_row = batch.first_row + batch.n_rows


def open_ipc(opened: Input, files: Files) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema and record batches of one file or stream."""
    import pyarrow as pa

    try:
        if not opened.head().startswith(_MAGIC):
            reader = pa.ipc.open_stream(opened.file)
            return reader.schema, _guarded(iter(reader))
        if opened.path is not None:
            reader = pa.ipc.open_file(pa.memory_map(opened.path))
            return reader.schema, _guarded(_numbered(reader, files))
        opened.file.read(8)  # what follows is the stream form, then a footer
        reader = pa.ipc.open_stream(opened.file)
        return reader.schema, _guarded(_with_footer(reader, opened))
    except (pa.ArrowInvalid, pa.ArrowSerializationError) as error:
        raise _damaged(error) from None
    except (
        OSError
    ) as error:  # pyarrow has no errno where the data themselves are at fault
        if error.errno is not None:
            raise
        raise _damaged(error) from None


def _guarded(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowInvalid, pa.ArrowSerializationError) as error:
            raise _damaged(error) from None
        except OSError as error:
            if error.errno is not None:
                raise
            raise _damaged(error) from None
        if batch is None:
            return
        yield batch


def _damaged(error: Exception) -> FormatError:
    return FormatError(
        f"no sound Arrow IPC data: {error}",
        advice="the file is damaged, cut off, or of another format",
    )


def _numbered(reader: Any, files: Files) -> Iterator[pa.RecordBatch]:
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)
        files.at((number + 1) / reader.num_record_batches)


def _with_footer(reader: Any, opened: Input) -> Iterator[pa.RecordBatch]:
    yield from reader
    end = b""
    while True:
        more = opened.file.read(1 << 16)
        if not more:
            break
        end = (end + more)[-len(_MAGIC) :]
    if end != _MAGIC:
        raise FormatError(
            "the Arrow IPC file ends without its footer", advice="copy it again"
        )
