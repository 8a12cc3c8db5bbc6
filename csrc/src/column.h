/* Private: what the records of a run have in common. */
#ifndef RECORDSMITH_COLUMN_H
#define RECORDSMITH_COLUMN_H

#include "walk.h"

/* No field of this column in the record at hand. */
#define RS_NOWHERE UINT32_MAX

static inline bool rs_same_bytes(const char *a, size_t n_a, const uint8_t *b, size_t n_b)
{
    return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a) == 0);
}

static inline bool rs_same_column(const rs_column *column, unsigned role, rs_span name)
{
    return column->role == role &&
           rs_same_bytes(column->name, column->name_len, name.at, rs_span_len(name));
}

/* The column of this role and name, looked for from `hint` on; n if there is none. */
size_t rs_find_column(const rs_column *columns, size_t n, size_t hint, unsigned role,
                      rs_span name);

/* A column that no record has yet. */
void rs_start_column(rs_column *column, unsigned role, rs_span name);

/* May a record with these facts, which are not those of an unset Value, join the column?
 */
bool rs_column_fits(const rs_column *column, const rs_facts *facts);

/* It does, as the run's record number `row`. */
void rs_column_add(rs_column *column, const rs_facts *facts, uint64_t row);

/* n_rows further records with a field like that of the one added last, of n_values. */
void rs_column_repeat(rs_column *column, uint64_t n_rows, uint64_t n_values);

/* The top-level field of a record that the item is: role 0 if it is an unknown one. A map
 * entry is opened, a text is checked, and its facts are taken. */
typedef struct rs_found {
    unsigned role;
    rs_entry entry; /* maps; of the others only `name` is set, to nothing */
    rs_facts facts;
} rs_found;

rs_status rs_find_facts(const rs_walk *walk, const rs_item *item, rs_found *found);

#endif
