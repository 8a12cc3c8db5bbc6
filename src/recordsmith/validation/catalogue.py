"""All rules: the id of each, and a sentence that says what must or should be.

A rule's id never changes its meaning. An id that the code uses and that is not here, or
the other way round, makes a test fail.
"""

from __future__ import annotations

__all__ = ["RULES", "title"]

RULES: dict[str, str] = {
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
    # settings of the channel
    "channel/content-type": "The content type is one that the algorithm knows",
    "channel/input-mode": "The image has the input mode for the format",
    "channel/compression": "Compression is for Pipe mode",
    "channel/distribution": "The channel is distributed as the algorithm needs it",
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
    "job/instances": "Every instance gets data",
    "job/hyperparameters": "Hyperparameters about the data are there, and within limits",
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
    "csv/label-position": "The label stands in the column where the algorithm takes it from",
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
