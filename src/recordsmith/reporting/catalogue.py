"""All rules: the id of each, and a sentence that says what must or should be.

A rule's id never changes its meaning. An id that the code uses and that is not here, or
the other way round, makes a test fail.
"""

from __future__ import annotations

__all__ = ["RULES", "title"]

RULES: dict[str, str] = {
    # -- channels: what the service's model asks for
    "channel/choice": "A setting must be one of the words that the service knows",
    "channel/duplicate-name": "Each channel of a job must have its own name",
    "channel/length": "Texts and lists must not be longer than the service allows",
    "channel/missing-key": "Settings that the service requires must be there",
    "channel/number": "Numbers must be in the range that the service allows",
    "channel/pattern": "Names and addresses must have the form that the service asks for",
    "channel/repeated-key": "A key should stand once in a JSON object",
    "channel/type": "A setting must have the type that the service asks for",
    "channel/unknown-key": "There must be no settings that the service does not know",
    # -- channels: where the data are, and how they come into the container
    "channel/attribute-names": "Augmented manifests alone must have AttributeNames",
    "channel/augmented-manifest": "Only what reads augmented manifests must get them",
    "channel/compression": "CompressionType must be set in Pipe mode only",
    "channel/data-source": "A channel must have one source of data",
    "channel/fast-file": "FastFile mode must read a prefix, not a manifest",
    "channel/file-system": "A file system must be read in File mode, from inside its VPC",
    "channel/manifest": "A manifest's address must be that of a file",
    "channel/overlap": "One channel's prefix should not take in another's data",
    "channel/record-wrapper": "RecordWrapperType must be for what is no RecordIO",
    "channel/same-source": "Channels should not read the same data",
    "channel/shuffle": "ShuffleConfig with ShardedByS3Key should be wanted",
    # -- channels: what the algorithm takes the files for
    "channel/content-type": "ContentType must be one that the algorithm reads",
    "channel/content-type-parameter": "ContentType must have known parameters only",
    "channel/content-types-differ": "The channels of a job should hold the same format",
    "channel/input-mode": "InputMode must be one that the algorithm reads the format in",
    "channel/label-size": "ContentType must say how many columns are the label",
    # -- channels: which there are, and how instances share them
    "channel/distribution": "Channels must be distributed as the algorithm asks for",
    "channel/instance-group": "InstanceGroupNames must name groups of the job",
    "channel/instances": "A job must have no more instances than its algorithm can use",
    "channel/missing-channel": "Channels that the algorithm requires must be there",
    "channel/shards": "A sharded channel must have an object for each instance",
    "channel/unknown-channel": "Channels must have names that the algorithm knows",
    # -- channels: objects below a prefix
    "channel/compressed-file": "Files should be packed only where they are unpacked",
    "channel/hidden-file": "There must be no hidden files that an algorithm refuses",
    "channel/identical-files": "Two channels should not hold the same file",
    "channel/no-objects": "There must be objects with data under a channel's prefix",
    "channel/object-type": "Files should be what ContentType says they are",
    "channel/open-prefix": "A prefix should not take in keys of other folders",
    "channel/stray-file": "There should be nothing but data under a channel's prefix",
    # -- channels: hyperparameters that bear on the data
    "channel/hyperparameter-missing": "Hyperparameters that are required must be set",
    "channel/hyperparameter-value": "Hyperparameters must have values that are allowed",
    # files: damage
    "file/not-recordio": "A file that is called RecordIO begins with a RecordIO frame",
    "file/raw-recordio": "RecordIO frames hold records of SageMaker's protobuf schema",
    "file/double-wrapped": "A record is wrapped in one RecordIO frame only",
    "file/damaged": "A RecordIO file consists of whole frames, one after another",
    "file/truncated": "A file ends where its last record ends",
    "file/trailing": "Nothing follows the last record",
    "file/padding": "Every frame is padded to a multiple of 4 bytes",
    "file/split": "Every record is in one frame",
    "file/unreadable": "A file can be read to its end",
    # files: which
    "file/empty": "There are rows in the channel, and in each of its files",
    "file/hidden": "No hidden file is under the prefix",
    "file/stray": "Nothing but data is under the prefix",
    "file/depth": "No file is deeper under the prefix than is loaded",
    "file/format": "The files are what the content type says and the algorithm trains on",
    "file/compressed": "Files are compressed only where the channel says so",
    "file/identical": "No file is there twice, nor among the training data",
    "file/one-record": "Old images need more than one record in a file",
    # records
    "record/protobuf": "A record is a valid protobuf message",
    "record/text": "Texts in records are UTF-8",
    "record/feature-name": "Features have the names that the algorithm looks for",
    "record/fields": "All records have the same features",
    "record/bytes": "Features are numbers, not byte strings",
    "record/density": "Records are dense or sparse as the algorithm takes them, unmixed",
    "record/dtype": "Features have one dtype, which the algorithm takes",
    "record/width": "All rows are equally wide",
    "record/shape": "Sparse records carry their shape, the same in all of them",
    "record/shape-mismatch": "A record holds as many values as its shape asks for",
    "record/rank": "A row is a vector, not a matrix",
    "record/key-count": "A sparse row has a key for each value",
    "record/key-range": "Keys of a sparse row are below its number of columns",
    "record/duplicate-keys": "A sparse row stores each key once",
    "record/unsorted-keys": "Keys of a sparse row ascend",
    "record/empty-row": "Every row has a stored value where the reader needs one",
    # numbers
    "data/parse": "All fields of text are numbers",
    "data/nan": "No value is missing",
    "data/infinity": "No value is infinite, or becomes so as float32",
    "data/tokens": "Tokens are ids of the vocabulary",
    "data/negative": "Counts are not negative",
    # labels
    "label/missing": "Every row has a label where the channel wants one",
    "label/forbidden": "No row has a label where the channel wants none",
    "label/width": "A label is as many numbers as the algorithm takes",
    "label/dtype": "Labels have a dtype that the algorithm takes",
    "label/values": "Labels are what the task takes",
    "label/classes": "All classes occur",
    # the job
    "job/feature-dim": "The width of rows is what the hyperparameters say, within limits",
    "job/mini-batch-size": "There are enough rows for a mini-batch",
    "job/instances": "Every instance gets a row",
    # the text of CSV
    "csv/header": "CSV has a header only where the algorithm takes one, and only once",
    "csv/delimiter": "Fields are separated by what the algorithm expects",
    "csv/ragged": "All lines of CSV have equally many fields",
    "csv/cell": "All cells of CSV are numbers",
    "csv/spark-vector": "CSV holds numbers, not vectors that Spark printed",
    "csv/quotes": "Numbers in CSV stand without quotes, and every quote is closed",
    "csv/blank": "No line of CSV is blank",
    "csv/bom": "CSV does not begin with a byte order mark",
    "csv/encoding": "Text is UTF-8, without zero bytes",
    "csv/label-position": "The label stands where the algorithm takes it from",
    "csv/index-column": "No column of CSV only counts the rows",
    "csv/label-size": "Requests say label_size= only where the algorithm takes it",
    "csv/pair": "A line for IP Insights is an entity and an IPv4 address",
    # the text of libsvm
    "libsvm/not-libsvm": "A libsvm file holds libsvm text",
    "libsvm/label": "A line of libsvm begins with one label, a number",
    "libsvm/pair": "Features in libsvm are index:value",
    "libsvm/index": "Indices in libsvm are whole numbers, from the index base on",
    "libsvm/value": "Values in libsvm are numbers",
    "libsvm/index-base": "Indices in libsvm count from where the algorithm counts",
    "libsvm/width": "Indices in libsvm are within the width of the training data",
    "libsvm/weights": "Labels in libsvm have weights in all lines or in none",
    "libsvm/comment": "No line of libsvm is blank or a comment",
    # JSON Lines
    "jsonl/object": "Every line of JSON Lines is an object",
    "jsonl/keys": "Objects in JSON Lines have the keys that the algorithm reads",
    # requests, and data held against those for training
    "request/labels": "Requests carry no labels",
    "request/fields": "Rows have the features of the training data",
    "request/width": "Rows are as wide as the training data",
    "request/dtype": "Features have the dtype of the training data",
    "request/density": "Features are as dense or sparse as the training data",
    "request/label-values": "Labels are among those of the training data",
    "request/payload": "A record fits into one request",
    "request/densified": "Rows of one request fit into memory when they are made dense",
}


def title(rule: str) -> str:
    """The sentence of a rule; of one that is not known here, its id.

    A report may have been written by a later version.

    Examples
    --------
    >>> title("data/of-a-later-version")
    'data/of-a-later-version'
    """
    return RULES.get(rule, rule)
