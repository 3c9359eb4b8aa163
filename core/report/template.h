// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace dscope {

/// A page, or a piece of one, with places for values: `{{name}}` takes a text, which is escaped for HTML, `{{&name}}` takes HTML as it is.
class Template {
public:
    /// Of a file in resources/report, as it was built in: the whole, or the block after its line `<!-- template NAME -->`.
    /// @throws std::logic_error where there is none of that name
    static Template of(std::string_view file, std::string_view block = {});
    explicit Template(std::string_view text) : m_text(text) {}

    /// @throws std::logic_error for a place without a value, a value without a place, and a place that does not end
    std::string filled(std::initializer_list<std::pair<std::string_view, std::string_view>> values = {}) const;

    std::string_view text() const { return m_text; }

private:
    std::string_view m_text; ///< lives as long as the program, or whoever gave it
};

} // namespace dscope
