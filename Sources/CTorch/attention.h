// Attention inside the documents of a flat batch, on CPU: sizes and settings of one call.
#pragma once

#include <cstdint>

namespace ct {

/// Rows are `heads · width` elements wide; documents are row ranges. Probabilities and sums are float32.
struct DocumentAttention {
    const int32_t *starts;
    const int32_t *lengths;
    int64_t documents, heads, width;
    float scale, dropout;
    uint64_t seed;
    bool causal;
};

}  // namespace ct
