// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace dscope {

/// Makes a vector larger, filled with zeros: a gigabyte takes half a second, so cancellation is checked for in between. @throws Cancelled
template<typename T>
void growTo(std::vector<T> &values, std::size_t size, Progress &progress)
{
    constexpr std::size_t block = (std::size_t{16} << 20) / sizeof(T) + 1;
    values.reserve(size);
    while (values.size() < size) {
        progress.throwIfCancelled();
        values.resize(std::min(size, values.size() + block));
    }
}

/// Empties a container and gives its memory back, which `= {}` does not: that assigns no elements to it.
template<typename Container>
void release(Container &container)
{
    Container().swap(container);
}

/// Empties a container of millions of strings or nodes, each of which is given back on its own, and checks for cancellation in between. @throws Cancelled
template<typename Map>
void emptyNodes(Map &nodes, Progress &progress)
{
    for (std::size_t i = 1; !nodes.empty(); ++i) {
        if (i % 16384 == 0)
            progress.throwIfCancelled();
        nodes.erase(nodes.begin());
    }
}
template<typename T>
void emptyItems(std::vector<T> &items, Progress &progress)
{
    while (!items.empty()) {
        progress.throwIfCancelled();
        items.resize(items.size() - std::min<std::size_t>(items.size(), 16384));
    }
    release(items);
}

/// Gives memory that was freed in small pieces back to the system: the heap keeps it otherwise, while large arrays are mapped beside it.
inline void giveBackMemory()
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

} // namespace dscope
