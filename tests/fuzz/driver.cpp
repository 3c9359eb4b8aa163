// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/target.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>

// Without libFuzzer: runs files through a target.
//   tests_fuzz                    names of all targets
//   tests_fuzz TARGET             every file of the target's corpus
//   tests_fuzz TARGET FILE...     these files, or all in these folders

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> filesOf(const fs::path &path)
{
    if (!fs::is_directory(path))
        return {path};
    std::vector<fs::path> files;
    for (const fs::directory_entry &entry : fs::directory_iterator(path))
        if (entry.is_regular_file())
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

void runOn(dscope::fuzz::Target target, const fs::path &file)
{
    std::ifstream in(file, std::ios::binary);
    if (!in)
        throw std::runtime_error("cannot be opened");
    const std::vector<char> content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    dscope::fuzz::run(target, {reinterpret_cast<const std::uint8_t *>(content.data()), content.size()});
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        for (const auto &entry : dscope::fuzz::targets())
            std::puts(entry.first.c_str());
        return 0;
    }
    const auto found = dscope::fuzz::targets().find(argv[1]);
    if (found == dscope::fuzz::targets().end()) {
        std::fprintf(stderr, "There is no target %s.\n", argv[1]);
        return 2;
    }
    fs::path file;
    try {
        dscope::fuzz::prepare(false);
        std::vector<fs::path> files;
        if (argc == 2)
            files = filesOf(fs::path(DSCOPE_FUZZ_CORPUS) / argv[1]);
        for (int i = 2; i < argc; ++i)
            for (const fs::path &each : filesOf(argv[i]))
                files.push_back(each);
        for (const fs::path &each : files) {
            file = each;
            runOn(found->second, each);
        }
        if (files.empty()) {
            std::fprintf(stderr, "%s has no corpus.\n", argv[1]);
            return 1;
        }
        std::printf("%s: %zu inputs\n", argv[1], files.size());
        return 0;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s: %s\n", file.c_str(), error.what());
        return 1;
    }
}
