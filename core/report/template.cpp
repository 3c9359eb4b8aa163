// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/template.h"

#include "core/report/pages.h"
#include "core/report/svg.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace dscope {

namespace {

/// From the line after the block's name up to the next one's, or the end.
std::string_view blockOf(std::string_view text, std::string_view name)
{
    constexpr std::string_view begin = "<!-- template ";
    const std::string mark = std::string(begin) + std::string(name) + " -->\n";
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos)
        throw std::logic_error("There is no template " + std::string(name));
    text.remove_prefix(at + mark.size());
    return text.substr(0, text.find(begin));
}

} // namespace

Template Template::of(std::string_view file, std::string_view block)
{
    for (const auto &[name, text] : pages())
        if (name == file)
            return Template(block.empty() ? text : blockOf(text, block));
    throw std::logic_error("There is no template " + std::string(file));
}

std::string Template::filled(std::initializer_list<std::pair<std::string_view, std::string_view>> values) const
{
    std::string out;
    std::vector<bool> used(values.size());
    for (std::string_view rest = m_text; !rest.empty();) {
        const std::size_t place = rest.find("{{");
        out += rest.substr(0, place);
        if (place == std::string_view::npos)
            break;
        rest.remove_prefix(place + 2);
        const std::size_t end = rest.find("}}");
        if (end == std::string_view::npos)
            throw std::logic_error("A template's place does not end: " + std::string(rest.substr(0, 40)));
        const bool raw = rest.starts_with('&');
        const std::string_view name = rest.substr(raw ? 1 : 0, end - (raw ? 1 : 0));
        const auto value = std::find_if(values.begin(), values.end(), [&](const auto &one) { return one.first == name; });
        if (value == values.end())
            throw std::logic_error("A template's place has no value: " + std::string(name));
        used[static_cast<std::size_t>(value - values.begin())] = true;
        out += raw ? std::string(value->second) : escapeHtml(value->second);
        rest.remove_prefix(end + 2);
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!used[i])
            throw std::logic_error("A template has no place for " + std::string(values.begin()[i].first));
    return out;
}

} // namespace dscope
