// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/projectfields.h"

#include "core/base/json.h"

#include <charconv>
#include <string_view>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t s_mostText = 65'536;
constexpr const char *s_uri = "file://";

bool isUtf8(const std::string &text)
{
    try {
        (void)Json(text).dump();
        return true;
    } catch (const Json::type_error &) {
        return false;
    }
}

bool isPlain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '-' || c == '.' || c == '_' || c == '~';
}

/// A name on the disk is any bytes; JSON holds UTF-8. What is not UTF-8 is written as a URI.
std::string uriOf(const std::string &path)
{
    constexpr const char *digits = "0123456789ABCDEF";
    std::string uri = s_uri;
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (isPlain(byte))
            uri += c;
        else
            uri += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return uri;
}

std::string ofUri(std::string_view uri)
{
    std::string path;
    for (std::size_t i = std::string_view(s_uri).size(); i < uri.size(); ++i) {
        unsigned value = 0;
        if (uri[i] == '%' && i + 2 < uri.size() && std::from_chars(uri.data() + i + 1, uri.data() + i + 3, value, 16).ptr == uri.data() + i + 3) {
            path += static_cast<char>(value);
            i += 2;
        } else {
            path += uri[i];
        }
    }
    return path;
}

} // namespace

fs::path absoluteOf(const fs::path &path)
{
    std::error_code problem;
    const fs::path whole = fs::absolute(path, problem);
    return (problem ? path : whole).lexically_normal();
}

std::string textOf(const fs::path &path, const fs::path &folder)
{
    if (path.empty())
        return {};
    fs::path shown = absoluteOf(path);
    if (!folder.empty()) {
        const fs::path below = shown.lexically_relative(folder);
        if (!below.empty() && *below.begin() != "..")
            shown = below;
    }
    const std::string text = shown.string();
    return isUtf8(text) ? text : uriOf(absoluteOf(path).string());
}

fs::path pathOf(const std::string &text, const fs::path &folder)
{
    if (text.empty())
        return {};
    if (text.rfind(s_uri, 0) == 0)
        return fs::path(ofUri(text)).lexically_normal();
    // A path that is absolute stays so.
    return (folder / text).lexically_normal();
}

void read(const JsonFields &from, const char *field, bool &value)
{
    value = from.flag(field, value);
}

std::string checkedText(const JsonFields &from, const char *field, std::string text)
{
    if (text.size() > s_mostText)
        from.wrong(field, "text of at most " + std::to_string(s_mostText) + " bytes");
    return text;
}

void read(const JsonFields &from, const char *field, std::string &value)
{
    if (from.has(field))
        value = checkedText(from, field, from.text(field));
}

fs::path checkedPath(const JsonFields &from, const char *field, std::string text, const fs::path &folder)
{
    fs::path path = pathOf(checkedText(from, field, std::move(text)), folder);
    if (path.native().find('\0') != std::string::npos)
        from.wrong(field, "a path");
    return path;
}

void read(const JsonFields &from, const char *field, fs::path &value, const fs::path &folder)
{
    if (from.has(field))
        value = checkedPath(from, field, from.text(field), folder);
}

void read(const JsonFields &from, const char *field, double &value, double low, double high)
{
    value = from.number(field, low, high, value);
}

} // namespace dscope
