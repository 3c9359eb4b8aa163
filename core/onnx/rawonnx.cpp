// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/rawonnx.h"

#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/onnx/executor.h"
#include "core/onnx/pictureinput.h"
#include "core/onnx/tensors.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace dscope::onnx {

namespace {

class RawOnnx final : public RawNetwork {
public:
    RawOnnx(const std::filesystem::path &path, const Device &device) : m_path(path)
    {
        OnnxGraph graph = readOnnx(path, &m_hash);
        m_input = pictureInput(graph, path);
        if (m_input.frames != 0)
            throw FileError(path, "takes clips; a detector that takes pictures is needed.");
        if (!isFloating(m_input.type))
            throw FileError(path, "takes whole numbers (" + nameOf(m_input.type) + "); a detector that takes floating-point numbers is needed.");
        m_height = static_cast<int>(std::max<std::int64_t>(0, m_input.height));
        m_width = static_cast<int>(std::max<std::int64_t>(0, m_input.width));
        m_executor = std::make_unique<OnnxExecutor>(std::move(graph), path);
        if (!device.isCuda())
            return;
        try {
            m_executor->moveTo(device);
        } catch (const c10::Error &error) {
            if (!isOutOfMemory(error))
                throw;
            toCpu();
        }
    }

    std::vector<RawOutput> run(std::span<const float> planes, int height, int width, const Progress *progress) override
    {
        if (height < 1 || width < 1 || planes.size() != std::size_t{3} * height * width)
            throw FileError(m_path, "is given numbers that are no picture.");
        at::NoGradGuard noGrad;
        // The executor only reads it.
        const at::Tensor first = at::from_blob(const_cast<float *>(planes.data()), {1, 3, height, width}, at::kFloat);
        const at::Tensor input = (m_input.channelsFirst ? first : first.permute({0, 2, 3, 1}).contiguous()).to(typeOf(m_input.type));
        try {
            return taken(m_executor->run({input}, progress));
        } catch (const c10::Error &error) {
            if (!m_executor->device().isCuda() || !isOutOfMemory(error))
                throw;
        }
        toCpu();
        return taken(m_executor->run({input}, progress));
    }

private:
    void toCpu()
    {
        m_executor->moveTo(Device{});
        m_notices.push_back(m_path.string() + ": there was too little memory on the GPU; it works on the CPU.");
    }

    std::vector<RawOutput> taken(const std::vector<at::Tensor> &tensors) const
    {
        std::vector<RawOutput> result(tensors.size());
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            const at::Tensor values = tensors[i].to(at::kCPU, at::kFloat).contiguous();
            result[i].name = m_executor->outputs()[i].name;
            result[i].shape = values.sizes().vec();
            const float *begin = values.data_ptr<float>();
            result[i].values.assign(begin, begin + values.numel());
        }
        return result;
    }

    std::filesystem::path m_path;
    PictureInput m_input;
    std::unique_ptr<OnnxExecutor> m_executor;
};

} // namespace

std::unique_ptr<RawNetwork> loadRaw(const std::filesystem::path &path, const Device &device)
{
    return std::make_unique<RawOnnx>(path, device);
}

} // namespace dscope::onnx
