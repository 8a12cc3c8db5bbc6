/* Constant text: the version, and the names of statuses. */
#include "recordsmith/recordsmith.h"

const char *rs_version(void)
{
    return "0.1.0";
}

#define NAME(status)                                                                     \
    case status: return #status

const char *rs_status_name(rs_status status)
{
    switch (status) {
        NAME(RS_OK);
        NAME(RS_NEED_MORE);
        NAME(RS_SPLIT);
        NAME(RS_NEW_SCHEMA);
        NAME(RS_E_MAGIC);
        NAME(RS_E_PART);
        NAME(RS_E_FRAME_TRUNCATED);
        NAME(RS_E_TRAILING);
        NAME(RS_E_TRUNCATED);
        NAME(RS_E_VARINT);
        NAME(RS_E_WIRE_TYPE);
        NAME(RS_E_FIELD_NUMBER);
        NAME(RS_E_GROUP);
        NAME(RS_E_PACKED);
        NAME(RS_E_TEXT);
        NAME(RS_E_SHAPE);
        NAME(RS_E_KEY_COUNT);
        NAME(RS_E_KEY);
        NAME(RS_E_TOO_MANY_FIELDS);
        NAME(RS_E_RANK);
        NAME(RS_E_OFFSETS);
        NAME(RS_E_ORDER);
        NAME(RS_E_TOO_LONG);
        NAME(RS_E_CAPACITY);
        NAME(RS_E_CHANGED);
        NAME(RS_E_ARGUMENT);
        NAME(RS_E_LABEL);
        NAME(RS_E_NUMBER);
        NAME(RS_E_INDEX);
        NAME(RS_E_INDEX_ORDER);
        NAME(RS_E_COLON);
        NAME(RS_E_QID);
        NAME(RS_E_CHARACTER);
        NAME(RS_E_MISSING);
        NAME(RS_E_RANGE);
        NAME(RS_E_FRACTION);
        NAME(RS_E_INEXACT);
        NAME(RS_E_NOT_FINITE);
    }
    return "RS_?";
}
