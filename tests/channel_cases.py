"""Channels and jobs for tests, and what `lint` says of them in few words."""

from recordsmith.channels import lint

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com"


def channel(name="train", uri=None, **settings):
    """A good channel; settings of the S3 source have the names of the API, too."""
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://bucket/{name}/" if uri is None else uri,
    }
    whole = {"ChannelName": name, "DataSource": {"S3DataSource": source}}
    for key, value in settings.items():
        if (
            key in ("ContentType", "CompressionType", "RecordWrapperType", "InputMode")
            or key == "ShuffleConfig"
        ):
            whole[key] = value
        else:
            source[key] = value
    return whole


def file_system(name="train", path="/data", **settings):
    source = {
        "FileSystemId": "fs-0123456789abcdef0",
        "FileSystemAccessMode": "ro",
        "FileSystemType": "EFS",
        "DirectoryPath": path,
    }
    return {
        "ChannelName": name,
        "DataSource": {"FileSystemDataSource": source},
        **settings,
    }


def job(*channels, image="linear-learner:1", mode="File", instances=1, **settings):
    """A whole job, as create_training_job takes it, as far as `lint` looks."""
    return {
        "TrainingJobName": "a-job",
        "AlgorithmSpecification": {
            "TrainingImage": f"{IMAGE}/{image}",
            "TrainingInputMode": mode,
        },
        "InputDataConfig": list(channels),
        "ResourceConfig": {"InstanceCount": instances, "InstanceType": "ml.m5.large"},
        **settings,
    }


def found(value, **options):
    """(rule, severity, setting) of each finding."""
    report = lint(value, **options)
    assert all(f.places and f.found and f.expected and f.fix for f in report.findings)
    return [(f.rule, f.severity, f.places[0].setting) for f in report.findings]


def one(value, rule, **options):
    """The only finding of a rule."""
    [finding] = [f for f in lint(value, **options).findings if f.rule == rule]
    return finding


def rules(value, **options):
    return {rule for rule, _, _ in found(value, **options)}
