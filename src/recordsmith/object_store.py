"""Objects in S3 and in stores that speak its language: names, settings, client, errors.

All requests go through boto3, so credentials, region, profile and endpoint come from
where every AWS tool finds them. What belongs to one object alone, reading and writing,
is :mod:`recordsmith.object_io`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .errors import InputError, MissingPackageError, ObjectStoreError

__all__ = [
    "Location",
    "Settings",
    "asking",
    "client",
    "code_of",
    "current_settings",
    "is_object",
    "owner",
    "s3_settings",
]

_URL = re.compile(r"(s3[an]?)://([^/]*)/?(.*)\Z", re.IGNORECASE | re.DOTALL)

# An unanswered request is given up after 4 x 10 s and the pauses between; an upload's
# abort after some 12 s more: all in all, a dead server costs less than a minute.
_CONNECT_S = 5
_READ_S = 10
_ATTEMPTS = 4
_BRIEF = {"connect_timeout": 3, "read_timeout": 3}
_BRIEF_ATTEMPTS = 3
_CONNECTIONS = 16

# -- names -----------------------------------------------------------------------------


def is_object(path: Any) -> bool:
    """Is this the URL of an object, a prefix or a bucket?

    Examples
    --------
    >>> is_object("s3://bucket/a.csv"), is_object("s3a://bucket/"), is_object("a.csv")
    (True, True, False)
    """
    if not isinstance(path, (str, bytes, os.PathLike)):
        return False
    return _URL.match(os.fsdecode(path)) is not None


@dataclass(frozen=True)
class Location:
    """A URL, taken apart. The key is taken as it stands: nothing in it is decoded.

    Examples
    --------
    >>> Location.parse("s3a://bucket/day=1/part 0%.csv")
    Location(scheme='s3a', bucket='bucket', key='day=1/part 0%.csv')
    """

    scheme: str
    bucket: str
    key: str

    @classmethod
    def parse(cls, path: Any) -> Location:
        """Take a URL apart; it must name a bucket."""
        url = os.fsdecode(path)
        match = _URL.match(url)
        if match is None:
            raise InputError(f"{url!r} is no URL of an object: s3://bucket/key")
        if not match[2]:
            raise InputError(f"{url!r} names no bucket", advice="write s3://bucket/key")
        return cls(match[1], match[2], match[3])

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}"


# -- settings --------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    """What :func:`s3_settings` changes; None is what boto3 finds by itself."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    encryption: str | None = None
    kms_key_id: str | None = None
    bucket_owner: str | None = None


_ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse")
_VARIABLES = {
    "encryption": "RECORDSMITH_S3_ENCRYPTION",
    "kms_key_id": "RECORDSMITH_S3_KMS_KEY_ID",
    "bucket_owner": "RECORDSMITH_S3_BUCKET_OWNER",
}
_chosen: list[Settings] = [Settings()]


@contextlib.contextmanager
def s3_settings(
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    encryption: str | None = None,
    kms_key_id: str | None = None,
    bucket_owner: str | None = None,
) -> Iterator[None]:
    """How objects are reached and written while the block lasts, in all threads.

    Parameters
    ----------
    profile, region, endpoint_url : str, optional
        Instead of what boto3 finds: AWS_PROFILE, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3
        and the configuration files.
    encryption : {"AES256", "aws:kms", "aws:kms:dsse"}, optional
        Server-side encryption of what is written; by default the bucket's. The
        environment variable RECORDSMITH_S3_ENCRYPTION says the same.
    kms_key_id : str, optional
        The key of "aws:kms"; by default the account's own. RECORDSMITH_S3_KMS_KEY_ID.
    bucket_owner : str, optional
        Number of the account that must own each bucket; requests to another's are
        refused by the service. RECORDSMITH_S3_BUCKET_OWNER.

    Raises
    ------
    InputError
        If the encryption is none of these, or a key is named without one.

    Notes
    -----
    Blocks may be nested; what an inner one does not name stays as it is.

    Examples
    --------
    >>> with s3_settings(profile="dev", encryption="aws:kms"):
    ...     current_settings().encryption
    'aws:kms'
    """
    asked = {
        "profile": profile,
        "region": region,
        "endpoint_url": endpoint_url,
        "encryption": encryption,
        "kms_key_id": kms_key_id,
        "bucket_owner": bucket_owner,
    }
    changes = {name: value for name, value in asked.items() if value is not None}
    mine = replace(_chosen[-1], **changes)
    _check(mine)
    _chosen.append(mine)
    try:
        yield
    finally:
        _chosen.remove(mine)


def current_settings() -> Settings:
    """The settings in force: those of the innermost block, then the environment's."""
    chosen = _chosen[-1]
    found = {
        name: os.environ.get(variable) or None
        for name, variable in _VARIABLES.items()
        if getattr(chosen, name) is None
    }
    settings = replace(chosen, **found)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.encryption is None and settings.kms_key_id is not None:
        if os.environ.get(_VARIABLES["encryption"]):
            return
        raise InputError(
            "a KMS key is named, but no encryption", advice='pass encryption="aws:kms"'
        )
    if settings.encryption not in (None, *_ENCRYPTIONS):
        raise InputError(
            f"encryption is {settings.encryption!r}, expected one of "
            f"{', '.join(_ENCRYPTIONS)}"
        )


def owner(settings: Settings) -> dict[str, str]:
    """The argument of each request that has the bucket's owner checked."""
    expected = settings.bucket_owner
    return {} if expected is None else {"ExpectedBucketOwner": expected}


# -- client ----------------------------------------------------------------------------

_clients: dict[Any, Any] = {}
_lock = threading.Lock()


def client(settings: Settings, brief: bool = False) -> Any:
    """The boto3 client for these settings; there is one in a process.

    Parameters
    ----------
    brief : bool
        One that gives up soon: for cleaning up after an error.
    """
    where = (settings.profile, settings.region, settings.endpoint_url, brief)
    environment = tuple(sorted(i for i in os.environ.items() if i[0].startswith("AWS_")))
    key = (where, environment, os.getpid())
    with _lock:
        if key not in _clients:
            _clients[key] = _make(settings, brief)
        return _clients[key]


def _make(settings: Settings, brief: bool) -> Any:
    try:
        import boto3
        import boto3.compat
        from botocore.config import Config
    except ImportError:
        raise MissingPackageError(
            "objects in S3 need boto3, which is not installed",
            advice="pip install 'recordsmith[s3]'",
        ) from None
    # It says on old Pythons that their support ends: nothing that our users can act on.
    quiet = getattr(boto3.compat, "filter_python_deprecation_warnings", None)
    if quiet is not None:
        quiet()
    options: dict[str, Any] = {"connect_timeout": _CONNECT_S, "read_timeout": _READ_S}
    if brief:
        options.update(_BRIEF)
    attempts = _BRIEF_ATTEMPTS if brief else _ATTEMPTS
    if brief or not {"AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"} & os.environ.keys():
        options["retries"] = {"mode": "standard", "total_max_attempts": attempts}
    with _settled():
        session = boto3.Session(
            profile_name=settings.profile, region_name=settings.region
        )
        return session.client(
            "s3",
            endpoint_url=settings.endpoint_url,
            config=Config(
                max_pool_connections=_CONNECTIONS,
                user_agent_extra="recordsmith",
                **options,
            ),
        )


@contextlib.contextmanager
def _settled() -> Iterator[None]:
    """Errors in the configuration, before any request."""
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except (BotoCoreError, ValueError) as error:
        raise ObjectStoreError(
            f"the AWS configuration cannot be used: {_one_line(error)}",
            advice="check the profile, the region and the endpoint",
        ) from error


# -- errors ----------------------------------------------------------------------------

_ADVICE = {
    "AccessDenied": "check that these credentials may do this, and the bucket's policy",
    "403": "check that these credentials may do this, and the bucket's policy",
    "InvalidAccessKeyId": "check the credentials, and that they are for this endpoint",
    "SignatureDoesNotMatch": "check the secret key, and that the clock is right",
    "RequestTimeTooSkewed": "set the clock",
    "ExpiredToken": "get new credentials and start again",
    "InvalidToken": "get new credentials and start again",
    "NoSuchBucket": "check the bucket's name, and the endpoint",
    "PermanentRedirect": "name the bucket's region: AWS_DEFAULT_REGION",
    "AuthorizationHeaderMalformed": "name the bucket's region: AWS_DEFAULT_REGION",
    "SlowDown": "wait, or write to fewer objects at a time",
}
_MISSING = ("NoSuchKey", "404", "NotFound")


@contextlib.contextmanager
def asking(url: str) -> Iterator[None]:
    """Give what boto3 raises inside as errors that name the object.

    Raises
    ------
    FileNotFoundError
        If there is no such object.
    ObjectStoreError
        If the store refuses for another reason, or does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in _MISSING:
            raise FileNotFoundError(errno.ENOENT, "no such object", url) from error
        raise _refusal(error, code, url) from error
    except BotoCoreError as error:
        raise _failure(error, url) from error


def code_of(error: Any) -> str:
    """What the store calls a refusal: "NoSuchKey", "AccessDenied", or a status."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _refusal(error: Any, code: str, url: str) -> ObjectStoreError:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = error.response.get("Error", {}).get("Message") or ""
    what = code if code == str(status) else f"{status} {code}"
    reason = f"the object store refused {error.operation_name}: {what}"
    if said and said != code:
        reason += f", {_one_line(said)}"
    advice = _ADVICE.get(code, "")
    refusal = ObjectStoreError(reason.rstrip("."), path=url, advice=advice)
    refusal.code = code
    return refusal


def _failure(error: Exception, url: str) -> ObjectStoreError:
    from botocore import exceptions

    if isinstance(
        error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)
    ):
        return ObjectStoreError(
            "no AWS credentials were found" if "locate" in str(error) else str(error),
            path=url,
            advice="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "run where a role gives them",
        )
    connection = (
        exceptions.ConnectionError,
        exceptions.HTTPClientError,
        exceptions.IncompleteReadError,
    )
    if isinstance(error, connection):
        return ObjectStoreError(
            f"the object store does not answer: {_one_line(error)}",
            path=url,
            advice="check the network, the endpoint and the region",
        )
    return ObjectStoreError(
        f"the request to the object store failed: {_one_line(error)}", path=url
    )


def _one_line(error: Any) -> str:
    return " ".join(str(error).split())
