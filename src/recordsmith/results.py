"""What a write or conversion gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .tally import Tally

if TYPE_CHECKING:
    from .reporting.findings import Report
    from .sharding.dealing import Shard

__all__ = ["WriteResult"]


@dataclass(frozen=True)
class WriteResult:
    """What a write or conversion did.

    Attributes
    ----------
    path : str
        Where it went; "-" for standard output, or the file object's name.
    format : str
        "recordio", "csv", "libsvm", "parquet", ...
    rows, bytes : int
        Rows and bytes written.
    schema : str
        The fields of the first batch, as text.
    seconds : float
        Wall time.
    tally : Tally
        Everything that was changed on the way, counted.
    report : Report or None
        What the checks found, where an algorithm was named; no error is in it.
    shards : tuple of Shard
        The files, where `path` is a folder; each has name, part, rows, bytes, sha256.
    manifest : str or None
        Where it is a folder, the JSON file beside it that tells all this.
    algorithm : str or None
        Its key, where one was named.
    instances : int or None
        As it was asked for.
    """

    path: str
    format: str
    rows: int
    bytes: int
    schema: str
    seconds: float
    tally: Tally = field(default_factory=Tally)
    report: Report | None = None
    shards: tuple[Shard, ...] = ()
    manifest: str | None = None
    algorithm: str | None = None
    instances: int | None = None

    @property
    def parts(self) -> dict[str, int]:
        """Rows of each part of a split, by name; without one, {"": rows}.

        Examples
        --------
        >>> import numpy as np, recordsmith as rs
        >>> share = {"train": 0.75, "validation": 0.25}
        >>> rs.write("data/", np.zeros((1000, 2)), split=share).parts
        {'train': 758, 'validation': 242}
        """
        found: dict[str, int] = {}
        for one in self.shards:
            found[one.part] = found.get(one.part, 0) + one.rows
        return found or {"": self.rows}

    def channel(self, name: str, uri: str, **options: Any) -> dict[str, Any]:
        """The channel that reads what was written, as `create_training_job` takes it.

        Parameters
        ----------
        name : str
            The channel's. Of a split it is the part's, unless `uri` names a manifest.
        uri : str
            Where the folder was copied to, such as "s3://bucket/data/". A part's own
            folder is added.
        **options
            As for :func:`recordsmith.channels.build`. By default, algorithm is the one
            that was named, content_type is RecordIO-protobuf, and files that were
            written for more than one instance are shared among them.

        Raises
        ------
        InputError
            If nothing of that name was written, or as `channels.build` does.
        ValidationError
            As `channels.build` does.

        Examples
        --------
        >>> import numpy as np, recordsmith as rs
        >>> done = rs.write("train/", np.zeros((10, 2)), instances=2)
        >>> channel = done.channel("train", "s3://bucket/train/")
        >>> channel["ContentType"]
        'application/x-recordio-protobuf'
        >>> channel["DataSource"]["S3DataSource"]["S3DataDistributionType"]
        'ShardedByS3Key'
        """
        from .channels.building import build

        if self.format != "recordio":
            raise InputError(
                f"{self.format} was written, and channel() is for recordio",
                advice="use channels.build, with the content type of what was written",
            )
        prefix = options.get("s3_data_type", "S3Prefix") == "S3Prefix"
        if prefix and "" not in self.parts:
            if name not in self.parts:
                raise InputError(
                    f"no part is called {name!r}, there are {', '.join(self.parts)}",
                    advice="pass the uri of a manifest, and s3_data_type='ManifestFile'",
                )
            uri = f"{uri.rstrip('/')}/{name}/"
        options.setdefault("algorithm", self.algorithm)
        if options["algorithm"] is None and (self.instances or 1) > 1:
            options.setdefault("distribution", "ShardedByS3Key")
        kind = "recordio-protobuf"
        if options["algorithm"] is None:
            kind = "application/x-recordio-protobuf"
        options.setdefault("content_type", kind)
        return build(name, uri, **options)
