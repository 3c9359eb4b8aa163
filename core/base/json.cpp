#include "core/base/json.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/jsonlimits.h"
#include "core/base/task.h"

#include <algorithm>

namespace dscope {

namespace {

Json parsed(const std::filesystem::path &path, const std::string &text, const Json::parser_callback_t &watch)
{
    try {
        return Json::parse(text, watch);
    } catch (const nlohmann::json::parse_error &error) {
        const std::size_t at = std::min<std::size_t>(error.byte, text.size());
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
        throw FileError(path, line, "is not valid JSON (byte " + std::to_string(error.byte) + ").");
    } catch (const nlohmann::json::exception &error) {
        // A number beyond the range of a double, say.
        throw FileError(path, std::string("cannot be read as JSON: ") + error.what() + ".");
    }
}

} // namespace

Json readJson(const std::filesystem::path &path)
{
    return parsed(path, readText(path), nullptr);
}

Json readJson(const std::filesystem::path &path, const JsonLimits &limits)
{
    return readJson(path, limits, Task());
}

Json readJson(const std::filesystem::path &path, const JsonLimits &limits, const Task &task)
{
    constexpr std::size_t between = 4096; // values from one look at the task to the next
    std::size_t values = 0;
    return parsed(path, readText(path, limits.bytes), [&](int depth, Json::parse_event_t event, const Json &) {
        if (depth > limits.depth)
            throw FileError(path, "is nested more than " + std::to_string(limits.depth) + " deep.");
        values += event == Json::parse_event_t::key ? 0 : 1;
        if (values > limits.values)
            throw FileError(path, "holds more than " + std::to_string(limits.values) + " values.");
        if (values % between == 0)
            task.throwIfCancelled();
        return true;
    });
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
