// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/benchmark.h"
#include "core/tasks/task.h"

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace dscope {

/// A benchmark that a task brings. Those of faces are core/datasets's.
struct TaskBenchmark {
    std::string_view word; ///< what it is asked for by
    Benchmark (*read)(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress) = nullptr;
    std::vector<std::string_view> marks; ///< a folder in which one of these lies most likely is one
    /// Makes a set in its layout out of data that one has; nullptr: there is no such thing.
    void (*make)(const std::filesystem::path &root, const std::filesystem::path &from, std::uint64_t seed, Progress &progress) = nullptr;
    const Task *task = nullptr; ///< what it is of; filled in by taskBenchmarks()
};

/// All of them.
const std::vector<TaskBenchmark> &taskBenchmarks();
/// Nothing for a word that is none of theirs.
const TaskBenchmark *taskBenchmark(std::string_view word);
/// What the benchmark of a word is of.
const Task &taskOfBenchmark(std::string_view word);

} // namespace dscope
