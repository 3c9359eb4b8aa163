// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/base/files.h"
#include "core/datasets/benchmark.h"

#include <QTemporaryDir>

#include <filesystem>
#include <string>
#include <vector>

namespace dscope::test {

/// Small benchmarks in the layouts of the public ones, each in a folder of its own that goes with this object. Their pictures are no pictures, and each
/// has something that is malformed, unknown or missing.
class MadeBenchmarks {
protected:
    std::filesystem::path fresh();
    static void put(const std::filesystem::path &path, const std::string &text = "x") { writeAtomically(path, text); }

    std::filesystem::path lfw();
    std::filesystem::path ytf();
    std::filesystem::path iqiyi();
    std::filesystem::path ijba();
    std::filesystem::path ijbc();

private:
    QTemporaryDir m_dir;
    int m_count = 0;
};

/// Whether one of the lines holds the text.
bool contains(const std::vector<std::string> &lines, const std::string &text);
/// The files' names of a template's pictures.
std::vector<std::string> namesOf(const Benchmark &benchmark, std::uint32_t t);

} // namespace dscope::test
