// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/framename.h"

#include "core/base/text.h"

#include <charconv>

namespace dscope {

namespace {

/// Cuts a whole number of 1 to 9 digits off the front.
std::optional<std::int64_t> cutNumber(std::string_view &text)
{
    constexpr std::size_t most = 9;
    std::size_t digits = 0;
    while (digits < text.size() && isDigit(text[digits]))
        ++digits;
    if (digits == 0 || digits > most)
        return std::nullopt;
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + digits, number);
    text.remove_prefix(digits);
    return number;
}

/// Cuts a letter off, large or small. @param letter a small one
bool cutLetter(std::string_view &text, char letter)
{
    if (text.empty() || (text.front() != letter && text.front() != letter - 'a' + 'A'))
        return false;
    text.remove_prefix(1);
    return true;
}

} // namespace

std::optional<FrameName> marsFrameName(std::string_view name)
{
    constexpr std::size_t personLetters = 4;
    if (name.size() < personLetters)
        return std::nullopt;
    std::string_view person = name.substr(0, personLetters);
    name.remove_prefix(personLetters);
    FrameName frame;
    if (person == "00-1") {
        frame.person = junkPerson;
    } else {
        const std::optional<std::int64_t> number = cutNumber(person);
        if (!number || !person.empty())
            return std::nullopt;
        frame.person = *number;
    }
    std::optional<std::int64_t> camera;
    std::optional<std::int64_t> track;
    if (!cutLetter(name, 'c') || !(camera = cutNumber(name)) || !cutLetter(name, 't') || !(track = cutNumber(name)) || !cutLetter(name, 'f') || !cutNumber(name)
        || (!name.empty() && name.front() != '.'))
        return std::nullopt;
    frame.camera = static_cast<std::int32_t>(*camera);
    frame.track = *track;
    return frame;
}

std::optional<FrameName> marketFrameName(std::string_view name)
{
    FrameName frame;
    const bool junk = name.starts_with("-1_");
    if (junk)
        name.remove_prefix(1);
    const std::optional<std::int64_t> person = cutNumber(name);
    std::optional<std::int64_t> camera;
    if (!person || name.empty() || name.front() != '_')
        return std::nullopt;
    name.remove_prefix(1);
    if (!cutLetter(name, 'c') || !(camera = cutNumber(name)) || (!name.empty() && name.front() != '_' && name.front() != '.' && !cutLetter(name, 's')))
        return std::nullopt;
    frame.person = junk ? junkPerson : *person;
    frame.camera = static_cast<std::int32_t>(*camera);
    return frame;
}

std::string marsFolder(std::int64_t person)
{
    return person < 0 ? "00-1" : printed("%04lld", static_cast<long long>(person));
}

std::string marsFrame(std::int64_t person, std::int32_t camera, std::int64_t track, std::int64_t frame)
{
    return marsFolder(person) + printed("C%dT%04lldF%03lld.jpg", camera, static_cast<long long>(track), static_cast<long long>(frame));
}

} // namespace dscope
