"""The table of algorithms: lookups, what holds for all entries, errors in its files."""

import copy
import pickle
from dataclasses import asdict, fields, is_dataclass
from datetime import date

import pytest

import recordsmith as rs
from recordsmith.algorithm_table import entries, loading
from recordsmith.algorithm_table.types import Fact, Source

ENTRIES = rs.algorithms()
STATUSES = {"confirmed", "inferred", "conflict", "unconfirmed"}

each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)


def facts_in(value, where=""):
    """(path, fact) for all facts in an entry."""
    if isinstance(value, Fact):
        yield where, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from facts_in(one, f"{where}.{key}")
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from facts_in(one, f"{where}[{number}]")
    elif is_dataclass(value):
        for one in fields(value):
            yield from facts_in(getattr(value, one.name), f"{where}.{one.name}")


# -- lookups ---------------------------------------------------------------------------


def test_count():
    assert len(ENTRIES) == 25
    # 24 algorithms: BlazingText's two modes share one image.
    assert len({entry.image or entry.key for entry in ENTRIES}) == 24
    assert [entry.key for entry in ENTRIES] == sorted({entry.key for entry in ENTRIES})


def test_constraints_collected():
    assert sum(len(entry.constraints) for entry in ENTRIES) == 129


@each_entry
def test_found_by_all_its_names(entry):
    for name in (entry.key, entry.name, *entry.aliases):
        assert rs.algorithm(name) is entry
        assert rs.algorithm(name.upper().replace("-", "_")) is entry


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("k-means", "kmeans"),
        (" K Means ", "kmeans"),
        ("random cut forest", "randomcutforest"),
        ("rcf", "randomcutforest"),
        ("fm", "factorization-machines"),
        ("FactorizationMachines", "factorization-machines"),
        ("deepar", "forecasting-deepar"),
        ("linear_learner", "linear-learner"),
        ("k-NN", "knn"),
        ("Seq2Seq", "seq2seq"),
        ("word2vec", "blazingtext-word2vec"),
        (
            "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1",
            "linear-learner",
        ),
        (
            "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "xgboost",
        ),
        ("390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/kmeans", "kmeans"),
    ],
)
def test_other_spellings(name, key):
    assert rs.algorithm(name).key == key


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kmeen", "no built-in algorithm is called 'kmeen'; did you mean kmeans? "),
        ("linear-lerner", "did you mean linear-learner? The table has autogluon-"),
        ("qqq", "no built-in algorithm is called 'qqq'; The table has autogluon-tabular"),
        ("", "no built-in algorithm is called ''"),
        (
            "blazingtext",
            "'blazingtext' stands for several: blazingtext-text-classification, "
            "blazingtext-word2vec; name one of them",
        ),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-image:1", "no built-in"),
    ],
)
def test_unknown_names(name, message):
    with pytest.raises(rs.errors.InputError) as caught:
        rs.algorithm(name)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", [None, 3, b"kmeans"])
def test_a_name_is_a_string(name):
    with pytest.raises(rs.errors.UnsupportedTypeError, match="expected a name: auto"):
        rs.algorithm(name)


def test_one_name_stands_for_one_algorithm():
    shared = {name for name, keys in loading._by_name().items() if len(keys) > 1}
    assert shared == {"blazingtext", "sagemakerblazingtext"}


@each_entry
def test_entries_are_plain_values(entry):
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert copy.deepcopy(entry) == entry
    assert asdict(entry)["key"] == entry.key


# -- methods ---------------------------------------------------------------------------


def test_modes_go_by_the_container():
    csv = rs.algorithm("xgboost").format("csv")
    assert csv.input_modes("1.7-1").value == ("File", "Pipe")
    assert csv.input_modes("3.0-5").value == ("File", "Pipe")
    assert csv.input_modes("3.2-0").value == ("File",)
    assert csv.input_modes("9.9-9").value == ("File",)
    assert csv.input_modes().value == ("File",)
    assert csv.input_modes().status == "inferred"


def test_a_format_is_found_by_type_kind_and_spelling():
    entry = rs.algorithm("xgboost")
    names = ("text/libsvm", "libsvm", "text/x-libsvm")
    assert {entry.format(name).content_type for name in names} == {"text/libsvm"}
    assert entry.format("text/plain") is None
    assert rs.algorithm("linear-learner").format("libsvm") is None


def test_label_rules_go_by_the_channel():
    csv = rs.algorithm("rcf").format("csv")
    assert csv.label_rule().value == "forbidden"
    assert csv.label_rule("test").value == "required"
    assert csv.label_rule("validation") is None
    assert rs.algorithm("knn").format("csv").label_rule("test").value == "required"


def test_label_values_go_by_the_hyperparameters():
    entry = rs.algorithm("linear-learner")
    found = entry.label_values({"predictor_type": "multiclass_classifier"})
    assert (found.values.value, found.classes_from) == ("classes", "num_classes")
    assert entry.label_values({"predictor_type": "regressor"}).values.value == "real"
    assert entry.label_values({}) is None
    xgboost = rs.algorithm("xgboost")
    assert xgboost.label_values({"objective": "binary:hinge"}).values.value == "binary"
    assert xgboost.label_values({"objective": "reg:tweedie"}).values.value == "real"


def test_a_channel_may_have_another_name():
    lightgbm = rs.algorithm("lightgbm")
    assert lightgbm.channel("training") == "train"
    assert lightgbm.channel("validation") == "validation"
    assert rs.algorithm("catboost").channel("training") == "training"


def test_some_channels_hold_no_rows():
    ntm = rs.algorithm("ntm")
    assert ntm.channel_content_types["auxiliary"].value == ("text/plain",)
    assert [ntm.holds_rows(name) for name in ("train", "test", "auxiliary")] == [1, 1, 0]
    assert rs.algorithm("lightgbm").holds_rows("training")
    seq2seq = rs.algorithm("seq2seq").channel_content_types["vocab"]
    assert (seq2seq.value, seq2seq.status) == ((), "unconfirmed")


def test_hyperparameters_are_found_by_their_meaning():
    entry = rs.algorithm("ntm")
    assert entry.hyperparameter("width").name == "feature_dim"
    assert entry.hyperparameter("weights") is None


# -- what holds for all entries --------------------------------------------------------


@each_entry
def test_every_fact_has_a_source_and_a_date(entry):
    known = loading.sources()
    facts = dict(facts_in(entry))
    assert len(facts) > 20
    for where, fact in facts.items():
        assert fact.status in STATUSES, where
        assert fact.sources, where
        assert set(fact.sources) <= known.keys(), where
        assert set(fact.sources) <= set(entry.sources), where
        assert isinstance(fact.date, date), where
        assert date(2026, 11, 23) <= fact.date, where
        assert fact.sure == (fact.status == "confirmed")
        if not fact.sure:
            assert fact.note, where


@each_entry
def test_what_is_confirmed_is_known(entry):
    """None with "confirmed" has a meaning in a few places only."""
    any_value = (".label_width", ".label_size", ".label_position", ".root")
    for where, fact in facts_in(entry):
        if fact.value is None and fact.sure:
            assert where.endswith(any_value), where


@each_entry
def test_channels_agree(entry):
    required, optional = entry.channels_required.value, entry.channels_optional.value
    assert required
    assert not set(required) & set(optional)
    channels = {*required, *optional, "*"}
    assert entry.distribution.keys() <= channels
    assert entry.recommended_distribution.keys() <= channels
    assert entry.channel_aliases.keys() <= channels
    assert entry.channel_content_types.keys() <= channels - {"*"}
    assert any(map(entry.holds_rows, required))
    for one in entry.formats:
        assert one.label.keys() <= channels
        assert one.label_rule(required[0]) is not None


@each_entry
def test_recommendations_are_allowed(entry):
    allowed = entry.distribution
    for channel, fact in entry.recommended_distribution.items():
        places = allowed.get(channel, allowed.get("*"))
        assert places is None or fact.value in places.value


@each_entry
def test_formats_differ(entry):
    types = [
        name for one in entry.formats for name in {one.content_type, *one.spellings.value}
    ]
    assert len(types) == len(set(types))


@each_entry
def test_hyperparameters_that_labels_speak_of_exist(entry):
    names = {one.name: one for one in entry.hyperparameters}
    for values in entry.labels:
        assert values.classes_from is None or names[values.classes_from]
        assert (values.values.value == "classes") == (values.classes_from is not None)
        for name, words in values.when.items():
            assert set(words) <= set(names[name].choices.value)


@each_entry
def test_tags_are_those_of_the_image(entry):
    for one in entry.formats:
        for modes in one.modes:
            assert set(modes.tags) <= set(entry.image_tags)


def test_every_source_is_cited():
    cited = {address for entry in ENTRIES for address in entry.sources}
    assert cited == set(loading.sources())
    assert all(address.startswith("https://") for address in cited)
    assert len({source.id for source in loading.sources().values()}) == len(cited)


def test_every_key_is_a_file_name():
    names = {one.name for one in loading._DATA.iterdir()} - {"README.md"}
    keys = {f"{entry.key}.toml" for entry in ENTRIES}
    assert names == keys | {"common.toml", "sources.toml"}


# -- errors in the data files ----------------------------------------------------------

DAY = date(2026, 11, 23)
SOURCES = {
    "dg:a": Source("dg:a", "https://a", DAY),
    "dg:b": Source("dg:b", "https://b", DAY),
}


def fact(value, **more):
    return {"value": value, "status": "confirmed", "sources": ["dg:a"], **more}


def parsed():
    """A file as TOML gives it, with as little as there has to be."""
    return {
        "name": "Some",
        "read": ["dg:a"],
        "status": "confirmed",
        "sources": ["dg:a"],
        "default_content_type": "text/csv",
        "channels_required": ["train"],
        "channels_optional": [],
        "instances": "many",
        "formats": [
            {
                "content_type": "text/csv",
                "kind": "csv",
                "status": "confirmed",
                "sources": ["dg:b"],
                "spellings": [],
                "parameters": {},
                "modes": ["File"],
                "label_position": "first",
                "header": False,
                "label": {"*": "required"},
            }
        ],
        "inference": {
            "requests": ["application/json"],
            "responses": ["application/json"],
            "forms": [
                {
                    "content_type": "application/json",
                    "status": "confirmed",
                    "sources": ["dg:b"],
                    "layout": "objects",
                    "root": "predictions",
                }
            ],
            "fields": [
                {
                    "name": "score",
                    "status": "confirmed",
                    "sources": ["dg:b"],
                    "kinds": ["scalar"],
                    "dtype": "float64",
                    "always": True,
                }
            ],
        },
        "constraints": [
            {"text": "x", "severity": "error", "status": "confirmed", "sources": ["dg:b"]}
        ],
    }


COMMON = {
    "other_channels": fact(True),
    "fast_file": fact(True),
    "augmented_manifest": fact(False),
    "hidden_files": fact("error"),
    "max_bytes": fact(6),
}


def read(table):
    common = entries.read_common(COMMON, SOURCES)
    return entries.read_entry("some", table, SOURCES, common)


def test_little_is_enough():
    entry = read(parsed())
    assert entry.fast_file == Fact(True, "confirmed", ("https://a",), DAY)
    assert entry.formats[0].header == Fact(False, "confirmed", ("https://b",), DAY)
    assert entry.inference.responses.sources == ("https://a",)
    assert entry.inference.forms[0].columns == Fact((), "confirmed", ("https://b",), DAY)
    assert entry.inference.label_size.value == ()
    assert entry.constraints[0].text == Fact("x", "confirmed", ("https://b",), DAY)
    assert entry.sources == ("https://a", "https://b")


def test_a_fact_may_say_more_than_its_value():
    table = parsed()
    table["instances"] = {
        "status": "unconfirmed",
        "sources": ["dg:b"],
        "date": date(2027, 1, 2),
        "note": "nobody\n  says",
    }
    found = read(table).instances
    assert found == Fact(
        None, "unconfirmed", ("https://b",), date(2027, 1, 2), "nobody says"
    )


def change(*path, to=None, drop=False):
    def changed(table):
        *inner, last = path
        for key in inner:
            table = table[key]
        if drop:
            del table[last]
        else:
            table[last] = to

    return changed


FORMAT = ("formats", 0)
FIELD = ("inference", "fields", 0)
FORM = ("inference", "forms", 0)
CSV_FORM = {
    "content_type": "text/csv",
    "status": "confirmed",
    "sources": ["dg:b"],
    "layout": "lines",
    "columns": ["scores"],
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (change("name", drop=True), "name: is missing"),
        (
            change("status", to="inferred"),
            "default_content_type.note: is missing: say why the fact is inferred",
        ),
        (change("name", to=3), "name: found 3, expected a text"),
        (change("name", to=" "), "name: found ' ', expected a text"),
        (change("formats", to=[]), "formats: is missing"),
        (change("formats", to=[1]), "formats: found [1], expected a list of tables"),
        (change("inference", to=1), "inference: found 1, expected a table"),
        (
            change(*FIELD, "kinds", to=["scaler"]),
            "inference.fields[0].kinds: found ['scaler'], expected one of 'scalar'",
        ),
        (
            change(*FIELD, "dtype", to="float32"),
            "inference.fields[0].dtype: found 'float32', expected one of 'float64'",
        ),
        (
            change(*FIELD, "dtype", drop=True),
            "inference.fields[0].dtype: is missing: only text, texts, image, any need",
        ),
        (
            change(*FIELD, "kinds", to=["tensor"]),
            "inference.fields[0].shape_from: a tensor needs it, and nothing else has it",
        ),
        (
            change(*FORM, "layout", to="lines"),
            "inference.forms[0].columns: array, lines, image need it",
        ),
        (
            change(*FORM, "columns", to=["score"]),
            "inference.forms[0].columns: array, lines, image need it",
        ),
        (
            change("inference", "forms", 0, to=CSV_FORM),
            "inference.forms: 'scores' is not among the fields",
        ),
        (change("colour", to=1), "colour: is no key of this table"),
        (change("instance", to=1), "is no key of this table; did you mean 'instances'?"),
        (change(*FORMAT, "headers", to=True), "formats[0].headers: is no key of this"),
        (change(*FORMAT, "kind", to="cvs"), "expected one of 'recordio-protobuf', 'csv'"),
        (change(*FORMAT, "kind", to="cvs"), "did you mean 'csv'?"),
        (change(*FORMAT, "kind", to=["csv"]), "formats[0].kind: found ['csv'], expected"),
        (
            change(*FORMAT, "header", drop=True),
            "formats[0].header: is missing: a format of kind 'csv' needs it",
        ),
        (
            change(*FORMAT, "modes", to=["File", "Tube"]),
            "formats[0].modes: found ['File', 'Tube'], expected one of 'File'",
        ),
        (
            change(*FORMAT, "modes", to=["File", "File"]),
            "expected a list in which nothing is there twice",
        ),
        (
            change(*FORMAT, "modes", to=[fact(["File"], tags=["1"])]),
            "formats[0].modes: all but the last need tags, and the last has none",
        ),
        (
            change(*FORMAT, "modes", to=[fact(["File"]), fact(["Pipe"])]),
            "formats[0].modes: all but the last need tags",
        ),
        (
            change(*FORMAT, "label", to={"*": "requird"}),
            "formats[0].label.*: found 'requird', expected one of 'required'",
        ),
        (
            change(*FORMAT, "header", to=fact(False, status="sure")),
            "formats[0].header.status: found 'sure', expected one of 'confirmed'",
        ),
        (
            change(*FORMAT, "header", to=fact(False, sources=[])),
            "formats[0].header.sources: is empty: say where the fact is from",
        ),
        (
            change(*FORMAT, "header", to=fact(False, sources=["dg:c"])),
            "formats[0].header.sources: 'dg:c' is not in sources.toml; did you mean 'dg:",
        ),
        (
            change(*FORMAT, "header", to=fact(False, status="inferred")),
            "formats[0].header.note: is missing: say why the fact is inferred",
        ),
        (
            change(*FORMAT, "header", to=fact(False, nota="x")),
            "formats[0].header.nota: is no key of this table; did you mean 'note'?",
        ),
        (
            change(*FORMAT, "header", to=fact(False, date="2026-11-23")),
            "formats[0].header.date: found '2026-11-23', expected a date, as 2026-11-23",
        ),
        (change(*FORMAT, "header", to="no"), "found 'no', expected true or false"),
        (change(*FORMAT, "index_base", to=True), "found True, expected a whole number"),
        (
            change(*FORMAT, "parameters", to=["a"]),
            "found ['a'], expected a table of lists",
        ),
        (change("status", drop=True), "status: is missing"),
        (change("sources", drop=True), "sources: is missing"),
        (change("read", drop=True), "read: is missing"),
        (
            change("channels_required", to={"note": "x"}),
            "channels_required.value: is",
        ),
        (
            change("constraints", 0, "severity", to="fatal"),
            "constraints[0].severity: fo",
        ),
        (
            change("constraints", 0, "sources", drop=True),
            "constraints[0].sources: is",
        ),
        (change("constraints", 0, "value", to="y"), "a constraint's value is its text"),
        (
            change("hyperparameters", to=[{"name": "k", "meaning": "width"}]),
            "hyperparameters[0].required: is missing",
        ),
        (
            change("labels", to=[{**fact("binary"), "values": "binary"}]),
            "labels[0].value: is no key of this table; did you mean 'values'?",
        ),
        (
            change("distribution", to={"train": ["Everywhere"]}),
            "distribution.train: found ['Everywhere'], expected one of 'FullyRepl",
        ),
    ],
)
def test_what_is_wrong_in_a_file(changed, message):
    table = parsed()
    changed(table)
    with pytest.raises(rs.errors.ParseError) as caught:
        read(table)
    assert str(caught.value).startswith("some.toml: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({}, "expected { lowest = NUMBER, highest = NUMBER } or one of the two"),
        ({"low": 1}, "or one of the two"),
        ({"lowest": "1"}, "or one of the two"),
        ({"lowest": True}, "or one of the two"),
        ([1, 2], "or one of the two"),
        ({"lowest": 2, "highest": 1}, "expected a lowest that is not above the highest"),
    ],
)
def test_wrong_limits(limits, message):
    table = parsed()
    one = {"name": "k", "meaning": "width", "required": True, "limits": limits}
    table["hyperparameters"] = [{**one, "status": "confirmed", "sources": ["dg:a"]}]
    with pytest.raises(rs.errors.ParseError) as caught:
        read(table)
    assert "hyperparameters[0].limits: found " in str(caught.value)
    assert message in str(caught.value)


def test_an_algorithm_needs_every_common_fact():
    with pytest.raises(
        rs.errors.ParseError, match=r"^common\.toml: max_bytes: is missing"
    ):
        entries.read_common(
            {k: v for k, v in COMMON.items() if k != "max_bytes"}, SOURCES
        )


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"read": DAY, "names": {}}, "dg.base: is missing"),
        ({"base": "https://a/", "names": {}}, "dg.read: is missing"),
        ({"base": "https://a/", "read": "today", "names": {}}, "expected a date"),
        ({"base": "https://a/", "read": DAY, "names": {"x": 1}}, "dg.names.x: found 1"),
        ({"base": "https://a/", "read": DAY, "pages": {}}, "dg.pages: is no key"),
    ],
)
def test_what_is_wrong_in_the_sources(group, message):
    with pytest.raises(rs.errors.ParseError) as caught:
        entries.read_sources({"dg": group})
    assert str(caught.value).startswith("sources.toml: ")
    assert message in str(caught.value)


def test_broken_toml(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "_DATA", tmp_path)
    tmp_path.joinpath("some.toml").write_text("name = 'a'\nname 'b'\n")
    with pytest.raises(rs.errors.ParseError, match=r"^some\.toml: .*line 2"):
        loading._parse("some.toml")
