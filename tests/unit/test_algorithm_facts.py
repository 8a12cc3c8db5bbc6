"""What the table says, against what was read by hand in the documentation and the code.

The expected values were written down from AWS's pages and the XGBoost container's source,
not from the table.
"""

import pytest

import recordsmith as rs

RIO = "recordio-protobuf"
JSON, JSONL = "application/json", "application/jsonlines"
RIO_TYPE = "application/x-recordio-protobuf"
BOTH = ("FullyReplicated", "ShardedByS3Key")
IMAGES = ("application/x-image", "image/jpeg", "image/png")
FILE, FILE_PIPE = ("File",), ("File", "Pipe")


def modes(kind):
    return lambda entry: entry.format(kind).input_modes()


def of(kind, name):
    return lambda entry: getattr(entry.format(kind), name)


def label(kind, channel="train"):
    return lambda entry: entry.format(kind).label_rule(channel)


def distribution(channel):
    return lambda entry: entry.distribution[channel]


def inference(name):
    return lambda entry: getattr(entry.inference, name)


def root(content_type="application/json"):
    return lambda entry: entry.inference.form(content_type).root


def layout(content_type):
    return lambda entry: entry.inference.form(content_type).layout


def columns(content_type):
    return lambda entry: entry.inference.form(content_type).columns


def kinds(name):
    return lambda entry: entry.inference.field(name).kinds


def dtype(name):
    return lambda entry: entry.inference.field(name).dtype


def always(name):
    return lambda entry: entry.inference.field(name).always


def limits(name):
    return lambda entry: hyperparameter(entry, name).limits


def required(name):
    return lambda entry: hyperparameter(entry, name).required


def hyperparameter(entry, name):
    return next(one for one in entry.hyperparameters if one.name == name)


def whole(name):
    return lambda entry: getattr(entry, name)


SURE, GUESS, CONFLICT, OPEN = "confirmed", "inferred", "conflict", "unconfirmed"

FACTS = [
    # XGBoost: its container's source
    ("xgboost", of("csv", "spellings"), ("csv",), SURE),
    ("xgboost", of("libsvm", "spellings"), ("text/x-libsvm", "libsvm"), SURE),
    ("xgboost", of("parquet", "spellings"), ("parquet",), SURE),
    ("xgboost", of("csv", "parameters"), {}, SURE),
    ("xgboost", of("csv", "label_size"), (1,), SURE),
    ("xgboost", of("csv", "label_position"), "first", SURE),
    ("xgboost", of("parquet", "label_position"), "first", SURE),
    ("xgboost", of(RIO, "dtypes"), ("float32", "float64"), SURE),
    ("xgboost", of(RIO, "densities"), ("dense", "sparse"), SURE),
    ("xgboost", of(RIO, "empty_rows"), "explicit-zero", SURE),
    ("xgboost", of("libsvm", "index_base"), 0, SURE),
    ("xgboost", modes("libsvm"), FILE, SURE),
    ("xgboost", modes(RIO), FILE, GUESS),
    ("xgboost", label(RIO), "required", SURE),
    ("xgboost", whole("default_content_type"), "text/libsvm", SURE),
    ("xgboost", whole("channels_optional"), ("validation", "code"), SURE),
    ("xgboost", whole("other_channels"), False, SURE),
    ("xgboost", whole("fast_file"), None, CONFLICT),
    ("xgboost", whole("hidden_files"), "error", SURE),
    ("xgboost", distribution("train"), BOTH, SURE),
    ("xgboost", inference("label_size"), (1,), SURE),
    ("xgboost", root(), "predictions", SURE),
    ("xgboost", layout("text/csv"), "lines", SURE),
    ("xgboost", kinds("probabilities"), ("vector", "scalar"), SURE),
    ("seq2seq", kinds("target"), ("text", "list"), SURE),
    ("seq2seq", layout(RIO_TYPE), "features", GUESS),
    ("forecasting-deepar", kinds("quantiles"), ("vectors",), SURE),
    ("lightgbm", layout(JSON), "columns", GUESS),
    ("image-classification", layout(JSON), "array", GUESS),
    ("object-detection", layout(JSON), "object", SURE),
    ("semantic-segmentation", kinds("target"), ("tensor",), GUESS),
    ("xgboost", limits("num_class"), (2, None), SURE),
    # Linear Learner
    ("linear-learner", of(RIO, "dtypes"), ("float32",), SURE),
    ("linear-learner", of(RIO, "densities"), ("dense", "sparse"), OPEN),
    ("linear-learner", modes("csv"), FILE_PIPE, SURE),
    ("linear-learner", of("csv", "spellings"), (), SURE),
    ("linear-learner", of("csv", "header"), False, SURE),
    ("linear-learner", distribution("validation"), ("FullyReplicated",), SURE),
    ("linear-learner", distribution("train"), BOTH, OPEN),
    ("linear-learner", limits("num_classes"), (3, 1_000_000), SURE),
    ("linear-learner", required("feature_dim"), False, SURE),
    ("linear-learner", inference("responses"), (JSON, JSONL, RIO_TYPE), SURE),
    ("linear-learner", kinds("score"), ("scalar", "vector"), SURE),
    ("linear-learner", dtype("score"), "float64", SURE),
    ("linear-learner", dtype("predicted_label"), "int64", SURE),
    ("linear-learner", always("score"), True, SURE),
    ("linear-learner", always("predicted_label"), False, SURE),
    ("linear-learner", layout(RIO_TYPE), "labels", SURE),
    # Factorization Machines
    ("factorization-machines", of(RIO, "dtypes"), ("float32",), SURE),
    ("factorization-machines", of(RIO, "densities"), ("dense", "sparse"), SURE),
    ("factorization-machines", required("num_factors"), True, SURE),
    ("factorization-machines", inference("requests"), (JSON, RIO_TYPE), SURE),
    ("factorization-machines", inference("label_size"), (), SURE),
    # K-Means
    ("kmeans", of(RIO, "dtypes"), ("float32",), GUESS),
    ("kmeans", label(RIO), "ignored", GUESS),
    ("kmeans", of("csv", "label_position"), "none", SURE),
    ("kmeans", whole("instances"), "many", CONFLICT),
    ("kmeans", inference("responses"), (JSON, JSONL, RIO_TYPE, "text/csv"), SURE),
    ("kmeans", columns("text/csv"), ("closest_cluster", "distance_to_cluster"), SURE),
    ("kmeans", dtype("closest_cluster"), "int64", GUESS),
    # k-NN
    ("knn", of("csv", "label_position"), "first label_size", SURE),
    ("knn", of(RIO, "label_dtypes"), ("float32",), SURE),
    ("knn", required("sample_size"), True, SURE),
    ("knn", inference("label_size"), None, SURE),
    # PCA
    ("pca", root(), "projections", SURE),
    ("pca", required("mini_batch_size"), True, SURE),
    ("pca", of("csv", "label_position"), "none", SURE),
    # LDA
    ("lda", of(RIO, "densities"), ("dense", "sparse"), SURE),
    ("lda", modes(RIO), FILE_PIPE, SURE),
    ("lda", modes("csv"), FILE, SURE),
    ("lda", whole("instances"), "one", SURE),
    ("lda", kinds("topic_mixture"), ("vector",), SURE),
    ("lda", layout(JSONL), "objects", GUESS),
    # NTM
    ("ntm", of(RIO, "densities"), ("dense", "sparse"), SURE),
    ("ntm", whole("channels_optional"), ("validation", "test", "auxiliary"), SURE),
    ("ntm", distribution("test"), ("FullyReplicated",), SURE),
    ("ntm", limits("feature_dim"), (1, 1_000_000), SURE),
    ("ntm", limits("num_topics"), (2, 1000), SURE),
    ("ntm", kinds("topic_weights"), ("vector",), SURE),
    # Random Cut Forest
    ("randomcutforest", label("csv"), "forbidden", SURE),
    ("randomcutforest", label("csv", "test"), "required", SURE),
    ("randomcutforest", of("csv", "label_size"), (0, 1), SURE),
    ("randomcutforest", distribution("train"), ("ShardedByS3Key",), SURE),
    ("randomcutforest", distribution("test"), ("FullyReplicated",), SURE),
    ("randomcutforest", limits("feature_dim"), (1, 10_000), SURE),
    ("randomcutforest", limits("mini_batch_size"), (1000, 1000), GUESS),
    ("randomcutforest", root(), "scores", SURE),
    # IP Insights
    ("ipinsights", label("csv"), "forbidden", SURE),
    ("ipinsights", modes("csv"), FILE, SURE),
    ("ipinsights", limits("vector_dim"), (4, 4096), SURE),
    ("ipinsights", limits("num_entity_vectors"), (1, 250_000_000), SURE),
    ("ipinsights", always("dot_product"), True, SURE),
    ("ipinsights", always("ip_embedding"), False, SURE),
    # Sequence-to-Sequence
    ("seq2seq", of(RIO, "dtypes"), ("int32",), SURE),
    ("seq2seq", of(RIO, "feature_names"), ("source", "target"), GUESS),
    ("seq2seq", whole("channels_required"), ("train", "validation", "vocab"), SURE),
    ("seq2seq", modes(RIO), FILE, SURE),
    # Object2Vec
    ("object2vec", modes(JSONL), FILE, SURE),
    ("object2vec", limits("num_classes"), (2, 30), SURE),
    ("object2vec", limits("enc0_vocab_size"), (2, 3_000_000), SURE),
    ("object2vec", whole("instances"), "one", SURE),
    # BlazingText
    ("blazingtext-word2vec", whole("instances"), "some", CONFLICT),
    ("blazingtext-word2vec", whole("other_channels"), False, SURE),
    ("blazingtext-text-classification", whole("augmented_manifest"), True, SURE),
    (
        "blazingtext-text-classification",
        whole("channels_optional"),
        ("validation",),
        SURE,
    ),
    # DeepAR
    ("forecasting-deepar", whole("hidden_files"), "ignored", SURE),
    ("forecasting-deepar", modes("parquet"), FILE, SURE),
    ("forecasting-deepar", required("time_freq"), True, SURE),
    # Images
    ("image-classification", modes("application/x-recordio"), FILE_PIPE, SURE),
    ("image-classification", whole("channels_required"), ("train", "validation"), SURE),
    ("image-classification", distribution("train"), ("FullyReplicated",), GUESS),
    ("object-detection", inference("requests"), IMAGES, CONFLICT),
    ("semantic-segmentation", limits("num_classes"), (2, 254), SURE),
    ("semantic-segmentation", whole("instances"), "one", SURE),
    ("semantic-segmentation", modes("application/x-recordio"), ("Pipe",), CONFLICT),
    # TensorFlow
    ("image-classification-tensorflow", whole("channels_required"), ("training",), SURE),
    (
        "object-detection-tensorflow",
        inference("requests"),
        ("application/x-image",),
        SURE,
    ),
    (
        "text-classification-tensorflow",
        inference("requests"),
        ("application/x-text",),
        SURE,
    ),
    ("text-classification-tensorflow", of("csv", "header"), False, SURE),
    # Tables
    ("lightgbm", whole("channels_required"), ("train",), SURE),
    ("lightgbm", whole("instances"), "many", CONFLICT),
    ("catboost", whole("channels_required"), ("training",), SURE),
    ("catboost", whole("instances"), "one", SURE),
    ("tabtransformer", of("csv", "label_position"), "first", SURE),
    ("tabtransformer", modes("csv"), FILE, SURE),
    ("autogluon-tabular", of("csv", "header"), False, SURE),
    ("autogluon-tabular", inference("requests"), ("text/csv",), SURE),
]


def test_every_algorithm_is_checked():
    assert {key for key, *_ in FACTS} == {entry.key for entry in rs.algorithms()}


@pytest.mark.parametrize(("key", "get", "value", "status"), FACTS)
def test_fact(key, get, value, status):
    fact = get(rs.algorithm(key))
    assert fact.status == status
    assert fact.value == value


@pytest.mark.parametrize(
    ("key", "types"),
    [
        ("xgboost", {"text/libsvm", "text/csv", "application/x-parquet", RIO_TYPE}),
        ("linear-learner", {RIO_TYPE, "text/csv"}),
        ("factorization-machines", {RIO_TYPE}),
        ("kmeans", {RIO_TYPE, "text/csv"}),
        ("knn", {RIO_TYPE, "text/csv"}),
        ("pca", {RIO_TYPE, "text/csv"}),
        ("lda", {RIO_TYPE, "text/csv"}),
        ("ntm", {RIO_TYPE, "text/csv"}),
        ("randomcutforest", {RIO_TYPE, "text/csv"}),
        ("ipinsights", {"text/csv"}),
        ("object2vec", {JSONL}),
        ("seq2seq", {RIO_TYPE}),
        ("blazingtext-word2vec", {"text/plain"}),
        ("blazingtext-text-classification", {"text/plain", JSONL}),
        ("image-classification", {"application/x-recordio", *IMAGES}),
        ("object-detection", {"application/x-recordio", *IMAGES}),
        ("semantic-segmentation", {"application/x-recordio", *IMAGES}),
        ("lightgbm", {"text/csv"}),
        ("catboost", {"text/csv"}),
        ("tabtransformer", {"text/csv"}),
        ("autogluon-tabular", {"text/csv"}),
    ],
)
def test_content_types(key, types):
    assert {one.content_type for one in rs.algorithm(key).formats} == types


@pytest.mark.parametrize(
    ("key", "hyperparameters", "values"),
    [
        ("linear-learner", {"predictor_type": "binary_classifier"}, "binary"),
        ("linear-learner", {"predictor_type": "multiclass_classifier"}, "classes"),
        ("linear-learner", {"predictor_type": "regressor"}, "real"),
        ("factorization-machines", {"predictor_type": "binary_classifier"}, "binary"),
        ("factorization-machines", {"predictor_type": "regressor"}, "real"),
        ("knn", {"predictor_type": "classifier"}, "integers"),
        ("xgboost", {"objective": "multi:softprob", "num_class": 3}, "classes"),
        ("xgboost", {}, "real"),
        ("randomcutforest", {}, "binary"),
        ("object2vec", {"output_layer": "softmax"}, "classes"),
    ],
)
def test_label_values(key, hyperparameters, values):
    assert rs.algorithm(key).label_values(hyperparameters).values.value == values


def test_real_time_requests_are_at_most_6_mib():
    limits = {entry.inference.max_bytes.value for entry in rs.algorithms()}
    assert limits == {6 * 1024 * 1024}


def test_nothing_is_sure_of_fast_file():
    assert not any(entry.fast_file.sure for entry in rs.algorithms())


def test_old_images_of_xgboost_take_pipe_but_never_for_libsvm():
    entry = rs.algorithm("xgboost")
    assert entry.image_tags[0] == "1"
    assert entry.image_tags[-1] == "3.2-0"
    for tag in entry.image_tags[:-1]:
        for kind in ("csv", "parquet", RIO):
            assert entry.format(kind).input_modes(tag).value == FILE_PIPE
        assert entry.format("libsvm").input_modes(tag).value == FILE
    for one in entry.formats:
        assert one.input_modes("3.2-0").value == FILE


def test_recordio_without_csv():
    takes = [e.key for e in rs.algorithms() if e.format(RIO) and not e.format("csv")]
    assert takes == ["factorization-machines", "seq2seq"]
