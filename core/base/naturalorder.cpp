// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/naturalorder.h"

#include "core/base/text.h"

#include <cstddef>

namespace dscope {

bool naturalLess(std::string_view a, std::string_view b)
{
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (!isDigit(a[i]) || !isDigit(b[j])) {
            if (a[i] != b[j])
                return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
            ++i;
            ++j;
            continue;
        }
        std::size_t x = i;
        std::size_t y = j;
        while (x < a.size() && a[x] == '0')
            ++x;
        while (y < b.size() && b[y] == '0')
            ++y;
        std::size_t endA = x;
        std::size_t endB = y;
        while (endA < a.size() && isDigit(a[endA]))
            ++endA;
        while (endB < b.size() && isDigit(b[endB]))
            ++endB;
        // Without leading zeros the longer number is the larger; of equal length the first differing digit decides.
        if (endA - x != endB - y)
            return endA - x < endB - y;
        if (const int order = a.substr(x, endA - x).compare(b.substr(y, endB - y)); order != 0)
            return order < 0;
        i = endA;
        j = endB;
    }
    if (a.size() - i != b.size() - j)
        return a.size() - i < b.size() - j;
    return a < b; // equal but for leading zeros
}

} // namespace dscope
