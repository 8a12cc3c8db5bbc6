/* Private: the quick way for records whose fields all have a fixed size. */
#ifndef RECORDSMITH_DENSE_H
#define RECORDSMITH_DENSE_H

#include "layout.h"
#include "sink.h"

/* Is the record of that kind? */
static inline bool rs_is_fixed(const rs_record *record)
{
    return record->n_varying == 0;
}

/* Encodes rows [begin, end) into the sink as rs_encode_rows does. */
rs_status rs_put_fixed_rows(const rs_record *record, int64_t begin, int64_t end,
                            rs_sink *sink, rs_error *err);

#endif
