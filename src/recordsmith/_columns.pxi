# Columns of Arrow and NumPy arrays, lent to the core, become rows of one matrix.

cdef extern from "arrow_c.h" nogil:
    cdef struct ArrowSchema:
        const char *format
        int64_t n_children
        ArrowSchema **children
        ArrowSchema *dictionary

    cdef struct ArrowArray:
        int64_t length
        int64_t null_count
        int64_t offset
        int64_t n_buffers
        int64_t n_children
        const void **buffers
        ArrowArray **children

cdef dict NUMBER_TYPES = {
    "bool": RS_U8, "int8": RS_I8, "uint8": RS_U8, "int16": RS_I16, "uint16": RS_U16,
    "int32": RS_I32, "uint32": RS_U32, "int64": RS_I64, "uint64": RS_U64,
    "float32": RS_F32, "float64": RS_F64,
}


cdef int _number_type(const ArrowSchema *schema) noexcept nogil:
    """The type of a column of plain numbers, by the letters of Arrow's formats; else 0."""
    if schema.dictionary != NULL or schema.format[0] == 0 or schema.format[1] != 0:
        return 0
    if schema.format[0] == b"b":
        return RS_BITS
    if schema.format[0] == b"c":
        return RS_I8
    if schema.format[0] == b"C":
        return RS_U8
    if schema.format[0] == b"s":
        return RS_I16
    if schema.format[0] == b"S":
        return RS_U16
    if schema.format[0] == b"i":
        return RS_I32
    if schema.format[0] == b"I":
        return RS_U32
    if schema.format[0] == b"l":
        return RS_I64
    if schema.format[0] == b"L":
        return RS_U64
    if schema.format[0] == b"f":
        return RS_F32
    return RS_F64 if schema.format[0] == b"g" else 0


cdef class ArrowColumns:
    """A record batch by Arrow's C interface: what its `__arrow_c_array__` gives."""

    cdef object schema_capsule, array_capsule
    cdef ArrowSchema *schema
    cdef ArrowArray *array

    def __cinit__(self, schema, array):
        self.schema = <ArrowSchema *>PyCapsule_GetPointer(schema, "arrow_schema")
        self.array = <ArrowArray *>PyCapsule_GetPointer(array, "arrow_array")
        self.schema_capsule, self.array_capsule = schema, array
        if self.schema.n_children != self.array.n_children:
            raise core_error("RS_E_ARGUMENT")


cdef class Strips:
    """Columns of n_rows rows, to be joined in the order in which they are added."""

    cdef rs_strip *strips
    cdef size_t n_strips, capacity
    cdef list keep
    cdef readonly int64_t n_rows, width

    def __cinit__(self, int64_t n_rows, Py_ssize_t capacity):
        self.strips = NULL
        self.n_strips = self.width = 0
        self.n_rows = n_rows
        self.keep = []
        if n_rows < 0 or capacity < 0:
            raise core_error("RS_E_ARGUMENT")
        self.capacity = <size_t>capacity
        self.strips = <rs_strip *>PyMem_Calloc(self.capacity + 1, sizeof(rs_strip))
        if self.strips == NULL:
            raise MemoryError()

    def __dealloc__(self):
        PyMem_Free(self.strips)

    cdef rs_strip *_next(self, int64_t width) except NULL:
        if self.n_strips >= self.capacity:
            raise core_error("RS_E_ARGUMENT")
        cdef rs_strip *strip = &self.strips[self.n_strips]
        strip.n_rows, strip.width = self.n_rows, width
        self.n_strips += 1
        self.width += width
        return strip

    def add(self, values not None, int64_t width, valid=None):
        """Flat numbers of a native dtype, `width` a row; `valid`: a bit for each."""
        cdef Lent lent = _contiguous(values)
        cdef Lent bits = None if valid is None else _contiguous(valid)
        cdef int64_t n = lent.view.len // lent.view.itemsize
        if width < 0 or (width and n // width < self.n_rows):
            raise core_error("RS_E_ARGUMENT")
        if bits is not None and bits.view.len < (self.n_rows * width + 7) // 8:
            raise core_error("RS_E_ARGUMENT")
        cdef int number_type = NUMBER_TYPES[values.dtype.name]
        cdef rs_strip *strip = self._next(width)
        strip.values = lent.view.buf
        strip.type = <uint8_t>number_type
        self.keep.append(lent)
        if bits is not None:
            strip.valid = <const uint8_t *>bits.view.buf
            self.keep.append(bits)

    def add_arrow(
        self, ArrowColumns columns not None, list places not None, Py_ssize_t first,
        int64_t begin
    ):
        """Add rows from `begin` of columns, those at places[first:], up to one that holds no
        plain numbers. Its index in `places` comes back; their number if there is none."""
        cdef Py_ssize_t i, place
        cdef ArrowArray *array
        cdef int number_type
        cdef rs_strip *strip
        self.keep.append(columns)
        if first < 0:
            raise core_error("RS_E_ARGUMENT")
        for i in range(first, len(places)):
            place = places[i]
            if place < 0 or place >= columns.array.n_children or begin < 0:
                raise core_error("RS_E_ARGUMENT")
            array = columns.array.children[place]
            number_type = _number_type(columns.schema.children[place])
            if number_type == 0 or array.n_buffers != 2 or array.buffers[1] == NULL:
                return i
            if begin > array.length or self.n_rows > array.length - begin:
                raise core_error("RS_E_ARGUMENT")
            strip = self._next(1)
            strip.values = array.buffers[1]
            strip.type = <uint8_t>number_type
            strip.first = columns.array.offset + array.offset + begin
            if array.null_count != 0:
                strip.valid = <const uint8_t *>array.buffers[0]
        return len(places)

    def join(self, out not None, bint keep_integers=False, fill=None):
        """Write all rows into `out`, whose dtype is the wire's.

        Gives (status, n_filled, n_changed, largest relative error, strip, row, column);
        the last three are the place of the first number that does not fit.
        """
        cdef Lent lent = _writable(out)
        cdef Lent one = None if fill is None else _contiguous(fill)
        cdef int dtype = DTYPES[out.dtype.name]
        cdef const void *filler = NULL
        if one is not None:
            if fill.dtype != out.dtype or one.view.len != one.view.itemsize:
                raise core_error("RS_E_ARGUMENT")
            filler = one.view.buf
        cdef uint32_t flags = <uint32_t>RS_KEEP_INTEGERS if keep_integers else 0
        cdef rs_cast_cost cost
        cdef rs_error err
        cdef rs_status status
        with nogil:
            status = rs_interleave_columns(
                self.strips, self.n_strips, 0, self.n_rows, <uint8_t>dtype, flags, filler,
                lent.view.buf, <size_t>lent.view.len, &cost, &err
            )
        if status == RS_E_CAPACITY or status == RS_E_ARGUMENT or status == RS_E_CHANGED:
            raise core_error(rs_status_name(status).decode("ascii"))
        name = rs_status_name(status).decode("ascii")
        if status != RS_OK:
            return name, 0, 0, 0.0, err.field, err.row, err.column
        return name, cost.n_filled, cost.n_changed, cost.max_relative_error, -1, -1, -1
