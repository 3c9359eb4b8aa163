// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/jsonfields.h"

#include "core/base/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace dscope {

namespace {

std::string shortText(double value)
{
    char text[32];
    return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

std::string indexed(const std::string &field, std::size_t i)
{
    return field + "[" + std::to_string(i) + "]";
}

} // namespace

bool wholeNumber(const Json &json, std::int64_t low, std::int64_t high, std::int64_t &value)
{
    if (json.is_number_unsigned()) {
        const auto number = json.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return false;
        value = static_cast<std::int64_t>(number);
    } else if (json.is_number_integer()) {
        value = json.get<std::int64_t>();
    } else if (json.is_number_float()) {
        const auto number = json.get<double>();
        if (!(std::abs(number) <= 9007199254740992.0) || number != std::floor(number)) // 2^53: beyond it a double skips whole numbers
            return false;
        value = static_cast<std::int64_t>(number);
    } else {
        return false;
    }
    return value >= low && value <= high;
}

JsonFields::JsonFields(const Json &object, std::filesystem::path file, std::string where) : m_json(object), m_file(std::move(file)), m_where(std::move(where))
{
    if (!m_json.is_object())
        fail(m_where.empty() ? "it is no JSON object." : "'" + m_where + "' is not an object.");
}

void JsonFields::fail(const std::string &what) const
{
    if (m_file.empty())
        throw Error(what);
    throw FileError(m_file, what);
}

void JsonFields::wrong(const std::string &field, const std::string &wanted) const
{
    fail("'" + way(field) + "' is not " + wanted + ".");
}

void JsonFields::refuse(const std::string &field, const std::string &why) const
{
    fail("'" + way(field) + "': " + why);
}

const Json *JsonFields::find(const char *field) const
{
    const auto found = m_json.find(field);
    return found == m_json.end() || found->is_null() ? nullptr : &*found;
}

const Json &JsonFields::at(const char *field) const
{
    const Json *found = find(field);
    if (found == nullptr)
        fail("lacks the field '" + way(field) + "'.");
    return *found;
}

std::string JsonFields::text(const char *field) const
{
    const Json &json = at(field);
    if (!json.is_string())
        wrong(field, "a text");
    return json.get_ref<const std::string &>();
}

std::string JsonFields::text(const char *field, const std::string &otherwise) const
{
    return has(field) ? text(field) : otherwise;
}

bool JsonFields::flag(const char *field) const
{
    const Json &json = at(field);
    if (!json.is_boolean())
        wrong(field, "true or false");
    return json.get<bool>();
}

bool JsonFields::flag(const char *field, bool otherwise) const
{
    return has(field) ? flag(field) : otherwise;
}

std::int64_t JsonFields::wholeIn(const Json &json, const std::string &field, std::int64_t low, std::int64_t high) const
{
    std::int64_t value = 0;
    if (!wholeNumber(json, low, high, value))
        wrong(field, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    return value;
}

std::int64_t JsonFields::whole(const char *field, std::int64_t low, std::int64_t high) const
{
    return wholeIn(at(field), field, low, high);
}

std::int64_t JsonFields::whole(const char *field, std::int64_t low, std::int64_t high, std::int64_t otherwise) const
{
    return has(field) ? whole(field, low, high) : otherwise;
}

double JsonFields::numberIn(const Json &json, const std::string &field, double low, double high) const
{
    const double value = json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
    if (!(value >= low && value <= high))
        wrong(field, high == s_largest && low == -s_largest ? std::string("a number") : "a number from " + shortText(low) + " to " + shortText(high));
    return value;
}

double JsonFields::number(const char *field, double low, double high) const
{
    return numberIn(at(field), field, low, high);
}

double JsonFields::number(const char *field, double low, double high, double otherwise) const
{
    return has(field) ? number(field, low, high) : otherwise;
}

std::size_t JsonFields::choice(const char *field, const std::vector<std::string> &words, std::size_t otherwise) const
{
    const Json *json = find(field);
    if (json == nullptr)
        return otherwise;
    const auto found = json->is_string() ? std::find(words.begin(), words.end(), json->get_ref<const std::string &>()) : words.end();
    if (found == words.end()) {
        std::string all;
        for (const std::string &word : words)
            all += (all.empty() ? "'" : " or '") + word + "'";
        wrong(field, all);
    }
    return static_cast<std::size_t>(found - words.begin());
}

const Json &JsonFields::list(const char *field, std::size_t most) const
{
    const Json &json = at(field);
    if (!json.is_array() || json.size() > most)
        wrong(field, "a list of at most " + std::to_string(most) + " entries");
    return json;
}

std::vector<std::string> JsonFields::texts(const char *field, std::size_t most) const
{
    const Json &entries = list(field, most);
    std::vector<std::string> values;
    values.reserve(entries.size());
    for (const Json &entry : entries) {
        if (!entry.is_string())
            wrong(indexed(field, values.size()), "a text");
        values.push_back(entry.get_ref<const std::string &>());
    }
    return values;
}

std::vector<double> JsonFields::numbers(const char *field, std::size_t most, double low, double high) const
{
    const Json &entries = list(field, most);
    std::vector<double> values;
    values.reserve(entries.size());
    for (const Json &entry : entries)
        values.push_back(numberIn(entry, indexed(field, values.size()), low, high));
    return values;
}

std::vector<std::int64_t> JsonFields::wholes(const char *field, std::size_t most, std::int64_t low, std::int64_t high) const
{
    const Json &entries = list(field, most);
    std::vector<std::int64_t> values;
    values.reserve(entries.size());
    for (const Json &entry : entries)
        values.push_back(wholeIn(entry, indexed(field, values.size()), low, high));
    return values;
}

JsonFields JsonFields::object(const char *field) const
{
    return JsonFields(at(field), m_file, way(field));
}

JsonFields JsonFields::objectOrEmpty(const char *field) const
{
    static const Json nothing = Json::object();
    const Json *json = find(field);
    return JsonFields(json != nullptr ? *json : nothing, m_file, way(field));
}

void JsonFields::allowOnly(const std::vector<std::string> &known) const
{
    for (const auto &[name, value] : m_json.items()) {
        if (std::find(known.begin(), known.end(), name) != known.end())
            continue;
        std::string all;
        for (const std::string &other : known)
            all += (all.empty() ? "" : ", ") + other;
        fail("has a field '" + way(name) + "' that is not known; known are " + all + ".");
    }
}

std::vector<JsonFields> JsonFields::objects(const char *field, std::size_t most) const
{
    const Json &entries = list(field, most);
    std::vector<JsonFields> objects;
    objects.reserve(entries.size());
    for (const Json &entry : entries)
        objects.emplace_back(entry, m_file, way(indexed(field, objects.size())));
    return objects;
}

} // namespace dscope
