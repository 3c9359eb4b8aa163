#include "core/base/error.h"

#include <c10/util/Exception.h>

namespace dscope {

FileError::FileError(const std::filesystem::path &path, const std::string &what) : Error(path.string() + ": " + what) {}

FileError::FileError(const std::filesystem::path &path, std::int64_t line, const std::string &what)
    : Error(path.string() + ":" + std::to_string(line) + ": " + what)
{
}

std::string describe(const std::exception &error)
{
    if (const auto *torch = dynamic_cast<const c10::Error *>(&error))
        return torch->what_without_backtrace();
    return error.what();
}

} // namespace dscope
