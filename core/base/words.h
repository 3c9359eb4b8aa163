// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/nearest.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

namespace detail {

/// @throws UsageError: "'x' is <what>; use a, b or c." and the nearest of them
[[noreturn]] void refuseWord(std::string_view word, const char *what, const std::vector<std::string> &words);

} // namespace detail

/// The words by which files, commands and messages know the values of an enum: the one way from a value to its word and back.
///
///     inline constexpr Words<Schedule, 2> schedules{"no schedule", {{Schedule::Cosine, "cosine"}, {Schedule::Step, "step"}}};
template<typename Kind, std::size_t n>
struct Words {
    struct Entry {
        Kind value;
        std::string_view word;
    };

    const char *what; ///< what another word is not, as the sentence "'x' is no schedule; use cosine or step." has it
    Entry entries[n];

    /// Empty for a value that is not here.
    std::string wordOf(Kind value) const
    {
        for (const Entry &entry : entries)
            if (entry.value == value)
                return std::string(entry.word);
        return {};
    }
    /// Nothing for another word.
    std::optional<Kind> find(std::string_view word) const
    {
        for (const Entry &entry : entries)
            if (entry.word == word)
                return entry.value;
        return std::nullopt;
    }
    /// @throws UsageError for another word, with all that there are and the nearest
    Kind fromWord(std::string_view word) const
    {
        if (const std::optional<Kind> value = find(word))
            return *value;
        detail::refuseWord(word, what, words());
    }
    std::vector<std::string> words() const
    {
        std::vector<std::string> all;
        for (const Entry &entry : entries)
            all.emplace_back(entry.word);
        return all;
    }
};

} // namespace dscope
