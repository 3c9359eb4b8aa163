// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// printf's formats with a point in numbers, whatever the locale: under de_DE printf itself writes "0,5", which no reader of ours takes. Use it for
/// everything that is written to a file or printed; csvNumber() where a number must read back the same, parseNumber() to read one.
[[gnu::format(printf, 1, 2)]] std::string printed(const char *format, ...);

/// The same text with A to Z small, by bytes: the C library's tolower follows the locale.
std::string lowerCase(std::string_view text);
/// The extension with its dot, small: ".jpg" of "A.JPG".
std::string extensionOf(const std::filesystem::path &path);
/// A to Z, a to z or 0 to 9; a digit; a blank (space, \t, \n, \v, \f, \r): of ASCII alone.
bool isLetterOrDigit(char c);
bool isDigit(char c);
bool isBlank(char c);
/// The pieces between separators; of an empty text none.
std::vector<std::string> split(std::string_view text, char separator);

/// Text for a terminal, a label or a report: control characters, marks that turn the direction of writing, and bytes that are no UTF-8 stand as escapes
/// (\x1b, \u202e, \xeb), so that a file's name can neither command the terminal nor pose as something else. New lines and tabs stay.
std::string shown(std::string_view text);
/// The same for a name that stands inside a sentence: its new lines and tabs are escaped as well.
std::string shownName(std::string_view name);

} // namespace dscope
