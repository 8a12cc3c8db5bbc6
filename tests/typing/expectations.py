"""What users' type checkers say of the public names; read by test_typing, not run."""

from __future__ import annotations

import recordsmith as rs

reveal_type(rs.decode(b""))  # recordsmith.batch.Batch
reveal_type(rs.decode(b"").n_rows)  # int
reveal_type(rs.decode(b"").uids)  # list[str | None] | None
reveal_type(rs.read("a.pbr"))  # recordsmith.batch.Batch
reveal_type(rs.encode([[1.0]]))  # bytes | memoryview[int]
reveal_type(rs.convert("a.csv", "a.pbr"))  # recordsmith.results.WriteResult
reveal_type(rs.convert("a.csv", "a.pbr").tally)  # recordsmith.tally.Tally
reveal_type(next(rs.iter_batches("a.pbr")))  # recordsmith.batch.Batch
reveal_type(next(rs.iter_chunks("a.pbr")).data)  # bytes
reveal_type(rs.verify("a.pbr").problems)  # list[recordsmith.verification.Problem]
reveal_type(rs.validate("a.pbr").clean)  # bool
reveal_type(rs.validate("a.pbr").findings[0].count)  # int
reveal_type(rs.salvage("a.pbr", "b.pbr").bytes_lost)  # int
reveal_type(rs.errors.FormatError("x").offset)  # int | None
reveal_type(rs.open_pipe(None, "train").n_rows)  # int
reveal_type(next(rs.pipe.Channel("train").epochs(1)))  # recordsmith.pipe.epoch.Epoch
reveal_type(next(rs.requests("a.pbr")).body)  # bytes
reveal_type(rs.transform_files("a.pbr", "b").settings())  # dict[str, Any]
