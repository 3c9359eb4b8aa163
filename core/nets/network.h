// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"
#include "core/base/device.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/nets/model.h"

#include <cstdint>
#include <functional>
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

/// One layer (or node of a graph) of a network, as one picture of the input's size runs through it.
struct LayerInfo {
    std::string name;
    std::string type;
    std::vector<std::int64_t> output; ///< shape of what it puts out, without the batch
    std::int64_t parameters = 0;
    std::int64_t mac = 0;
};

/// What a network is wanted for: of an ONNX file with several outputs the one that fits is taken.
enum class Use {
    Embedding, ///< more than one value a picture
    Score,     ///< one value a picture, as of a quality network; every DDNet is loaded so
    Any        ///< to look into it: an embedding, else a score
};

/// How a network is made ready.
struct LoadOptions {
    bool half = false;      ///< weights and layers in half precision (float16 on CUDA, bfloat16 on the CPU), where the kind of network offers it
    bool trustCode = false; ///< the user has said that this file may run code (TorchScript)
    Use use = Use::Embedding;
    bool clips = false;                 ///< the caller hands over whole clips; else a network that takes them (ModelSpec::inputFrames) is refused
    const Progress *progress = nullptr; ///< asked whether to go on while the network is made ready; null: nobody
};

/// A base network or a DDNet ready to run on one device: weights loaded, batch-norm folded, input prepared.
/// Free of torch headers, so that everything above core may hold one. Calls from several threads are serialised.
class Network {
public:
    /// Loads the weights strictly: a missing, unexpected or misshapen tensor is named. @throws FileError, Error
    static std::shared_ptr<Network> load(const ModelSpec &spec, const Device &device, const LoadOptions &options = {});
    virtual ~Network() = default;

    const ModelSpec &spec() const { return m_spec; }
    /// What the user should know of how the file was understood, one sentence each. The first run() tells them to its Progress.
    const std::vector<std::string> &notices() const { return m_notices; }
    /// SHA-256 of the weights file (of an ONNX file with weights beside it: of all of them; see modelHash()).
    const std::string &hash() const { return m_hash; }
    Device device() const { return m_device; }
    Cost cost() const { return m_cost; }
    std::int64_t parameters() const { return m_parameters; }
    /// The layers in the order they run. Empty for a kind of network that does not tell.
    virtual std::vector<LayerInfo> layers() { return {}; }
    std::int64_t outputSize() const { return m_spec.outputSize; }

    /// Runs the network on aligned faces of the task's size. A model with a smaller input gets the crop that its description asks for (112 high x 96 wide
    /// takes 8 columns off each side); one with a larger input gets them enlarged to it, with a notice to `progress`. A model whose task stretches its elements
    /// (Task::stretched) takes pictures of any size. One that takes clips (ModelSpec::inputFrames) gets their frames one after the other, clip after clip.
    /// @return row-major [N, outputSize]; for a DDNet the D-scores in (0, 1). @throws Error for a last clip that is not whole
    /// Out of GPU memory halves the batch, then moves to the CPU, each with a notice to `progress`.
    virtual std::vector<float> run(std::span<const Picture> faces, Progress &progress, int batch = 32) = 0;
    /// The same on clips. @throws Error for one that has not as many frames as the network takes
    std::vector<float> runClips(std::span<const Clip> clips, Progress &progress, int batch = 32);

protected:
    /// Tells a Progress the notices, each once, however many networks are made of the file. To be called by run().
    void tellNotices(Progress &progress) const;
    /// How many elements so many pictures are: as many, or of a network that takes clips so many clips. @throws Error where the last is not whole
    std::size_t elementsOf(std::size_t pictures) const;

    std::vector<std::string> m_notices;
    ModelSpec m_spec;
    std::string m_hash;
    Device m_device;
    Cost m_cost;
    std::int64_t m_parameters = 0;
};

/// Says for the whole process that model files may run code, as LoadOptions::trustCode does for one: what the user has asked for on the
/// command line.
void trustModelCode(bool trusted);
bool modelCodeTrusted();

/// Makes a Network of a model's file, which is known to be there.
using NetworkLoader = std::function<std::shared_ptr<Network>(const ModelSpec &spec, const Device &device, const LoadOptions &options)>;
/// Teaches Network::load a further architecture (a library above this one knows it, such as the ONNX executor). A later one of the same name
/// replaces it. Safe from any thread.
void registerNetworkLoader(const std::string &architecture, NetworkLoader loader);

} // namespace dscope
