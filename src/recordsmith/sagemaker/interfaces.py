"""What the SDK's predictors and endpoints expect of a serializer and a deserializer.

The SDK's base classes are not imported, since loading them takes seconds and one version
or the other may not be there. They are abstract base classes, so ours are registered with
them, as soon as anyone can ask.
"""

from __future__ import annotations

import sys

from ..errors import InputError

__all__ = ["Deserializer", "Serializer"]

# Of version 2, and of version 3, whose endpoints refuse what is no instance.
_SERIALIZERS = ("sagemaker.serializers", "sagemaker.core.serializers.base")
_DESERIALIZERS = ("sagemaker.deserializers", "sagemaker.core.deserializers.base")


def _register(cls: type, modules: tuple[str, ...], base: str) -> None:
    for name in modules:
        # None: not loaded, or only in part so far.
        found = getattr(sys.modules.get(name), base, None)
        if found is not None:
            found.register(cls)


class Serializer:
    """Makes the bodies of requests; `content_type` may be changed at any time."""

    def __init__(self, content_type: str = "application/json") -> None:
        if not isinstance(content_type, str):
            raise InputError(
                f"content_type is {content_type!r}, expected a MIME type in text",
                advice='pass "text/csv", for example',
            )
        self.content_type = content_type

    @property  # type: ignore[misc]
    def __class__(self) -> type[Serializer]:
        # isinstance() reads this. Whoever holds a base class to compare with has loaded
        # the SDK, perhaps after this object was made.
        _register(type(self), _SERIALIZERS, "SimpleBaseSerializer")
        return type(self)

    @property
    def CONTENT_TYPE(self) -> str:
        """The MIME type that the request names."""
        return self.content_type


class Deserializer:
    """Reads the bodies of responses; `accept` may be changed at any time."""

    def __init__(self, accept: str | tuple[str, ...] = "*/*") -> None:
        self.accept = accept

    @property  # type: ignore[misc]
    def __class__(self) -> type[Deserializer]:
        _register(type(self), _DESERIALIZERS, "SimpleBaseDeserializer")
        return type(self)

    @property
    def ACCEPT(self) -> tuple[str, ...]:
        """The MIME types that the request asks for."""
        return (self.accept,) if isinstance(self.accept, str) else self.accept
