// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/jsonlimits.h"
#include "core/base/progress.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace dscope {

namespace {

using Object = Json::object_t;
using Entries = Object::Container;

/// Builds the values as the parser meets them. nlohmann's own way into an ordered object looks through all names for every new one; here names are put
/// behind each other and compared once, sorted, when the object is whole.
class Builder final : public nlohmann::json_sax<Json> {
public:
    Builder(std::string_view text, const std::filesystem::path &name, const JsonLimits &limits, const Progress &progress)
        : m_text(text), m_name(name), m_limits(limits), m_task(progress), m_budget(limits.memory + 13 * std::uint64_t{text.size()})
    {
    }

    Json take() { return std::move(m_root); }

    bool null() override { return scalar(nullptr); }
    bool boolean(bool value) override { return scalar(value); }
    bool number_integer(number_integer_t value) override { return scalar(value); }
    bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
    bool number_float(number_float_t value, const string_t &) override { return scalar(value); }
    bool string(string_t &value) override
    {
        spend(sizeof(std::string) + 16 + heapOf(value));
        return scalar(std::move(value));
    }
    bool binary(binary_t &) override { fail("holds binary data."); }

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool end_object() override
    {
        const auto &entries = static_cast<const Entries &>(m_open.back()->get_ref<const Object &>());
        refuseDoubles(entries);
        m_open.pop_back();
        return true;
    }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override
    {
        m_open.pop_back();
        return true;
    }
    bool key(string_t &name) override
    {
        m_key = std::move(name);
        spend(heapOf(m_key));
        return true;
    }

    bool parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &error) override
    {
        const auto end = m_text.begin() + static_cast<std::ptrdiff_t>(std::min(position, m_text.size()));
        const auto line = 1 + std::count(m_text.begin(), end, '\n');
        if (dynamic_cast<const nlohmann::json::parse_error *>(&error) != nullptr)
            throw FileError(m_name, line, "is not valid JSON (byte " + std::to_string(position) + ").");
        throw FileError(m_name, line, "cannot be read as JSON: a number is beyond what a double holds.");
    }

private:
    [[noreturn]] void fail(const std::string &what) const { throw FileError(m_name, what); }

    static std::uint64_t heapOf(const std::string &text) { return text.size() < 16 ? 0 : text.size() + 17; }

    /// With the heap's own share: what it keeps for itself, and gaps between blocks.
    static std::uint64_t withHeap(std::uint64_t bytes) { return bytes + bytes / 4; }

    void spend(std::uint64_t bytes)
    {
        m_spent += withHeap(bytes);
        if (m_spent > m_budget)
            fail("would take far more memory than its own size as JSON: it consists of very many empty or very short values.");
    }

    /// Makes room for one more, and counts it: for a moment there are the old and the new place.
    template<typename Values>
    void grow(Values &values)
    {
        if (values.size() < values.capacity())
            return;
        const std::uint64_t before = values.capacity() * sizeof(values[0]);
        const std::uint64_t after = std::max<std::uint64_t>(2 * before, sizeof(values[0])) + (before == 0 ? 16 : 0);
        spend(after);
        values.reserve(static_cast<std::size_t>(after / sizeof(values[0])));
        m_spent -= withHeap(before);
    }

    Json *add(Json &&value)
    {
        constexpr std::size_t between = 4096; // values from one check for cancellation to the next
        if (++m_values > m_limits.values)
            fail("holds more than " + std::to_string(m_limits.values) + " values.");
        if (m_values % between == 0)
            m_task.throwIfCancelled();
        if (m_open.empty()) {
            m_root = std::move(value);
            return &m_root;
        }
        // A container that is open grows only while nothing inside it is: pointers to what is open stay good.
        if (m_open.back()->is_array()) {
            auto &values = m_open.back()->get_ref<Json::array_t &>();
            grow(values);
            return &values.emplace_back(std::move(value));
        }
        auto &entries = static_cast<Entries &>(m_open.back()->get_ref<Object &>());
        grow(entries);
        return &entries.emplace_back(std::move(m_key), std::move(value)).second;
    }

    bool scalar(Json &&value)
    {
        add(std::move(value));
        return true;
    }

    bool open(Json &&container)
    {
        if (m_open.size() >= static_cast<std::size_t>(std::max(0, m_limits.depth)))
            fail("is not valid JSON here: it is nested more than " + std::to_string(m_limits.depth) + " deep.");
        spend(sizeof(Object) + 8);
        m_open.push_back(add(std::move(container)));
        return true;
    }

    void refuseDoubles(const Entries &entries)
    {
        m_names.clear();
        for (const auto &entry : entries)
            m_names.push_back(entry.first);
        std::sort(m_names.begin(), m_names.end());
        const auto twice = std::adjacent_find(m_names.begin(), m_names.end());
        if (twice != m_names.end())
            fail("holds the name '" + std::string(twice->substr(0, 80)) + "' twice in one object; which of the two is meant cannot be told.");
    }

    std::string_view m_text;
    const std::filesystem::path &m_name;
    const JsonLimits &m_limits;
    const Progress &m_task;
    std::uint64_t m_budget;
    std::uint64_t m_spent = 0;
    std::size_t m_values = 0;
    Json m_root;
    std::vector<Json *> m_open;
    std::string m_key;
    std::vector<std::string_view> m_names;
};

} // namespace

Json parseJson(std::string_view text, const std::filesystem::path &name, const JsonLimits &limits)
{
    return parseJson(text, name, limits, Progress());
}

Json parseJson(std::string_view text, const std::filesystem::path &name, const JsonLimits &limits, const Progress &progress)
{
    if (text.size() > limits.bytes)
        throw FileError(name, "has " + std::to_string(text.size()) + " bytes of JSON, more than the " + std::to_string(limits.bytes) + " allowed here.");
    Builder builder(text, name, limits, progress);
    Json::sax_parse(text.begin(), text.end(), &builder);
    return builder.take();
}

Json readJson(const std::filesystem::path &path)
{
    return readJson(path, JsonLimits());
}

Json readJson(const std::filesystem::path &path, const JsonLimits &limits)
{
    return readJson(path, limits, Progress());
}

Json readJson(const std::filesystem::path &path, const JsonLimits &limits, const Progress &progress)
{
    return parseJson(readText(path, limits.bytes), path, limits, progress);
}

std::string jsonText(const Json &value)
{
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void writeJson(const std::filesystem::path &path, const Json &value)
{
    writeAtomically(path, jsonText(value));
}

} // namespace dscope
