"""Request bodies of 6 MB: text by the core, against how it is usually done."""

from __future__ import annotations

import csv
import io
import json

import recordsmith as rs

from . import cases, references
from .measure import Report, compare, main

SHARE = 20  # of the rows, for what is slow


def measure(report: Report, options) -> None:
    """All content types, of dense and of sparse rows."""
    mib = 10 if options.quick else 40
    for case in (cases.dense(30, mib), cases.dense(784, mib), cases.zipf_36(mib)):
        few = case.head(case.n_rows // SHARE)
        if case.sparse:
            _against(report, options, case, few, "json", "json.dumps", json_sparse)
            _libsvm(report, options, case, few)
        else:
            _against(report, options, case, few, "json", "json.dumps", json_dense)
            _against(
                report, options, case, few, "csv", "csv.writer, as the SDK", csv_rows
            )
        _records(report, options, case)


def ours(case: cases.Case, content_type: str) -> int:
    """Bytes of all bodies."""
    return sum(map(len, rs.requests(case.X, content_type=content_type)))


def _against(report, options, case, few, content_type, name, baseline) -> None:
    _check(few, content_type, baseline)
    times = compare(
        lambda: ours(case, content_type),
        lambda: baseline(few.X),
        options.runs,
        case.n_rows / few.n_rows,
    )
    _add(report, case, few, content_type, name, times, at_least=10)


def _add(report, case, few, content_type, name, times, **rest) -> None:
    share = few.n_rows / case.n_rows
    report.add(
        f"{content_type}, {case.name}",
        name,
        times.faster(),
        seconds=times.ours,
        n_bytes=ours(case, content_type) * share,
        n_rows=few.n_rows,
        **rest,
    )


def _check(few, content_type, baseline) -> None:
    """Both say the same numbers, as far as float32 goes."""
    (one,) = rs.requests(few.X, content_type=content_type, max_bytes=1 << 40)
    theirs = baseline(few.X)
    if content_type == "csv":
        found = [list(map(float, row)) for row in csv.reader(io.StringIO(theirs))]
        mine = [
            list(map(float, row)) for row in csv.reader(io.StringIO(one.body.decode()))
        ]
        assert [[few.X.dtype.type(x) for x in row] for row in found] == [
            [few.X.dtype.type(x) for x in row] for row in mine
        ]
        return
    found, mine = json.loads(theirs)["instances"], json.loads(one.body)["instances"]
    assert len(found) == len(mine)
    assert [list(row) for row in found] == [list(row) for row in mine]


def json_dense(X) -> str:
    return json.dumps({"instances": [{"features": row} for row in X.tolist()]})


def json_sparse(X) -> str:
    rows = []
    for i in range(X.shape[0]):
        part = slice(X.indptr[i], X.indptr[i + 1])
        features = {
            "keys": X.indices[part].tolist(),
            "shape": [X.shape[1]],
            "values": X.data[part].tolist(),
        }
        rows.append({"data": {"features": features}})
    return json.dumps({"instances": rows})


def csv_rows(X) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    for row in X:
        writer.writerow(row.tolist())
    return file.getvalue()


def _libsvm(report, options, case, few) -> None:
    try:
        from sklearn.datasets import dump_svmlight_file
    except ImportError:
        report.missing(f"libsvm, {case.name}", "dump_svmlight_file", "no scikit-learn")
        return
    times = compare(
        lambda: ours(case, "libsvm"),
        lambda: dump_svmlight_file(few.X, few.y, io.BytesIO(), zero_based=True),
        options.runs,
        case.n_rows / few.n_rows,
    )
    _add(report, case, few, "libsvm", "dump_svmlight_file", times, at_least=8)


def _records(report, options, case) -> None:
    n_bytes = ours(case, "recordio")
    times = compare(
        lambda: ours(case, "recordio"), references.memcpy(n_bytes), options.runs
    )
    report.add(
        f"recordio-protobuf, {case.name}",
        "memcpy of the bodies",
        times.slower(),
        seconds=times.ours,
        n_bytes=n_bytes,
        n_rows=case.n_rows,
    )


if __name__ == "__main__":
    main("requests", measure)
