"""SageMaker's service model, as botocore has it, to compare our shapes with."""

import re
from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator


@cache
def model():
    return ServiceModel(
        Loader().load_service_model("sagemaker", "service-2"), "sagemaker"
    )


def shape(name):
    return model().shape_for(name)


def errors(value, name="InputDataConfig"):
    """What boto3 refuses before it calls, and what its model says of words, patterns and
    lengths, which the service refuses."""
    report = ParamValidator().validate(value, shape(name))
    if report.has_errors():
        return [report.generate_report()]
    return list(model_errors(value, shape(name), name))


def model_errors(value, one, where):
    limits = one.metadata
    if one.type_name == "structure":
        for name, below in value.items():
            yield from model_errors(below, one.members[name], f"{where}.{name}")
    elif one.type_name == "list":
        yield from length_errors(value, limits, where)
        for item in value:
            yield from model_errors(item, one.member, f"{where}[]")
    elif one.type_name == "map":
        yield from length_errors(value, limits, where)
        for name, below in value.items():
            yield from model_errors(name, one.key, f"{where}.key")
            yield from model_errors(below, one.value, f"{where}.value")
    elif one.type_name == "string":
        if limits.get("enum") and value not in limits["enum"]:
            yield f"{where}: not in enum"
        yield from length_errors(value, limits, where)
        if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
            yield f"{where}: pattern"


def length_errors(value, limits, where):
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        yield f"{where}: length"
