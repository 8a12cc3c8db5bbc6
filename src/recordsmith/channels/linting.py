"""`lint`: every rule over a job's channels."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Union

from ..algorithm_table.types import Algorithm
from ..reporting.findings import Report
from . import (
    cluster_rules,
    content_rules,
    hyperparameter_rules,
    object_rules,
    service_rules,
    source_rules,
)
from .collecting import Notes, Rule
from .job import Job, read_job
from .json_text import JsonText

__all__ = ["lint"]

_RULES: tuple[Rule, ...] = (
    *service_rules.RULES,
    *source_rules.RULES,
    *content_rules.RULES,
    *cluster_rules.RULES,
    *object_rules.RULES,
    *hyperparameter_rules.RULES,
)
_LACKING = {
    "algorithm": "no algorithm was named, and the image tells none that the table has",
    "instances": "the number of instances is not known",
    "hyperparameters": "no hyperparameters were given",
    "objects": "no objects were given",
    "whole": "only channels were given, not the job around them",
}

Jobs = Union[str, "os.PathLike[str]", Mapping[str, Any], Sequence[Any], JsonText]


def lint(
    job_or_channels: Jobs,
    *,
    algorithm: str | Algorithm | None = None,
    container: str | None = None,
    instances: int | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    objects: Mapping[str, Sequence[Any]] | None = None,
) -> Report:
    """Check a training job's channels before the job is paid for.

    Parameters
    ----------
    job_or_channels : mapping, list or path
        What boto3's `create_training_job` takes (or `create_hyper_parameter_tuning_job`,
        or what `describe_training_job` gives); an `InputDataConfig`; one channel; or the
        path of a JSON file with one of these.
    algorithm : str or Algorithm, optional
        What :func:`recordsmith.algorithm` takes. By default the job's image tells, unless
        a script runs in it.
    container : str, optional
        Tag of the algorithm's image, such as "1.7-1", where the job does not tell.
    instances : int, optional
        How many instances there are, where the job does not tell.
    hyperparameters : mapping, optional
        Instead of the job's.
    objects : mapping of str to list of (key, bytes) or (key, bytes, digest), optional
        What lies in S3 for a channel: whole keys, sizes, and any digest, such as an ETag.

    Returns
    -------
    Report
        Each finding has the setting as its place, and the line where a file was given.
        What could not be checked, and why, is in `skipped`.

    Raises
    ------
    InputError
        It is neither a job nor channels, or no such algorithm is known.
    ParseError, OSError
        The file cannot be read.

    Notes
    -----
    Nothing is sent anywhere. What no source confirms is a warning and says so.

    Examples
    --------
    >>> channel = {
    ...     "ChannelName": "train",
    ...     "DataSource": {
    ...         "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train/"}
    ...     },
    ...     "ContentType": "csv",
    ... }
    >>> [finding] = lint([channel], algorithm="linear-learner").findings
    >>> finding.rule, finding.places[0].setting, finding.fix
    ('channel/content-type', 'InputDataConfig[0].ContentType', 'write text/csv')
    """
    job = read_job(
        job_or_channels,
        algorithm=algorithm,
        container=container,
        instances=instances,
        hyperparameters=hyperparameters,
        objects=objects,
    )
    notes = Notes(job)
    checked: list[str] = []
    for rule in _RULES:
        lacking = [need for need in rule.needs if not _known(job, need)]
        if lacking:
            notes.skipped += [(one, _LACKING[lacking[0]]) for one in rule.ids]
        else:
            rule.apply(job, notes)
            checked += rule.ids
    return Report(
        subject=_subject(job),
        findings=notes.findings.sorted(),
        algorithm=job.algorithm.key if job.algorithm else None,
        channel=job.channels[0].text("ChannelName") if job.single else None,
        checked=tuple(checked),
        skipped=tuple(notes.skipped),
    )


def _known(job: Job, need: str) -> bool:
    value = getattr(job, need)
    return bool(value) if need == "objects" else value is not None


def _subject(job: Job) -> str:
    name = job.path
    if name is None:
        title = job.whole.get("TrainingJobName") if job.whole is not None else None
        name = title if isinstance(title, str) else "the job" if job.whole else "channels"
    n = len(job.channels)
    what = f"{n} channel{'' if n == 1 else 's'}"
    if job.single:
        what = f"channel {job.channels[0].name or 'without a name'}"
    return f"{name}: {what}" + (f" for {job.algorithm.key}" if job.algorithm else "")
