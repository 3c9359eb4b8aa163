// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/torchscript.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/nets/counting.h"
#include "core/nets/facenet.h"
#include "core/nets/inputside.h"
#include "core/nets/library.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <mutex>
#include <sstream>

namespace dscope {

namespace {

constexpr std::uint64_t s_largestFile = std::uint64_t{1} << 32;

/// The sentence of an exception of libtorch's, which would otherwise be pages of stack.
std::string firstLines(const std::exception &error)
{
    const auto *torchError = dynamic_cast<const c10::Error *>(&error);
    std::string text = torchError != nullptr ? torchError->what_without_backtrace() : error.what();
    // What went wrong stands last in the interpreter's messages.
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    const std::size_t last = text.rfind('\n');
    if (text.starts_with("The following operation failed") && last != std::string::npos)
        text = text.substr(last + 1);
    else
        text = text.substr(0, text.find('\n'));
    return text.substr(0, 300);
}

void demandTrust(const ModelSpec &spec, const std::string &hash, const LoadOptions &options)
{
    if (options.trustCode || modelCodeTrusted())
        return;
    std::error_code problem;
    for (const AddedModel &added : addedModels())
        if (!added.trusted.empty() && added.trusted == hash && std::filesystem::equivalent(added.path, spec.path, problem))
            return;
    throw FileError(
        spec.path,
        "is TorchScript, which can run code on this machine, and you have not said that you trust it (or it has changed since). Add it to the list of "
        "models in the window and confirm, or give --trust-model-code on the command line.");
}

class ScriptNetwork final : public Network {
public:
    ScriptNetwork(const ModelSpec &spec, const Device &device, const LoadOptions &options)
    {
        m_spec = spec;
        const std::vector<std::uint8_t> bytes = readBytes(spec.path, s_largestFile);
        std::string text(bytes.begin(), bytes.end());
        m_hash = sha256(text);
        if (!spec.sha256.empty() && spec.sha256 != m_hash)
            throw FileError(spec.path, "is not the file that the manifest describes (its SHA-256 is " + m_hash + ", " + spec.sha256 + " was expected).");
        demandTrust(spec, m_hash, options);
        try {
            std::istringstream in(std::move(text));
            m_module = torch::jit::load(in, at::Device(at::kCPU));
            m_module.eval();
            moveTo(device);
        } catch (const std::exception &error) {
            throw FileError(spec.path, "cannot be loaded as TorchScript: " + firstLines(error));
        }
        tryOut();
    }

    std::vector<LayerInfo> layers() override { return m_layers; }

    std::vector<float> run(std::span<const Picture> faces, Progress &progress, int batch) override
    {
        const std::lock_guard lock(m_mutex);
        m_enlarging.say(m_spec, faces, progress);
        std::vector<float> out;
        const std::size_t elements = elementsOf(faces.size());
        const auto frames = static_cast<std::size_t>(m_spec.inputFrames);
        out.reserve(elements * static_cast<std::size_t>(m_spec.outputSize));
        const auto step = static_cast<std::size_t>(m_single ? 1 : std::max(1, m_device.isCuda() ? batch : std::min(batch, 8)));
        const auto some = [&](std::size_t begin, std::size_t count) {
            const at::Tensor result = forward(prepareBatch(faces.subspan(frames * begin, frames * count), m_spec, m_device));
            check(result, static_cast<std::int64_t>(count));
            const float *values = result.data_ptr<float>();
            out.insert(out.end(), values, values + result.numel());
        };
        runInBatches(elements, step, m_device.isCuda(), progress, some, [&] {
            moveTo(Device{});
            return step;
        });
        return out;
    }

private:
    void moveTo(const Device &device)
    {
        m_device = device;
        m_module.to(torchDevice(device));
    }

    [[noreturn]] void fail(const std::string &what) const { throw FileError(m_spec.path, what); }

    /// @param x float [N, 3, H, W] or [N, 3, T, H, W], anywhere  @return float [N, ...] on the CPU
    at::Tensor forward(at::Tensor x)
    {
        const at::NoGradGuard guard;
        // The interpreter's own optimising would compile anew for each size of batch.
        const torch::jit::GraphOptimizerEnabledGuard plain(false);
        x = x.to(torchDevice(m_device));
        if (m_type != at::kFloat)
            x = x.to(m_type);
        c10::IValue result;
        try {
            result = m_module.forward({x});
        } catch (const c10::Error &error) {
            if (isOutOfMemory(error))
                throw;
            fail("fails when it runs: " + firstLines(error));
        } catch (const std::exception &error) {
            const std::string text = error.what(); // the interpreter passes on what it caught as text alone
            TORCH_CHECK_WITH(OutOfMemoryError, text.find("out of memory") == std::string::npos && text.find("not enough memory") == std::string::npos, text);
            fail("fails when it runs: " + firstLines(error));
        }
        if (result.isTuple() && !result.toTupleRef().elements().empty())
            result = c10::IValue(result.toTupleRef().elements()[0]);
        if (!result.isTensor() || !result.toTensor().defined())
            fail("does not give a tensor.");
        return result.toTensor().to(at::kCPU, at::kFloat).contiguous();
    }

    void check(const at::Tensor &result, std::int64_t count) const
    {
        if (result.numel() != count * m_spec.outputSize)
            fail("gives " + std::to_string(result.numel()) + " values for " + std::to_string(count) + " pictures; " + std::to_string(m_spec.outputSize)
                 + " a picture were expected.");
        if (!result.isfinite().all().item<bool>())
            fail("gives values that are no numbers.");
        if (m_spec.role == Role::DdNet && (result.lt(0).any().item<bool>() || result.gt(1).any().item<bool>()))
            fail("gives values outside [0, 1]: it is no DDNet.");
    }

    /// Finds out the size of its output, what it costs, and whether it takes several pictures.
    void tryOut()
    {
        std::map<std::string, at::Tensor> parameters;
        for (const auto &item : m_module.named_parameters()) {
            parameters[item.name] = item.value;
            m_parameters += item.value.numel();
            if (m_parameters == item.value.numel() && item.value.is_floating_point())
                m_type = item.value.scalar_type();
        }
        std::vector<Picture> pictures;
        Random random(1, 0);
        for (int i = 0; i < 2 * m_spec.inputFrames; ++i)
            for (std::uint8_t &value : pictures.emplace_back(std::max(1, m_spec.inputWidth), std::max(1, m_spec.inputHeight)).rgb)
                value = static_cast<std::uint8_t>(random.next() & 255U);
        at::Tensor first;
        const std::span<const Picture> all(pictures);
        const auto frames = static_cast<std::size_t>(m_spec.inputFrames);
        Counted counted = countOperators(parameters, [&] { first = forward(prepareBatch(all.first(frames), m_spec)); });
        m_cost = counted.cost;
        m_layers = std::move(counted.layers);
        if (m_spec.outputSize == 0)
            m_spec.outputSize = first.numel();
        if (m_spec.outputSize < 1)
            fail("gives no values.");
        check(first, 1);
        const at::Tensor second = forward(prepareBatch(all.last(frames), m_spec));
        check(second, 1);
        try {
            const at::Tensor both = forward(prepareBatch(all, m_spec));
            m_single = both.numel() != 2 * m_spec.outputSize
                || !at::allclose(both.flatten(), at::cat({first.flatten(), second.flatten()}), 1e-2, 1e-3 * std::max(1e-6, first.abs().max().item<double>()));
        } catch (const FileError &) {
            m_single = true;
        } catch (const c10::Error &) { // two pictures do not fit
            m_single = true;
        }
    }

    torch::jit::Module m_module;
    std::vector<LayerInfo> m_layers;
    at::ScalarType m_type = at::kFloat;
    bool m_single = false; ///< takes one picture at a time
    EnlargingNotice m_enlarging;
    std::mutex m_mutex;
};

} // namespace

std::shared_ptr<Network> loadTorchScript(const ModelSpec &spec, const Device &device, const LoadOptions &options)
{
    return std::make_shared<ScriptNetwork>(spec, device, options);
}

} // namespace dscope
