"""A folder of RecordIO-protobuf files instead of one: shards, splits, their manifest."""

from .options import OPTIONS, Layout, is_folder, pop_options

__all__ = ["OPTIONS", "Layout", "is_folder", "pop_options"]
