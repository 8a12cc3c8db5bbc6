"""The SageMaker Record message, as a class of the protobuf runtime (no protoc).

Source
------
awslabs/ml-io: src/mlio/detail/protobuf/recordio_protobuf.proto (field numbers, proto2).
"""

from google.protobuf import descriptor_pb2, descriptor_pool

try:
    from google.protobuf.message_factory import GetMessageClass
except ImportError:  # protobuf < 4.22
    from google.protobuf.message_factory import MessageFactory

    def GetMessageClass(descriptor):
        return MessageFactory().GetPrototype(descriptor)


_TYPE = descriptor_pb2.FieldDescriptorProto
PACKAGE = "aialgs.data"


def _field(message, name, number, kind, label=_TYPE.LABEL_OPTIONAL, **options):
    one = message.field.add(name=name, number=number, type=kind, label=label)
    if options.get("packed"):
        one.options.packed = True
    if "type_name" in options:
        one.type_name = f".{PACKAGE}.{options['type_name']}"
    if "oneof" in options:
        one.oneof_index = options["oneof"]


def _tensor(file, name, kind):
    message = file.message_type.add(name=name)
    for field, number, type_ in (
        ("values", 1, kind),
        ("keys", 2, _TYPE.TYPE_UINT64),
        ("shape", 3, _TYPE.TYPE_UINT64),
    ):
        _field(message, field, number, type_, _TYPE.LABEL_REPEATED, packed=True)


def _map(record, name, number):
    entry = record.nested_type.add(name=f"{name.capitalize()}Entry")
    entry.options.map_entry = True
    _field(entry, "key", 1, _TYPE.TYPE_STRING)
    _field(entry, "value", 2, _TYPE.TYPE_MESSAGE, type_name="Value")
    _field(
        record,
        name,
        number,
        _TYPE.TYPE_MESSAGE,
        _TYPE.LABEL_REPEATED,
        type_name=f"Record.{entry.name}",
    )


def _build():
    file = descriptor_pb2.FileDescriptorProto(
        name="record.proto", package=PACKAGE, syntax="proto2"
    )
    _tensor(file, "Float32Tensor", _TYPE.TYPE_FLOAT)
    _tensor(file, "Float64Tensor", _TYPE.TYPE_DOUBLE)
    _tensor(file, "Int32Tensor", _TYPE.TYPE_INT32)
    strings = file.message_type.add(name="Bytes")
    _field(strings, "value", 1, _TYPE.TYPE_BYTES, _TYPE.LABEL_REPEATED)
    _field(strings, "content_type", 2, _TYPE.TYPE_STRING)
    value = file.message_type.add(name="Value")
    value.oneof_decl.add(name="value")
    for name, number, kind in (
        ("float32_tensor", 2, "Float32Tensor"),
        ("float64_tensor", 3, "Float64Tensor"),
        ("int32_tensor", 7, "Int32Tensor"),
        ("bytes", 9, "Bytes"),
    ):
        _field(value, name, number, _TYPE.TYPE_MESSAGE, type_name=kind, oneof=0)
    record = file.message_type.add(name="Record")
    _map(record, "features", 1)
    _map(record, "label", 2)
    for number, name in ((3, "uid"), (4, "metadata"), (5, "configuration")):
        _field(record, name, number, _TYPE.TYPE_STRING)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file) if not hasattr(pool, "AddSerializedFile") else pool.AddSerializedFile(
        file.SerializeToString()
    )
    return GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Record"))


Record = _build()


def parse(payload):
    """The Record message that a payload holds."""
    message = Record()
    message.MergeFromString(bytes(payload))
    return message


def to_bytes(message):
    return message.SerializeToString(deterministic=True)
