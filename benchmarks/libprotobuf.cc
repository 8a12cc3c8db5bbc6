// Google's C++ runtime, used as its documentation advises: one message for all rows, so that
// its memory is reused; sizes cached between ByteSizeLong and serialising.
#include <cstdint>
#include <cstring>

#include "record.pb.h"

using recordsmith::bench::Float32Tensor;
using recordsmith::bench::Record;

namespace {

const uint32_t kMagic = 0xced7230a;

Float32Tensor *tensor_of(google::protobuf::Map<std::string, recordsmith::bench::Value> *map)
{
    return (*map)["values"].mutable_float32_tensor();
}

size_t write_frame(const Record &record, uint8_t *out)
{
    const uint32_t n = static_cast<uint32_t>(record.ByteSizeLong());
    const size_t padded = (n + 3u) & ~size_t{3};
    std::memcpy(out, &kMagic, 4);
    std::memcpy(out + 4, &n, 4);
    record.SerializeWithCachedSizesToArray(out + 8);
    std::memset(out + 8 + n, 0, padded - n);
    return 8 + padded;
}

template <typename Row>
size_t each_frame(const uint8_t *in, size_t n, Record *record, Row row)
{
    size_t rows = 0;
    for (size_t at = 0; at + 8 <= n; rows++) {
        uint32_t length;
        std::memcpy(&length, in + at + 4, 4);
        if (!record->ParseFromArray(in + at + 8, static_cast<int>(length))) {
            break;
        }
        row(rows, record->features().at("values").float32_tensor(),
            record->label().at("values").float32_tensor());
        at += 8 + ((length + 3u) & ~size_t{3});
    }
    return rows;
}

}  // namespace

extern "C" size_t encode_dense(const float *x, const float *y, size_t n_rows, size_t n_cols,
                               uint8_t *out)
{
    Record record;
    auto *values = tensor_of(record.mutable_features())->mutable_values();
    auto *label = tensor_of(record.mutable_label())->mutable_values();
    values->Resize(static_cast<int>(n_cols), 0);
    label->Resize(1, 0);
    size_t at = 0;
    for (size_t i = 0; i < n_rows; i++) {
        std::memcpy(values->mutable_data(), x + i * n_cols, n_cols * 4);
        label->Set(0, y[i]);
        at += write_frame(record, out + at);
    }
    return at;
}

extern "C" size_t encode_csr(const float *x, const int32_t *keys, const int32_t *indptr,
                             const float *y, size_t n_rows, size_t n_cols, uint8_t *out)
{
    Record record;
    auto *tensor = tensor_of(record.mutable_features());
    auto *label = tensor_of(record.mutable_label())->mutable_values();
    tensor->add_shape(n_cols);
    label->Resize(1, 0);
    size_t at = 0;
    for (size_t i = 0; i < n_rows; i++) {
        const int n = indptr[i + 1] - indptr[i];
        tensor->mutable_values()->Resize(n, 0);
        tensor->mutable_keys()->Resize(n, 0);
        std::memcpy(tensor->mutable_values()->mutable_data(), x + indptr[i], n * 4);
        uint64_t *to = tensor->mutable_keys()->mutable_data();
        for (int k = 0; k < n; k++) {
            to[k] = static_cast<uint64_t>(keys[indptr[i] + k]);
        }
        label->Set(0, y[i]);
        at += write_frame(record, out + at);
    }
    return at;
}

extern "C" size_t decode_dense(const uint8_t *in, size_t n, size_t n_cols, float *x, float *y)
{
    Record record;
    return each_frame(in, n, &record, [=](size_t i, const Float32Tensor &features,
                                          const Float32Tensor &label) {
        std::memcpy(x + i * n_cols, features.values().data(), n_cols * 4);
        y[i] = label.values(0);
    });
}

extern "C" size_t decode_csr(const uint8_t *in, size_t n, float *x, int32_t *keys,
                             int32_t *indptr, float *y)
{
    Record record;
    int32_t at = 0;
    indptr[0] = 0;
    return each_frame(in, n, &record, [=, &at](size_t i, const Float32Tensor &features,
                                               const Float32Tensor &label) {
        const int count = features.values_size();
        std::memcpy(x + at, features.values().data(), count * 4);
        for (int k = 0; k < count; k++) {
            keys[at + k] = static_cast<int32_t>(features.keys(k));
        }
        at += count;
        indptr[i + 1] = at;
        y[i] = label.values(0);
    });
}
