/* Is a payload a valid record? */
#include "column.h"

rs_status rs_check_walk(const rs_walk *walk, rs_span record)
{
    while (record.at < record.end) {
        rs_item item;
        rs_found found;
        rs_status status = rs_take_item(walk, &record, RS_IN_RECORD, &item);
        if (status == RS_OK) {
            status = rs_find_facts(walk, &item, &found);
        }
        if (status != RS_OK) {
            return status;
        }
    }
    return RS_OK;
}

rs_status rs_record_check(const uint8_t *payload, size_t n, rs_error *err)
{
    const rs_walk walk = {payload, err, true};
    if (n == 0) {
        return RS_OK;
    }
    const rs_span record = {payload, payload + n};
    return rs_check_walk(&walk, record);
}
