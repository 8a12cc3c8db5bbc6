"""Which candidate to take, and why: by the rule that the package's docstring states."""

from __future__ import annotations

from collections.abc import Sequence

from .results import Candidate, Sample

__all__ = ["choose", "one_line", "reasons"]

_AS_FAST = 1.25
_AS_SMALL = 1.05
_SAME = 1.05  # ratios nearer to 1 are not worth a word


def choose(candidates: Sequence[Candidate]) -> Candidate | None:
    """The candidate to recommend; None if none can be used."""
    able = [one for one in candidates if one.problem is None and one.read is not None]
    if not able:
        return None
    best = min(map(_doubts, able))
    able = [one for one in able if _doubts(one) == best]
    limit = min(one.read_s_per_row or 0.0 for one in able) * _AS_FAST
    able = [one for one in able if _fastest(one) <= limit]
    limit = min(one.bytes_per_row or 0.0 for one in able) * _AS_SMALL
    return next(one for one in able if (one.bytes_per_row or 0.0) <= limit)


def _fastest(one: Candidate) -> float:
    return 0.0 if one.read is None else one.read.fastest / max(1, one.rows)


def _doubts(one: Candidate) -> tuple[bool, bool, bool]:
    """What speaks against it, the worst first."""
    loses = one.loss is not None and not one.loss.only_rounding
    return loses, one.meaning is not None, bool(one.unconfirmed)


# -- in words --------------------------------------------------------------------------


def one_line(
    best: Candidate | None, candidates: Sequence[Candidate], sample: Sample, name: str
) -> str:
    """What to do, and the figures in short."""
    if best is None:
        return f"No format that {name} takes can be used: see why below."
    parts = []
    against = _baseline(best, candidates)
    if against is None:
        parts.append(f"nothing else that {name} takes can hold these rows and be used")
    else:
        figures = f"{_size(best, against)} {against.name} and {_read(best, against)}"
        parts.append(f"{figures} on {min(best.rows, against.rows):,} of your rows")
    if best.pipe:
        parts.append("streams in Pipe mode" + ("" if best.pipe_sure else " (inferred)"))
    parts.append(_loses(best))
    doubts = [f"not confirmed: {one}" for one in best.unconfirmed]
    if best.meaning is not None:
        doubts.append(f"but {best.meaning}")
    return f"Use {best.name}: {'; '.join([*parts, *doubts])}."


def _loses(one: Candidate) -> str:
    if one.loss is None or one.loss.nothing:
        return "loses nothing"
    if one.loss.only_rounding:
        n = one.loss.values_changed + one.loss.labels_changed
        extras = one.loss.extras_dropped
        rest = f" and leaves out {extras:,} ids or metadata" if extras else ""
        if not n:
            return rest[len(" and ") :] if extras else f"loses {one.loss}"
        return f"rounds {n:,} numbers to float32{rest}"
    return f"loses {one.loss}"


def _baseline(best: Candidate, candidates: Sequence[Candidate]) -> Candidate | None:
    """What to compare the best one with: CSV, else the next in size."""
    others = [
        one
        for one in candidates
        if one is not best and one.read is not None and one.problem is None
    ]
    for one in others:
        if one.kind == "csv":
            return one
    return min(others, key=lambda one: one.bytes_per_row or 0.0, default=None)


def _size(one: Candidate, other: Candidate) -> str:
    mine, theirs = one.bytes_per_row or 0.0, other.bytes_per_row or 0.0
    if not mine or not theirs or max(mine / theirs, theirs / mine) < _SAME:
        return "as large as"
    if mine < theirs:
        return f"{times(theirs / mine)} smaller than"
    return f"{times(mine / theirs)} as large as"


def _read(one: Candidate, other: Candidate) -> str:
    mine, theirs = one.read_s_per_row or 0.0, other.read_s_per_row or 0.0
    if not mine or not theirs or max(mine / theirs, theirs / mine) < _SAME:
        return "read as fast"
    if mine < theirs:
        return f"read {times(theirs / mine)} as fast"
    return f"takes {times(mine / theirs)} as long to read"


def times(ratio: float) -> str:
    """
    >>> times(1.26), times(14.2), times(1234.5)
    ('1.3 times', '14 times', '1,234 times')
    """
    return f"{ratio:.1f} times" if ratio < 9.95 else f"{ratio:,.0f} times"


def reasons(
    best: Candidate | None, candidates: Sequence[Candidate], sample: Sample, name: str
) -> tuple[str, ...]:
    """Why that one and not another, each with its figures."""
    found = []
    if best is not None:
        found += _density(best, candidates, sample)
        rest = [one for one in candidates if one is not best]
        found += [_why_not(one, best, name) for one in rest if one.read is not None]
        if best.loss is not None and not best.loss.nothing:
            found.append(f"Read back from {best.name}: {best.loss}.")
    found += [
        f"{one.name}: {one.problem}."
        for one in candidates
        if one.problem is not None and one.read is None
    ]
    return tuple(found)


def _density(
    best: Candidate, candidates: Sequence[Candidate], sample: Sample
) -> list[str]:
    densities = {one.density for one in candidates if one.kind == "recordio-protobuf"}
    if sample.density is None or sample.break_even is None or len(densities) < 2:
        return []
    side = "below" if sample.density < sample.break_even else "above"
    return [
        f"{sample.density:.2%} of the features are not zero, {side} the "
        f"{sample.break_even:.0%} where sparse and dense records of {sample.width:,} "
        "columns are equally large."
    ]


def _why_not(one: Candidate, best: Candidate, name: str) -> str:
    figures = f"{one.name} is {_size(one, best)} {best.name} and {_read(one, best)}"
    figures = figures.replace("and read", "and is read")
    if one.problem is not None:
        return f"{figures}, but {one.problem}."
    mine, theirs = _doubts(one), _doubts(best)
    if mine <= theirs:
        return f"{figures}."
    if one.meaning is not None and not best.meaning:
        return f"{figures}, but {one.meaning}: {name} tells the two apart."
    if one.unconfirmed and mine[:2] == theirs[:2]:
        facts = " and ".join(one.unconfirmed)
        return (
            f"{figures}, but no source settles that {name} takes it: {facts}. Try it "
            "with a small job if that is worth it."
        )
    return f"{figures}, but what it holds is not the same: {one.loss}."
