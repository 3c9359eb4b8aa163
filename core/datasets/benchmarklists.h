// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/datasets/benchmark.h"
#include "core/datasets/listsource.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

// The benchmarks as functions of their lists. What readBenchmark() adds is where the lists lie. Pictures are looked for on the disk in any case: below `root`,
// or where BenchmarkOptions::pictures says.

namespace dscope {

struct LfwLists {
    ListSource pairs;
    std::function<ListSource()> otherKind; ///< asked for where all pairs are of one kind: the list of the other, if there is one
};
Benchmark parseLfw(const LfwLists &lists, const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);

struct YtfLists {
    ListSource splits;
    ListSource frames;                                          ///< filelist.txt; not there: folders are looked through
    std::function<ListSource(const std::string &person)> boxes; ///< name.labeled_faces.txt
};
/// @param faces where the people's folders are
Benchmark parseYtf(const YtfLists &lists, const std::filesystem::path &faces, const BenchmarkOptions &options, Progress &progress);

struct IqiyiLists {
    ListSource clips;
    ListSource pairs; ///< this one or
    ListSource identities;
};
Benchmark parseIqiyi(const IqiyiLists &lists, const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);

/// Of one of IJB-A's splits.
struct IjbaLists {
    int number = 1;
    ListSource metadata;
    ListSource comparisons;
    ListSource gallery;
    ListSource probes;
};
Benchmark parseIjba(const std::vector<IjbaLists> &splits, const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);

/// Of IJB-B or IJB-C.
struct IjbLists {
    ListSource templates; ///< face_tid_mid.txt
    ListSource points;    ///< name_5pts_score.txt
    ListSource pairs;     ///< template_pair_label.txt
    ListSource probes;    ///< 1N_probe_mixed.csv
    std::vector<ListSource> galleries;
};
/// @param name of the benchmark
Benchmark parseIjb(const IjbLists &lists, const std::string &name, const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);

/// Takes out of listed pairs what tells nothing, as readBenchmark() does; what is left must be of both kinds. @throws FileError naming `root`
void tidyBenchmark(Benchmark &benchmark, const std::filesystem::path &root, Progress &progress);

} // namespace dscope
