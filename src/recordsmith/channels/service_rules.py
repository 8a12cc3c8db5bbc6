"""Rules of the service's model: what create_training_job refuses, or boto3 before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from . import service
from .collecting import API, Notes, Rule, listed, nearest
from .job import Channel, Job
from .service import Problem, Shape, problems

__all__ = ["RULES"]

_IDS = {
    "type": "channel/type",
    "missing": "channel/missing-key",
    "unknown": "channel/unknown-key",
    "choice": "channel/choice",
    "pattern": "channel/pattern",
    "length": "channel/length",
    "number": "channel/number",
}
_KINDS = {
    "structure": "an object",
    "map": "an object",
    "list": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
}
_PATTERNS = {
    "ChannelName": "letters, digits, '.', '-' and '_'",
    "S3Uri": "s3://BUCKET/KEY or https://HOST/BUCKET/KEY",
    "FileSystemId": "fs- and at least eight of 0-9 and a-f",
}
_TOP = ("AlgorithmSpecification", "HyperParameters", "InputDataConfig", "ResourceConfig")


def _service(job: Job, notes: Notes) -> None:
    if job.single:
        _report(problems(service.CHANNEL, job.value), "", job, notes)
        return
    if job.value is None:
        # The service takes a job without data; few algorithms do.
        notes.add(
            "channel/missing-key",
            "warning",
            job.setting,
            found="no channels",
            expected="InputDataConfig with at least one channel",
            fix="add the channels",
            sources=(service.MODEL,),
        )
    else:
        _report(problems(service.CHANNELS, job.value), job.setting, job, notes)
    if job.hyperparameters is not None:
        setting = job.hyperparameters_setting
        _report(
            problems(service.HYPERPARAMETERS, job.hyperparameters), setting, job, notes
        )
    if job.whole is not None:
        _job_around(job, job.whole, notes)


def _job_around(job: Job, whole: Mapping[str, Any], notes: Notes) -> None:
    """The job's input mode, its instances, and names that are nearly right."""
    above = job.setting[: -len("InputDataConfig")]
    if "ResourceConfig" in whole:
        found = problems(service.RESOURCES, whole["ResourceConfig"])
        _report(found, f"{above}ResourceConfig", job, notes)
    if "AlgorithmSpecification" in whole:
        mode = Shape("string", choices=service.INPUT_MODES)
        shape = Shape(
            "structure", {"TrainingInputMode": mode}, ("TrainingInputMode",), closed=False
        )
        found = problems(shape, whole["AlgorithmSpecification"])
        _report(found, f"{above}AlgorithmSpecification", job, notes)
    for name in whole:
        near = nearest(str(name), _TOP, 0.85)
        if near is not None and near not in whole and not str(name).startswith("Static"):
            setting = f"{above}{name}"
            _report([Problem("unknown", "", name, _Around)], setting, job, notes)


_Around = Shape("structure", {name: Shape("structure") for name in _TOP})


def _report(found: Any, setting: str, job: Job, notes: Notes) -> None:
    for problem in found:
        glue = "" if problem.setting[:1] in ("", "[") or not setting else "."
        where = f"{setting}{glue}{problem.setting}"
        if problem.kind == "missing":
            where = f"{where}.{problem.found}" if where else problem.found
        told, expected, fix = _texts(problem, where)
        notes.add(
            _IDS[problem.kind],
            "error",
            where,
            found=told,
            expected=expected,
            fix=fix,
            channel=_channel(job, where),
            sources=(service.MODEL, f"{API}Channel.html"),
        )


def _channel(job: Job, setting: str) -> Channel | None:
    for channel in job.channels:
        if setting == channel.setting or setting.startswith(f"{channel.setting}."):
            return channel
    return job.channels[0] if job.single else None


def _texts(problem: Problem, where: str) -> tuple[str, str, str]:
    """What was found, what was expected, what to do."""
    shape, value = problem.shape, problem.found
    name = where.rsplit(".", 1)[-1]
    if problem.kind == "missing":
        return f"no {value}", f"{value} is required", f"add {value}"
    if problem.kind == "unknown":
        return _unknown(value, shape)
    if problem.kind == "type":
        fix = f"write it as {_KINDS[shape.kind]}"
        if value is None:
            fix = f"leave {name} out, or give it a value"
        elif shape.kind == "string" and isinstance(value, (int, float)):
            fix = f'write it in quotes: "{str(value).lower()}"'
        return f"{_shown(value)}, {_kind_of(value)}", _KINDS[shape.kind], fix
    if problem.kind == "choice":
        near = nearest(value, shape.choices)
        fix = f"write {near}" if near else "take one of them, or leave it out"
        return repr(value), f"one of {listed(shape.choices)}", fix
    if problem.kind == "pattern":
        expected = _PATTERNS.get(name, f"text that matches {shape.pattern}")
        return _shown(value), expected, f"correct {name}"
    if problem.kind == "length":
        unit = {"string": "characters", "list": "items"}.get(shape.kind, "pairs")
        expected = f"{shape.low} to {shape.high:,} {unit}"
        fix = f"make {name} shorter" if len(value) > (shape.low or 0) else f"fill {name}"
        if 0 < len(value) < (shape.low or 0):
            fix = f"correct {name}"
        return f"{len(value):,} {unit}", expected, fix
    return f"{value}", f"at least {shape.low}", f"correct {name}"


def _unknown(name: str, shape: Shape) -> tuple[str, str, str]:
    expected = f"one of {listed(shape.members)}"
    home = _HOMES.get(name)
    if home is not None and name not in shape.members:
        return f"the key {name!r}", expected, f"move it: it belongs into {home}"
    near = nearest(str(name), shape.members)
    fix = f"write {near}" if near else "remove it: boto3 refuses the call"
    return f"the key {str(name)!r}", expected, fix


def _homes(shape: Shape, above: str) -> Iterator[tuple[str, str]]:
    for name, member in shape.members.items():
        yield name, above
        if member.kind == "structure":
            below = name if above == "the channel" else f"{above}.{name}"
            yield from _homes(member, below)


# Where in a channel each key belongs.
_HOMES = dict(_homes(service.CHANNEL, "the channel"))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _kind_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    names: list[tuple[Any, str]] = [
        (str, "text"),
        (int, "a whole number"),
        (float, "a number"),
        (Mapping, "an object"),
        ((list, tuple), "a list"),
    ]
    return next(
        (name for kind, name in names if isinstance(value, kind)), "something else"
    )


def _duplicates(job: Job, notes: Notes) -> None:
    counts = Counter(one.text("ChannelName") for one in job.channels)
    for channel in job.channels:
        name = channel.text("ChannelName")
        if name is not None and counts[name] > 1:
            notes.add(
                "channel/duplicate-name",
                "error",
                channel.where("ChannelName"),
                channel=channel,
                found=f"{counts[name]} channels named {name!r}",
                expected="a name for each channel",
                fix="rename one, or put both sources under one prefix",
                sources=(f"{API}Channel.html",),
            )
    for setting, line in job.text.repeated if job.text else ():
        notes.add(
            "channel/repeated-key",
            "warning",
            setting,
            found=f"the key stands twice, again on line {line}; the last one counts",
            expected="each key once in an object",
            fix="remove one of them",
        )


RULES = (
    Rule(tuple(_IDS.values()), _service),
    Rule(("channel/duplicate-name", "channel/repeated-key"), _duplicates),
)
