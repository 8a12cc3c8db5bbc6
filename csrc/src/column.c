/* What the records of a run have in common. */
#include "column.h"

size_t rs_find_column(const rs_column *columns, size_t n, size_t hint, unsigned role,
                      rs_span name)
{
    for (size_t c = hint; c < n; c++) {
        if (rs_same_column(&columns[c], role, name)) {
            return c;
        }
    }
    hint = hint < n ? hint : n;
    for (size_t c = 0; c < hint; c++) {
        if (rs_same_column(&columns[c], role, name)) {
            return c;
        }
    }
    return n;
}

void rs_start_column(rs_column *column, unsigned role, rs_span name)
{
    memset(column, 0, sizeof *column);
    column->role = (uint8_t)role;
    column->sparse = 2;
    column->name = (const char *)name.at;
    column->name_len = rs_span_len(name);
    column->first_missing = UINT64_MAX;
    column->first_other_width = UINT64_MAX;
}

bool rs_column_fits(const rs_column *column, const rs_facts *facts)
{
    if (column->dtype == RS_NO_DTYPE) {
        return true;
    }
    if (column->dtype != facts->dtype || column->n_shape != facts->n_shape) {
        return false;
    }
    for (size_t i = 0; i < facts->n_shape; i++) {
        if (column->shape[i] != facts->shape[i]) {
            return false;
        }
    }
    if (column->sparse != facts->sparse && column->sparse != 2 && facts->sparse != 2) {
        return false;
    }
    if ((column->content_type == NULL) != (facts->content_type.at == NULL)) {
        return false;
    }
    return column->content_type == NULL ||
           rs_same_bytes(column->content_type, column->content_type_len,
                         facts->content_type.at, rs_span_len(facts->content_type));
}

void rs_column_add(rs_column *column, const rs_facts *facts, uint64_t row)
{
    const uint64_t width = rs_facts_width(facts, column->role);
    /* Nothing missed so far means: the records that have it are the first ones. */
    if (column->first_missing == UINT64_MAX && column->n_present < row) {
        column->first_missing = column->n_present;
    }
    if (column->n_present == 0) {
        column->dtype = facts->dtype;
        column->n_shape = facts->n_shape;
        memcpy(column->shape, facts->shape, sizeof column->shape);
        column->content_type = (const char *)facts->content_type.at;
        column->content_type_len = rs_span_len(facts->content_type);
        column->min_width = column->max_width = column->first_width = width;
    }
    if (column->sparse == 2) {
        column->sparse = facts->sparse;
    }
    if (width != column->first_width && column->first_other_width == UINT64_MAX) {
        column->first_other_width = row;
    }
    column->min_width = width < column->min_width ? width : column->min_width;
    column->max_width = width > column->max_width ? width : column->max_width;
    column->n_present++;
    column->n_values += facts->n_values;
    column->n_items += facts->n_items;
}

void rs_column_repeat(rs_column *column, uint64_t n_rows, uint64_t n_values)
{
    column->n_present += n_rows;
    column->n_values += n_rows * n_values;
}

rs_status rs_find_facts(const rs_walk *walk, const rs_item *item, rs_found *found)
{
    found->role = 0;
    if (item->number > RS_CONFIGURATION) {
        return RS_OK;
    }
    found->role = item->number;
    rs_status status = rs_expect_wire(walk, item, RS_WIRE_LEN);
    if (status != RS_OK) {
        return status;
    }
    if (found->role > RS_LABEL) {
        found->entry.name.at = found->entry.name.end = item->body.at;
        return rs_text_facts(walk, item->body, &found->facts);
    }
    status = rs_open_entry(walk, item->body, &found->entry);
    return status == RS_OK ? rs_entry_facts(walk, &found->entry, &found->facts) : status;
}
