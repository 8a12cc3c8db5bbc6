"""The rules of SARIF 2.1.0 for the part of it that recordsmith writes.

Written down by hand from the standard (OASIS, 27 March 2020, with errata 01); numbers are
its sections. `check(log)` raises AssertionError where one is broken.
"""

import re

# RFC 3986: a URI reference; here without query and fragment, which would not be a file's.
URI = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*:)?((%[0-9A-Fa-f]{2})|[A-Za-z0-9/._~!$&'()*+,;=:@-])*"
)
LEVELS = ("none", "note", "warning", "error")


def check(log):
    assert set(log) <= {"$schema", "version", "runs"}  # 3.13
    assert log["version"] == "2.1.0"  # 3.13.2
    assert isinstance(log["runs"], list)  # 3.13.4
    for run in log["runs"]:
        check_run(run)
    return sum(len(run["results"]) for run in log["runs"])


def check_run(run):  # 3.14
    assert set(run) <= {"tool", "invocations", "columnKind", "results"}
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")  # 3.14.17
    driver = run["tool"]["driver"]  # 3.18.2
    assert set(driver) <= {"name", "version", "rules"}
    assert isinstance(driver["name"], str) and driver["name"]  # 3.19.8
    ids = [check_rule(rule) for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)  # 3.19.23: unique elements
    for invocation in run["invocations"]:  # 3.20
        assert isinstance(invocation["executionSuccessful"], bool)  # 3.20.14: required
        for notification in invocation["toolExecutionNotifications"]:
            check_message(notification["message"])  # 3.58.5: required
            assert notification["level"] in LEVELS
    for result in run["results"]:
        check_result(result, ids)


def check_rule(rule):  # 3.49
    names = {"id", "shortDescription", "fullDescription", "help", "helpUri"}
    assert set(rule) <= names | {"defaultConfiguration"}
    for name in ("shortDescription", "fullDescription", "help"):
        check_message(rule[name])
    if "helpUri" in rule:
        assert re.fullmatch(r"https://[!-~]+", rule["helpUri"])
        assert not set(rule["helpUri"]) & set('<>"{}|\\^`')
    if "defaultConfiguration" in rule:
        assert rule["defaultConfiguration"]["level"] in LEVELS
    return rule["id"]


def check_result(result, ids):  # 3.27
    assert ids[result["ruleIndex"]] == result["ruleId"]  # 3.27.6
    assert result["kind"] == "fail"  # 3.27.9; then the level may be set
    assert result["level"] in ("error", "warning", "note")
    check_message(result["message"])  # 3.27.11: required
    assert result["occurrenceCount"] >= 1  # 3.27.15: a positive integer
    prints = result["partialFingerprints"]  # 3.27.17: strings by name
    assert all(isinstance(one, str) for pair in prints.items() for one in pair)
    assert isinstance(result["properties"], dict)  # 3.8
    assert result["locations"]  # GitHub: at least one
    for location in result["locations"]:
        check_location(location)


def check_location(location):  # 3.28
    assert set(location) <= {"physicalLocation", "logicalLocations", "message"}
    assert "physicalLocation" in location or location["logicalLocations"]
    if "message" in location:
        check_message(location["message"])
    for logical in location.get("logicalLocations", []):  # 3.33
        assert set(logical) <= {"name", "fullyQualifiedName", "kind"}
        assert all(isinstance(value, str) for value in logical.values())
        assert "name" in logical or "fullyQualifiedName" in logical
    if "physicalLocation" in location:
        check_physical(location["physicalLocation"])


def check_physical(physical):  # 3.29
    assert set(physical) <= {"artifactLocation", "region"}
    artifact = physical["artifactLocation"]
    assert URI.fullmatch(artifact["uri"]), artifact  # 3.4.3, RFC 3986
    if "uriBaseId" in artifact:  # 3.4.4: then the URI is relative
        assert not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", artifact["uri"])
        assert not artifact["uri"].startswith("/")
        assert ".." not in artifact["uri"].split("/")  # 3.14.14
    else:
        assert re.match(r"[a-z][a-z0-9+.-]*://", artifact["uri"])
    if "region" in physical:  # 3.30
        region = physical["region"]
        assert set(region) <= {"startLine", "byteOffset"} and region
        assert region.get("startLine", 1) >= 1  # 3.30.5
        assert region.get("byteOffset", 0) >= 0  # 3.30.11


def check_message(message):  # 3.11
    assert set(message) == {"text"}
    assert isinstance(message["text"], str)
    message["text"].encode("utf-8")
