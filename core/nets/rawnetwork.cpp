// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/rawnetwork.h"

#include "core/base/error.h"

#include <mutex>

namespace dscope {

namespace {

struct Registered {
    std::mutex mutex;
    RawLoader loader;
};

Registered &registered()
{
    static Registered one;
    return one;
}

} // namespace

std::unique_ptr<RawNetwork> RawNetwork::load(const std::filesystem::path &path, const Device &device)
{
    RawLoader loader;
    {
        const std::lock_guard lock(registered().mutex);
        loader = registered().loader;
    }
    if (!loader)
        throw FileError(path, "cannot be read by this program, which has no reader of ONNX files.");
    return loader(path, device);
}

void registerRawLoader(RawLoader loader)
{
    const std::lock_guard lock(registered().mutex);
    registered().loader = std::move(loader);
}

} // namespace dscope
