#include "core/base/files.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"

#include <cstdlib>

namespace dscope {

namespace fs = std::filesystem;

namespace {

fs::path environmentFolder(const char *name)
{
    const char *value = std::getenv(name);
    return value != nullptr && *value != '\0' ? fs::path(value) : fs::path();
}

fs::path home()
{
    const fs::path chosen = environmentFolder("HOME");
    return chosen.empty() ? fs::temp_directory_path() : chosen;
}

} // namespace

std::vector<std::uint8_t> readBytes(const fs::path &path, std::uint64_t limit)
{
    const InputFile file(path);
    if (file.size() > limit)
        throw FileError(path, "has " + std::to_string(file.size()) + " bytes, more than the " + std::to_string(limit) + " allowed here.");
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
    file.read(0, bytes.data(), bytes.size());
    return bytes;
}

std::string readText(const fs::path &path, std::uint64_t limit)
{
    const InputFile file(path);
    if (file.size() > limit)
        throw FileError(path, "has " + std::to_string(file.size()) + " bytes, more than the " + std::to_string(limit) + " allowed here.");
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    file.read(0, text.data(), text.size());
    return text;
}

fs::path cacheDir()
{
    if (const fs::path chosen = environmentFolder("DSCOPE_CACHE"); !chosen.empty())
        return chosen;
    const fs::path xdg = environmentFolder("XDG_CACHE_HOME");
    return (xdg.empty() ? home() / ".cache" : xdg) / "dscope";
}

fs::path dataDir()
{
    const fs::path xdg = environmentFolder("XDG_DATA_HOME");
    return (xdg.empty() ? home() / ".local" / "share" : xdg) / "dscope";
}

} // namespace dscope
