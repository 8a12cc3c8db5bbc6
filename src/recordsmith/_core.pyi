from collections.abc import Sequence
from typing import Any, NamedTuple

from typing_extensions import Self, disjoint_base

from .batch import Field
from .errors import RecordsmithError

__all__ = [
    "ArrowColumns",
    "ColumnInfo",
    "LIBSVM_FLAGS",
    "LibsvmFacts",
    "Rows",
    "Scan",
    "Strips",
    "Target",
    "encode_bytes",
    "encode_fitting",
    "encode_rows",
    "fill",
    "fill_to_end",
    "find_frame",
    "frame_peek",
    "frame_wrap",
    "join_frames",
    "key_facts",
    "libsvm_bounds",
    "libsvm_facts",
    "libsvm_fill",
    "libsvm_write",
    "plan_rows",
    "record_check",
    "scan",
    "text_write",
    "take_payloads",
    "value_stats",
    "version",
    "wrap_payloads",
]

class ColumnInfo(NamedTuple):
    role: str
    dtype: str | None
    sparse: int
    shape: tuple[int, ...] | None
    name: bytes
    content_type: bytes | None
    n_present: int
    first_missing: int
    n_values: int
    n_items: int
    min_width: int
    max_width: int
    first_width: int
    first_other_width: int

class Scan(NamedTuple):
    status: str
    n_records: int
    n_bytes: int
    n_need: int
    columns: list[ColumnInfo]
    error: Exception | None

class Target(NamedTuple):
    kind: str
    width: int | None
    values: Any
    offsets: Any
    first_offset: int
    keys: Any
    n_keys_limit: int | None
    item_offsets: Any
    first_item_byte: int
    present: Any

class LibsvmFacts(NamedTuple):
    n_lines: int
    n_rows: int
    n_values: int
    n_labels: int
    n_weights: int
    n_qids: int
    min_index: int
    max_index: int
    label_width: int
    first_other_width: int
    first_weight: int
    first_qid: int

LIBSVM_FLAGS: dict[str, int]

class KeyFacts(NamedTuple):
    n_rows: int
    n_empty: int
    n_unordered: int
    max_values: int
    first_empty: int
    first_unordered: int
    min_key: int
    max_key: int

ROW_EMPTY: int
ROW_UNORDERED: int

@disjoint_base
class Rows:
    n_rows: int
    def __new__(
        cls,
        fields: Sequence[Field],
        n_rows: int,
        check_order: bool,
        zero_for_empty: bool,
    ) -> Self: ...

@disjoint_base
class ArrowColumns:
    def __new__(cls, schema: object, array: object) -> Self: ...

@disjoint_base
class Strips:
    n_rows: int
    width: int
    def __new__(cls, n_rows: int, capacity: int) -> Self: ...
    def add(self, values: Any, width: int, valid: Any = None) -> None: ...
    def add_arrow(
        self, columns: ArrowColumns, places: list[int], first: int, begin: int
    ) -> int: ...
    def join(
        self, out: Any, keep_integers: bool = False, fill: Any = None
    ) -> tuple[str, int, int, float, int, int, int]: ...

def version() -> str: ...
def plan_rows(
    rows: Rows, begin: int, end: int, max_bytes: int | None = None
) -> tuple[int, int]: ...
def encode_fitting(rows: Rows, begin: int, end: int, out: Any) -> tuple[int, int]: ...
def encode_rows(rows: Rows, begin: int, end: int, out: Any) -> int: ...
def encode_bytes(rows: Rows, begin: int, end: int, n_bytes: int) -> bytes: ...
def new_bytes(n: int) -> bytes: ...
def encode_into_bytes(
    rows: Rows, begin: int, end: int, out: bytes, offset: int, n_bytes: int
) -> None: ...
def frame_peek(data: Any, begin: int = 0) -> tuple[str, int, int, int]: ...
def frame_wrap(payload: Any) -> bytes: ...
def join_frames(
    data: Any, begin: int, end: int, mode: int
) -> tuple[str, int, bytearray, Exception | None]: ...
def take_payloads(
    data: Any, begin: int, end: int, with_magic: bool
) -> tuple[list[bytes], int, int, int, RecordsmithError | None]: ...
def room_in(out: bytes) -> memoryview: ...
def wrap_payloads(payloads: list[Any], cut: bool) -> tuple[bytes, int]: ...
def record_check(payload: Any) -> None: ...
def find_frame(data: Any, begin: int, end: int) -> int: ...
def scan(data: Any, begin: int, end: int, max_records: int | None = None) -> Scan: ...
def fill(
    data: Any,
    begin: int,
    end: int,
    n_records: int,
    infos: list[ColumnInfo],
    targets: list[Target],
) -> None: ...
def value_stats(
    values: Any, fractions: bool = True
) -> tuple[int, int, int, int, int, int, float, float]: ...
def key_facts(rows: Rows, field: int, begin: int, end: int, kinds: Any) -> KeyFacts: ...
def fill_to_end(
    data: Any,
    begin: int,
    end: int,
    most_records: int,
    infos: list[ColumnInfo],
    targets: list[Target],
) -> tuple[str, int, int]: ...
def libsvm_bounds(data: Any) -> tuple[int, int, int]: ...
def libsvm_facts(data: Any, flags: int, index_base: int, n_keys: int) -> LibsvmFacts: ...
def libsvm_fill(
    data: Any,
    flags: int,
    index_base: int,
    n_keys: int,
    values: Any,
    keys: Any,
    offsets: Any,
    labels: Any,
    label_offsets: Any,
) -> tuple[int, int, int, LibsvmFacts, tuple[int, int, int, float]]: ...
def libsvm_write(
    rows: Rows, begin: int, end: int, index_base: int, keep_zeros: bool, out: Any
) -> tuple[int, int, int]: ...
def text_write(
    rows: Rows,
    begin: int,
    end: int,
    head: bytes,
    separator: bytes,
    middle: bytes,
    tail: bytes,
    point: bool,
    finite: bool,
    out: Any,
    row_ends: Any,
) -> tuple[int, int, int]: ...
