// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/example.h"

#include "core/analysis/synthaction.h"
#include "core/base/files.h"

#include <cstdlib>
#include <string_view>
#include <system_error>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// What the program draws itself.
struct DrawnExample {
    std::string_view file;                                   ///< below the folder of samples
    void (*write)(const fs::path &root, Progress &progress); ///< @param root the folder two above it, which has a list
};
constexpr DrawnExample s_drawnExamples[] = {{"actions/videos/v_example.mp4", writeActionExample}};

} // namespace

fs::path exampleVideo(const Task &task, Progress &progress)
{
    std::vector<fs::path> folders;
    if (const char *samples = std::getenv("DSCOPE_SAMPLES"); samples != nullptr && *samples != '\0')
        folders.emplace_back(samples);
    folders.push_back(cacheDir() / "samples");
    std::error_code problem;
    for (const fs::path &folder : folders)
        if (fs::path file = folder / task.example; fs::is_regular_file(file, problem))
            return file;
    for (const DrawnExample &drawn : s_drawnExamples) {
        if (drawn.file != task.example)
            continue;
        fs::path file = folders.back() / drawn.file;
        drawn.write(file.parent_path().parent_path(), progress);
        return file;
    }
    return {};
}

} // namespace dscope
