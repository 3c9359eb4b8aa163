// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

/// One output of a network as it comes, its values row after row.
struct RawOutput {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values;
};

/// A network that takes one picture and of which whoever calls it decodes the outputs: a detector.
class RawNetwork {
public:
    /// @throws Error where this program reads no such files, FileError for a file that is no network of pictures
    static std::unique_ptr<RawNetwork> load(const std::filesystem::path &path, const Device &device = {});
    virtual ~RawNetwork() = default;

    /// The size of its pictures; 0: any.
    int inputWidth() const { return m_width; }
    int inputHeight() const { return m_height; }
    /// SHA-256 of the weights.
    const std::string &hash() const { return m_hash; }

    /// @param planes [3, height, width], in the order of colours and on the scale that the network takes
    /// @return the outputs in the file's order. Not to be called by two threads at a time. @throws Error, Cancelled
    virtual std::vector<RawOutput> run(std::span<const float> planes, int height, int width, const Progress *progress = nullptr) = 0;

    /// What the user should know of (a fall back to the CPU) since the last call.
    std::vector<std::string> takeNotices() { return std::exchange(m_notices, {}); }

protected:
    int m_width = 0;
    int m_height = 0;
    std::string m_hash;
    std::vector<std::string> m_notices;
};

using RawLoader = std::function<std::unique_ptr<RawNetwork>(const std::filesystem::path &path, const Device &device)>;
/// Says what reads the files of RawNetwork::load: registerOnnx() does. Any thread.
void registerRawLoader(RawLoader loader);

} // namespace dscope
