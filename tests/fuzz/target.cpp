// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/target.h"

#include <ATen/Parallel.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

namespace dscope::fuzz {

static Bytes s_input; ///< of the run in progress

namespace fs = std::filesystem;

namespace {

std::map<std::string, Target> &table()
{
    static std::map<std::string, Target> all;
    return all;
}

class Folder {
public:
    Folder()
    {
        std::string name = (fs::temp_directory_path() / "dscope-fuzz-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("No folder can be made in " + fs::temp_directory_path().string());
        m_path = name;
    }
    ~Folder()
    {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    const fs::path &path() const { return m_path; }

private:
    fs::path m_path;
};

} // namespace

bool registerTarget(const char *name, Target target)
{
    return table().emplace(name, target).second;
}

const std::map<std::string, Target> &targets()
{
    return table();
}

const fs::path &scratch()
{
    static const Folder folder;
    return folder.path();
}

namespace {
bool s_fuzzing = false;
}

bool fuzzing()
{
    return s_fuzzing;
}

void prepare(bool fuzzing)
{
    s_fuzzing = fuzzing;
    at::set_num_threads(1);
    // Nothing of the user's is read or written.
    for (const char *name : {"XDG_DATA_HOME", "XDG_CACHE_HOME", "DSCOPE_CACHE"})
        ::setenv(name, (scratch() / name).c_str(), 1);
    ::unsetenv("DSCOPE_MODELS");
}

std::string_view textOf(Bytes bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::vector<std::string_view> sections(Bytes bytes, std::size_t count)
{
    std::vector<std::string_view> parts;
    std::string_view rest = textOf(bytes);
    while (parts.size() + 1 < count) {
        const std::size_t end = std::min(rest.find('\x1e'), rest.size());
        parts.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    parts.push_back(rest);
    return parts;
}

fs::path fileWith(const fs::path &name, std::string_view content)
{
    const fs::path path = scratch() / name;
    if (name.has_parent_path())
        fs::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out)
        throw std::runtime_error("Cannot write " + path.string());
    return path;
}

void run(Target target, Bytes bytes)
{
    s_input = bytes;
    target(bytes);
    s_input = {};
}

void requireOwnWords(const std::string &message)
{
    require(!message.empty(), "a refusal says nothing");
    for (const char *foreign : {"json.exception", "vector::", "basic_string", "std::", "bad_alloc", "c10::", "stoi", "stod"})
        if (message.find(foreign) != std::string::npos && textOf(s_input).find(foreign) == std::string_view::npos) {
            std::fprintf(stderr, "A library's words reach the user: %s\n", message.c_str());
            std::abort();
        }
}

void require(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "This must not be: %s\n", what);
    std::abort();
}

} // namespace dscope::fuzz
