"""The folders of a training container, and what the environment says of them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError

__all__ = ["Tree"]

_HOST = "algo-1"
_NETWORK = "lo"


class Tree:
    """Where the FIFOs are; and, if nobody said where, all the folders of a container.

    Parameters
    ----------
    directory : path, optional
        A folder for the FIFOs; made if it does not exist. By default `input/data` of a
        temporary tree that looks like `/opt/ml`.
    config : dict
        What inputdataconfig.json holds.
    hyperparameters : dict
        What hyperparameters.json holds; values become text, as on the platform.

    Attributes
    ----------
    data : Path
        The folder of the FIFOs.

    Source
    ------
    SageMaker developer guide, "How Amazon SageMaker Provides Training Information";
    aws/sagemaker-training-toolkit: ENVIRONMENT_VARIABLES.md. Read on 2026-11-24.
    """

    def __init__(
        self,
        directory: Any,
        config: Mapping[str, Mapping[str, str]],
        hyperparameters: Mapping[str, Any],
    ) -> None:
        self._config = {name: dict(one) for name, one in config.items()}
        self._hyperparameters = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in hyperparameters.items()
        }
        self._made: list[Path] = []
        self._base: Path | None = None
        if directory is None:
            self._base = Path(tempfile.mkdtemp(prefix="recordsmith-pipe-"))
            self.data = self._base / "input" / "data"
        else:
            self.data = Path(os.fsdecode(directory)).absolute()
        if self.data.exists() and not self.data.is_dir():
            raise InputError(
                "this is no folder, expected one for FIFOs", path=str(self.data)
            )
        try:
            self._make()
        except BaseException:
            self.remove()
            raise

    @property
    def base(self) -> str | None:
        """The temporary tree's folder, None if there is none."""
        return None if self._base is None else str(self._base)

    def environment(self) -> dict[str, str]:
        """What the training toolkit would tell the script."""
        channels = sorted(self._config)
        found = {
            "SM_CHANNELS": json.dumps(channels),
            "SM_INPUT_DATA_CONFIG": json.dumps(self._config, sort_keys=True),
            "SM_HPS": json.dumps(self._hyperparameters, sort_keys=True),
            "SM_RESOURCE_CONFIG": json.dumps(_resources()),
            "SM_CURRENT_HOST": _HOST,
            "SM_HOSTS": json.dumps([_HOST]),
        }
        for name in channels:
            found[f"SM_CHANNEL_{name.upper()}"] = str(self.data / name)
        if self.data.name == "data":
            found["SM_INPUT_DIR"] = str(self.data.parent)
            found["SM_INPUT_CONFIG_DIR"] = str(self.data.parent / "config")
        if self._base is not None:
            found["SAGEMAKER_BASE_DIR"] = str(self._base)
            found["SM_MODEL_DIR"] = str(self._base / "model")
            found["SM_OUTPUT_DIR"] = str(self._base / "output")
            found["SM_OUTPUT_DATA_DIR"] = str(self._base / "output" / "data")
        return found

    def remove(self) -> str | None:
        """Remove what was made here; returns the folder of what a command left in it."""
        if self._base is not None:
            outputs = [self._base / "model", self._base / "output"]
            left = any(one.is_file() for top in outputs for one in top.rglob("*"))
            shutil.rmtree(
                self._base / "input" if left else self._base, ignore_errors=True
            )
            return str(self._base) if left else None
        for one in reversed(self._made):
            with contextlib.suppress(OSError):  # not empty: it is somebody else's, too
                one.unlink() if one.is_file() else one.rmdir()
        return None

    def _make(self) -> None:
        is_new = not self.data.exists()
        self._mkdir(self.data)
        if self._base is not None:
            self._mkdir(self._base / "model")
            self._mkdir(self._base / "output" / "data")
        if is_new and self.data.name == "data":
            config = self.data.parent / "config"
            self._mkdir(config)
            self._write(config / "inputdataconfig.json", self._config)
            self._write(config / "hyperparameters.json", self._hyperparameters)
            self._write(config / "resourceconfig.json", _resources())

    def _mkdir(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._made.append(one)

    def _write(self, path: Path, value: Any) -> None:
        if not path.exists():
            path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", "utf-8")
            self._made.append(path)


def _resources() -> dict[str, Any]:
    return {
        "current_host": _HOST,
        "hosts": [_HOST],
        "network_interface_name": _NETWORK,
    }
