// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope {

/// A text among the many of a NamePool, or one that stands alone. It takes the room of a pointer, and its bytes with four more.
struct PooledName {
    const char *at = nullptr; ///< where it begins; nullptr: an empty one
};

/// Names by the million, one after the other: a std::string of each takes 32 bytes, and 32 to 48 more where it is longer than 15. Names stay where they are as
/// long as the pool is there; one thread at a time may add some.
class NamePool {
public:
    NamePool() = default;
    NamePool(const NamePool &) = delete;
    NamePool &operator=(const NamePool &) = delete;

    PooledName add(std::string_view name);
    /// Gives the room of the name that was added last back, once. Nobody may use it any longer.
    void takeBackLast();

    static std::string_view text(PooledName name);
    /// A name on its own.
    static PooledName alone(std::string_view name);
    static void remove(PooledName alone) { delete[] alone.at; }

private:
    std::vector<std::unique_ptr<char[]>> m_blocks;
    char *m_free = nullptr;
    char *m_end = nullptr;
    char *m_last = nullptr;
    std::size_t m_next = 1024; ///< bytes of the next block
};

/// The folder that pictures lie in, and their names in it.
class PictureNames : public NamePool {
public:
    explicit PictureNames(std::string folder) : m_folder(std::move(folder)) {}
    const std::string &folder() const { return m_folder; }

private:
    std::string m_folder;
};

} // namespace dscope
