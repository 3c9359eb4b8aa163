// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

#include "core/base/text.h"

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include <new>

namespace dscope {

FileError::FileError(const std::filesystem::path &path, const std::string &what) : Error(shownName(path.native()) + ": " + what) {}

FileError::FileError(const std::filesystem::path &path, std::int64_t line, const std::string &what)
    : Error(shownName(path.native()) + ":" + std::to_string(line) + ": " + what)
{
}

std::string describe(const std::exception &error)
{
    if (const auto *torch = dynamic_cast<const c10::Error *>(&error))
        return torch->what_without_backtrace();
    if (dynamic_cast<const std::bad_alloc *>(&error) != nullptr)
        return "There is not enough memory for this.";
    if (dynamic_cast<const nlohmann::json::exception *>(&error) != nullptr) // every reader checks its fields; this is for the one that forgot to
        return "A field of a JSON file is missing or is not of the kind that is expected there.";
    // OpenCV is not linked here, so its errors are known by their text:
    // "OpenCV(4.6.0) ./modules/x.cpp:12: error: (-215:Assertion failed) !empty() in function 'imread'\n"
    std::string text = error.what();
    const std::size_t mark = text.find(" error: ");
    if (text.rfind("OpenCV(", 0) == 0 && mark != std::string::npos) {
        text.erase(0, mark + 8);
        if (const std::size_t tail = text.rfind(" in function '"); tail != std::string::npos)
            text.erase(tail);
        text = "OpenCV: " + text;
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    return text;
}

} // namespace dscope
