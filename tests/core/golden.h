// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/csv.h"
#include "core/base/json.h"
#include "core/base/npy.h"
#include "tests/support/support.h"

#include <cmath>
#include <string>
#include <vector>

namespace dscope::test {

/// A number within a key such as "tpir_0.01", whatever the locale.
inline double numberOf(const std::string &text)
{
    return parseNumber(text).value();
}

/// The float32 values of a golden array (they were float32 on disk, so nothing is lost).
inline std::vector<float> floats(const NpyArray &array)
{
    return {array.values.begin(), array.values.end()};
}

template<typename T>
std::vector<T> integers(const NpyArray &array)
{
    std::vector<T> values;
    for (const double value : array.values)
        values.push_back(static_cast<T>(value));
    return values;
}

/// Agreement to 1e-6, relative above 1.
inline bool near(double actual, double expected)
{
    return std::abs(actual - expected) <= 1e-6 * std::max(1.0, std::abs(expected));
}

/// The first entry that disagrees, as text; empty when all agree.
inline std::string difference(const std::vector<double> &actual, const Json &expected, const std::string &what)
{
    if (actual.size() != expected.size())
        return what + ": " + std::to_string(actual.size()) + " values, " + std::to_string(expected.size()) + " expected";
    for (std::size_t i = 0; i < actual.size(); ++i)
        if (!near(actual[i], expected[i].get<double>()))
            return what + "[" + std::to_string(i) + "] is " + std::to_string(actual[i]) + ", " + expected[i].dump() + " expected";
    return {};
}

} // namespace dscope::test

/// Fails the test function with the text unless it is empty.
#define DSCOPE_AGREE(text)                                                                                                                                     \
    do {                                                                                                                                                       \
        const std::string text_ = (text);                                                                                                                      \
        QVERIFY2(text_.empty(), text_.c_str());                                                                                                                \
    } while (false)
