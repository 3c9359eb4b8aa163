#include "core/base/json.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <algorithm>

namespace dscope {

Json readJson(const std::filesystem::path &path)
{
    const std::string text = readText(path);
    try {
        return Json::parse(text);
    } catch (const nlohmann::json::parse_error &error) {
        const std::size_t at = std::min<std::size_t>(error.byte, text.size());
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
        throw FileError(path, line, "is not valid JSON (byte " + std::to_string(error.byte) + ").");
    } catch (const nlohmann::json::exception &error) {
        // A number beyond the range of a double, say.
        throw FileError(path, std::string("cannot be read as JSON: ") + error.what() + ".");
    }
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
