// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/words.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace dscope {

/// Reads the fields of one JSON object from a file. Every access is checked, and every complaint names the file and the way down to the field:
/// "m.json: 'models[2].input.width' is not a whole number from 0 to 4096." What is null counts as absent.
///
/// A number is never cast before it is known to fit: 1e30 is no label, 1.5 no width. 112.0 is the whole number 112, as some writers have it.
class JsonFields {
public:
    /// @param file to be named; empty: messages begin with the field @param where the way down to `object`, empty for the file's own
    /// @throws FileError (Error without a file) where it is no object
    JsonFields(const Json &object, std::filesystem::path file, std::string where = {});

    bool has(const char *field) const { return find(field) != nullptr; }
    /// Any value that is there.
    const Json &at(const char *field) const;

    std::string text(const char *field) const;
    std::string text(const char *field, const std::string &otherwise) const;
    bool flag(const char *field) const;
    bool flag(const char *field, bool otherwise) const;
    std::int64_t whole(const char *field, std::int64_t low, std::int64_t high) const;
    std::int64_t whole(const char *field, std::int64_t low, std::int64_t high, std::int64_t otherwise) const;
    double number(const char *field, double low = -s_largest, double high = s_largest) const;
    double number(const char *field, double low, double high, double otherwise) const;

    /// One of some words. @return its place among them
    std::size_t choice(const char *field, const std::vector<std::string> &words, std::size_t otherwise) const;
    /// The value of one of an enum's words.
    template<typename Kind, std::size_t n>
    Kind choice(const char *field, const Words<Kind, n> &words, Kind otherwise) const
    {
        return has(field) ? words.entries[choice(field, words.words(), 0)].value : otherwise;
    }

    /// Lists of at most `most` entries.
    const Json &list(const char *field, std::size_t most) const;
    std::vector<std::string> texts(const char *field, std::size_t most) const;
    std::vector<double> numbers(const char *field, std::size_t most, double low = -s_largest, double high = s_largest) const;
    std::vector<std::int64_t> wholes(const char *field, std::size_t most, std::int64_t low, std::int64_t high) const;

    JsonFields object(const char *field) const;
    /// The object, or one without fields where there is none.
    JsonFields objectOrEmpty(const char *field) const;
    /// Each object of a list.
    std::vector<JsonFields> objects(const char *field, std::size_t most) const;

    /// Refuses misspelt fields, which would otherwise be left out silently. @throws FileError for a field that is not among `known`
    void allowOnly(const std::vector<std::string> &known) const;

    /// The way down to a field: "input.width".
    std::string way(const std::string &field) const { return m_where.empty() ? field : m_where + "." + field; }
    /// @throws FileError "'way' is not <wanted>."
    [[noreturn]] void wrong(const std::string &field, const std::string &wanted) const;
    /// @throws FileError "'way': <why>", a sentence
    [[noreturn]] void refuse(const std::string &field, const std::string &why) const;
    const Json &json() const { return m_json; }

private:
    static constexpr double s_largest = std::numeric_limits<double>::max();

    [[noreturn]] void fail(const std::string &what) const;
    const Json *find(const char *field) const;
    double numberIn(const Json &json, const std::string &field, double low, double high) const;
    std::int64_t wholeIn(const Json &json, const std::string &field, std::int64_t low, std::int64_t high) const;

    const Json &m_json;
    std::filesystem::path m_file;
    std::string m_where;
};

/// A JSON number that is a whole one and fits. @return false for all else
bool wholeNumber(const Json &json, std::int64_t low, std::int64_t high, std::int64_t &value);

} // namespace dscope
