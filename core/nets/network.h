#pragma once

#include "core/base/device.h"
#include "core/base/picture.h"
#include "core/base/task.h"
#include "core/nets/model.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// Multiply-accumulates and floating-point operations of one forward pass for one picture. FLOP = 2 MAC + element-wise operations
/// (batch-norm 2, activation 1, addition 1 an element; protocols.md, section 0).
struct Cost {
    std::int64_t mac = 0;
    std::int64_t flop = 0;
};

/// A base network or a DDNet ready to run on one device: weights loaded, batch-norm folded, input prepared.
/// Free of torch headers, so that everything above core may hold one. Calls from several threads are serialised.
class Network {
public:
    /// Loads the weights strictly: a missing, unexpected or misshapen tensor is named. @throws FileError, Error
    static std::shared_ptr<Network> load(const ModelSpec &spec, const Device &device);
    virtual ~Network() = default;

    const ModelSpec &spec() const { return m_spec; }
    /// SHA-256 of the weights file.
    const std::string &hash() const { return m_hash; }
    Device device() const { return m_device; }
    Cost cost() const { return m_cost; }
    std::int64_t parameters() const { return m_parameters; }
    std::int64_t outputSize() const { return m_spec.outputSize; }

    /// Runs the network on aligned 112x112 faces (a model with another input size gets the crop its manifest asks for: 112 high x 96
    /// wide takes 8 columns off each side). @return row-major [N, outputSize]; for a DDNet the D-scores in (0, 1).
    /// Out of GPU memory halves the batch, then moves to the CPU, each with a notice to `task`.
    virtual std::vector<float> run(std::span<const Picture> faces, Task &task, int batch = 32) = 0;

protected:
    ModelSpec m_spec;
    std::string m_hash;
    Device m_device;
    Cost m_cost;
    std::int64_t m_parameters = 0;
};

} // namespace dscope
