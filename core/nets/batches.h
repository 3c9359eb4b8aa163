// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/progress.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstddef>
#include <string>

namespace dscope {

/// Out of memory, of whichever part of libtorch: the allocator's own exception, or what cuBLAS and cuDNN say when they find no room.
inline bool isOutOfMemory(const c10::Error &error)
{
    const std::string what = error.what();
    return dynamic_cast<const c10::OutOfMemoryError *>(&error) != nullptr || what.find("out of memory") != std::string::npos
        || what.find("not enough memory") != std::string::npos
        || what.find("ALLOC_FAILED") != std::string::npos
        // What cuBLAS says when there is no room for a kernel's own code (seen with CUDA 13).
        || what.find("CUBLAS_STATUS_INTERNAL_ERROR") != std::string::npos;
}

/// Works through `count` pictures in batches. Where a GPU's memory does not suffice the batch is halved, down to one picture; where that is
/// too much as well the rest is done on the CPU. Each step down is a notice to `progress`; nothing done is done again.
///
/// `run(begin, n)` works on n pictures and throws (isOutOfMemory) without a trace if it cannot. `toCpu()` moves the work there and
/// returns the batch to go on with. `what` is the word for one of them in the notices; fewer than `least` at a time are not tried on a GPU.
/// @throws Cancelled, Error when the CPU's memory does not suffice for one picture, and what `run` throws
template<typename Run, typename ToCpu>
void runInBatches(std::size_t count, std::size_t batch, bool onGpu, Progress &progress, const Run &run, const ToCpu &toCpu, const std::string &what = "picture",
                  std::size_t least = 1)
{
    for (std::size_t begin = 0; begin < count;) {
        progress.throwIfCancelled();
        const std::size_t n = std::min(std::max<std::size_t>(1, batch), count - begin);
        try {
            run(begin, n);
            begin += n;
        } catch (const c10::Error &error) {
            if (!isOutOfMemory(error))
                throw;
            if (n / 2 >= (onGpu ? std::max<std::size_t>(1, least) : 1)) {
                batch = n / 2;
                progress.notice(std::string(onGpu ? "The GPU is out of memory" : "There is not enough memory") + ": going on with " + std::to_string(batch)
                                + " " + what + (batch == 1 ? "" : "s") + " at a time.");
            } else if (onGpu) {
                progress.notice("The GPU is out of memory even for " + (n == 1 ? "one " + what : std::to_string(n) + " " + what + "s")
                                + ": going on with the CPU.");
                onGpu = false;
                batch = toCpu();
            } else {
                throw Error("There is not enough memory for a single " + what + ".");
            }
        }
    }
}

} // namespace dscope
