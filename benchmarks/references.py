"""What recordsmith is held against."""

from __future__ import annotations

import ctypes
import shutil
import struct
import subprocess
from functools import lru_cache
from pathlib import Path

import numpy as np

from .cases import Case

HERE = Path(__file__).parent
BUILT = HERE / ".build"
MAGIC = 0xCED7230A


def memcpy(n_bytes: int):
    """A copy of n_bytes between buffers that were touched before."""
    source, target = np.ones(n_bytes, np.uint8), np.ones(n_bytes, np.uint8)
    return lambda: np.copyto(target, source)


def memcpy_fresh(n_bytes: int):
    """A copy of n_bytes into memory that is new each time, as a returned array is."""
    source = np.ones(n_bytes, np.uint8)
    return source.copy


class Template:
    """Dense float32 rows with labels as NumPy can write them: strided copies into frames.

    All but the values is the same in every frame; it is written once, here.
    """

    def __init__(self, frame: bytes, X: np.ndarray, y: np.ndarray, n_rows: int) -> None:
        """`frame` is the first row's, from which the places of the values are found."""
        self.X, self.y = X, y
        self.frames = np.tile(np.frombuffer(frame, np.uint8), (n_rows, 1))
        at = frame.index(X[0].tobytes())
        self.values = self._words(at, X.shape[1])
        self.labels = self._words(frame.index(y[:1].tobytes(), at + X[0].nbytes), 1)

    def _words(self, at: int, n: int) -> np.ndarray:
        return self.frames[:, at : at + 4 * n].view(np.float32)

    def write(self, begin: int, end: int) -> None:
        """Rows [begin, end) to the head of the buffer."""
        n = end - begin
        self.values[:n] = self.X[begin:end]
        self.labels[:n, 0] = self.y[begin:end]

    def write_all(self) -> None:
        """All rows, a buffer full at a time."""
        step = len(self.frames)
        for begin in range(0, len(self.X), step):
            self.write(begin, min(begin + step, len(self.X)))


def python_writer(case: Case) -> bytes:
    """Rows written with the protobuf package's messages and struct, one by one."""
    record = python_record()()
    out = []
    for i in range(case.n_rows):
        record.Clear()
        tensor = record.features["values"].float32_tensor
        if case.sparse:
            row = case.X[i]
            tensor.values.extend(row.data)
            tensor.keys.extend(row.indices)
            tensor.shape.append(case.X.shape[1])
        else:
            tensor.values.extend(case.X[i])
        record.label["values"].float32_tensor.values.append(case.y[i])
        payload = record.SerializeToString()
        out.append(struct.pack("<II", MAGIC, len(payload)))
        out.append(payload + bytes(-len(payload) % 4))
    return b"".join(out)


def python_reader(data: bytes) -> list:
    """Records of frames, with the protobuf package and struct."""
    record, at, out = python_record(), 0, []
    while at < len(data):
        _, n = struct.unpack_from("<II", data, at)
        out.append(record.FromString(data[at + 8 : at + 8 + n]))
        at += 8 + n + -n % 4
    return out


@lru_cache(maxsize=1)
def python_record():
    """The Record message, as protoc describes record.proto."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="record.proto", package="rsbench")
    tensor = file.message_type.add(name="Float32Tensor")
    for number, (name, kind) in enumerate((("values", 2), ("keys", 4), ("shape", 4)), 1):
        one = tensor.field.add(name=name, number=number, type=kind, label=3)
        one.options.packed = True
    value = file.message_type.add(name="Value")
    value.oneof_decl.add(name="value")
    value.field.add(
        name="float32_tensor",
        number=2,
        type=11,
        label=1,
        type_name=".rsbench.Float32Tensor",
    ).oneof_index = 0
    record = file.message_type.add(name="Record")
    for number, name in ((1, "features"), (2, "label")):
        entry = record.nested_type.add(name=f"{name.capitalize()}Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, type=9, label=1)
        entry.field.add(
            name="value", number=2, type=11, label=1, type_name=".rsbench.Value"
        )
        kind = f".rsbench.Record.{entry.name}"
        record.field.add(name=name, number=number, type=11, label=3, type_name=kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("rsbench.Record"))


class Libprotobuf:
    """Google's C++ runtime, through libprotobuf.cc; `why_not`: if it cannot be built."""

    def __init__(self) -> None:
        self.why_not = ""
        lacks = [tool for tool in ("protoc", "g++") if shutil.which(tool) is None]
        if lacks:
            packages = "protobuf-compiler, libprotobuf-dev, g++"
            self.why_not = f"{' and '.join(lacks)} missing (Debian: {packages})"
            return
        try:
            self.lib = ctypes.CDLL(str(_build()))
        except subprocess.CalledProcessError as error:
            self.why_not = f"{Path(error.cmd[0]).name} failed: {error.stderr[-200:]!r}"
            return
        for name in ("encode_dense", "encode_csr", "decode_dense", "decode_csr"):
            getattr(self.lib, name).restype = ctypes.c_size_t

    def encode(self, case: Case, out: np.ndarray) -> int:
        """All rows into `out`; the bytes written."""
        n_rows, n_cols = (ctypes.c_size_t(n) for n in case.X.shape)
        if not case.sparse:
            return self.lib.encode_dense(
                _at(case.X), _at(case.y), n_rows, n_cols, _at(out)
            )
        X = case.X
        arrays = map(_at, (X.data, X.indices, X.indptr, case.y))
        return self.lib.encode_csr(*arrays, n_rows, n_cols, _at(out))

    def decode(self, case: Case, data: np.ndarray):
        """A function that decodes `data`, the case's records, into arrays made before."""
        n, n_cols = ctypes.c_size_t(len(data)), ctypes.c_size_t(case.X.shape[1])
        y = np.ones_like(case.y)
        if not case.sparse:
            X = np.ones_like(case.X)
            return lambda: self.lib.decode_dense(_at(data), n, n_cols, _at(X), _at(y))
        parts = [np.ones_like(p) for p in (case.X.data, case.X.indices, case.X.indptr)]
        return lambda: self.lib.decode_csr(_at(data), n, *map(_at, parts), _at(y))


def _at(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _build() -> Path:
    """The shared library, newer than its sources."""
    library = BUILT / "libprotobuf_bench.so"
    sources = [HERE / "record.proto", HERE / "libprotobuf.cc"]
    if library.exists() and all(
        one.stat().st_mtime < library.stat().st_mtime for one in sources
    ):
        return library
    BUILT.mkdir(exist_ok=True)
    generate = ["protoc", f"-I{HERE}", f"--cpp_out={BUILT}", str(sources[0])]
    files = [str(sources[1]), str(BUILT / "record.pb.cc")]
    flags = ["-O3", "-DNDEBUG", "-shared", "-fPIC", f"-I{BUILT}"]
    link = ["g++", *flags, *files, "-lprotobuf", "-o", str(library)]
    for command in (generate, link):
        subprocess.run(command, check=True, capture_output=True, text=True)
    return library
