// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/target.h"

#include <cstdio>
#include <cstdlib>

// The entry points that libFuzzer calls. Which target is run says the variable DSCOPE_FUZZ_TARGET, so that all are one executable.

namespace {
dscope::fuzz::Target s_target = nullptr;
}

extern "C" int LLVMFuzzerInitialize(int *, char ***)
{
    const char *name = std::getenv("DSCOPE_FUZZ_TARGET");
    const auto found = dscope::fuzz::targets().find(name != nullptr ? name : "");
    if (found == dscope::fuzz::targets().end()) {
        std::fprintf(stderr, "DSCOPE_FUZZ_TARGET must name one of:\n");
        for (const auto &entry : dscope::fuzz::targets())
            std::fprintf(stderr, "  %s\n", entry.first.c_str());
        std::exit(2);
    }
    s_target = found->second;
    dscope::fuzz::prepare(true);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    dscope::fuzz::run(s_target, {data, size});
    return 0;
}
