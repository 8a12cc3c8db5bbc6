"""Where rules come from that hold whatever the table says."""

from __future__ import annotations

__all__ = [
    "BATCH_TRANSFORM",
    "CHANNEL_API",
    "INFERENCE_FORMATS",
    "ML_IO",
    "TRAINING_FORMATS",
    "XGBOOST_DATA",
    "XGBOOST_ERRORS",
    "XGBOOST_READER",
]

_GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg"
_XGBOOST = (
    "https://github.com/aws/sagemaker-xgboost-container/blob/"
    "cb8df91cd44c7b01c53ccf321fd3fdf3eb78adae/src"
)

TRAINING_FORMATS = f"{_GUIDE}/cdf-training.html"
INFERENCE_FORMATS = f"{_GUIDE}/cdf-inference.html"
BATCH_TRANSFORM = f"{_GUIDE}/batch-transform.html"
CHANNEL_API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html"
ML_IO = "https://github.com/awslabs/ml-io"  # the reader of the first-party images
XGBOOST_READER = f"{_XGBOOST}/sagemaker_xgboost_container/recordio_protobuf.py"
XGBOOST_DATA = f"{_XGBOOST}/sagemaker_xgboost_container/data_utils.py"
XGBOOST_ERRORS = f"{_XGBOOST}/sagemaker_algorithm_toolkit/exceptions.py"
