// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/face/onnxdetector.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tasks/face/boxes.h"

#include <opencv2/dnn.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace dscope {

namespace {

constexpr std::uint64_t kMaxFile = std::uint64_t{256} << 20;
constexpr int kStride = 4;
/// Heat map of centres, log of height and width, offset in y and x, five landmarks as y and x.
const std::array<const char *, 4> kOutputs{"537", "538", "539", "540"};
constexpr std::array<int, 4> kChannels{1, 2, 2, 10};
/// Measured on LFW (docs/detection.md): boxes as those of RetinaFace, scores lower.
constexpr DetectorReach kReach{20, 112, 384, 0.6F};

class CenterFaceDetector : public FaceDetector {
public:
    CenterFaceDetector(const ModelSpec &spec, const DetectorOptions &options)
        : FaceDetector(options, kReach), m_path(spec.path), m_key("centerface/1:" + checkedHash(spec) + ":" + optionsKey(options))
    {
        const std::vector<std::uint8_t> bytes = readBytes(spec.path, kMaxFile);
        try {
            m_net = cv::dnn::readNetFromONNX(reinterpret_cast<const char *>(bytes.data()), bytes.size());
            m_net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
            m_net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
            // With fusion OpenCV 4.6 gives this network other numbers (score .99 for .91, landmarks turned by 45 degrees): tried against
            // another runtime, which agrees with OpenCV without fusion to three digits.
            m_net.enableFusion(false);
        } catch (const cv::Exception &error) {
            throw FileError(spec.path, "is no ONNX network that OpenCV can read (" + error.err + ").");
        } catch (const std::exception &error) {
            throw FileError(spec.path, std::string("is no ONNX network that OpenCV can read (") + error.what() + ").");
        }
        // A run on a small black picture shows whether the network is the one that the decoding below expects.
        const Picture black(64, 64);
        run(blob(black, inputSize(black)), inputSize(black));
    }

    std::string key() const override { return m_key; }

protected:
    std::vector<Face> look(const Picture &picture) override
    {
        const InputSize size = inputSize(picture);
        return decode(run(blob(picture, size), size), size);
    }

private:
    /// Planar RGB floats 0..255, black beyond the picture.
    static cv::Mat blob(const Picture &picture, const InputSize &size)
    {
        const std::array<int, 4> shape{1, 3, size.paddedHeight, size.paddedWidth};
        cv::Mat result(static_cast<int>(shape.size()), shape.data(), CV_32F, cv::Scalar(0));
        for (int channel = 0; channel < 3; ++channel) {
            for (int y = 0; y < picture.height; ++y) {
                const std::uint8_t *from = picture.row(y) + channel;
                float *to = result.ptr<float>(0, channel, y);
                for (int x = 0; x < picture.width; ++x)
                    to[x] = static_cast<float>(from[3 * x]);
            }
        }
        return result;
    }

    /// The four outputs, their shapes checked.
    std::array<cv::Mat, 4> run(const cv::Mat &input, const InputSize &size)
    {
        std::vector<cv::Mat> outputs;
        try {
            m_net.setInput(input);
            m_net.forward(outputs, std::vector<cv::String>(kOutputs.begin(), kOutputs.end()));
        } catch (const cv::Exception &error) {
            throw FileError(m_path,
                            "the network cannot be run as CenterFace on " + std::to_string(size.paddedWidth) + "x" + std::to_string(size.paddedHeight)
                                + " pixels (" + error.err + ").");
        }
        std::array<cv::Mat, 4> result;
        for (std::size_t i = 0; i < result.size(); ++i) {
            const bool fits = i < outputs.size() && outputs[i].dims == 4 && outputs[i].type() == CV_32F && outputs[i].isContinuous() && outputs[i].size[0] == 1
                && outputs[i].size[1] == kChannels[i] && outputs[i].size[2] == size.paddedHeight / kStride && outputs[i].size[3] == size.paddedWidth / kStride;
            if (!fits)
                throw FileError(m_path,
                                std::string("is not CenterFace: its output '") + kOutputs[i] + "' is not [1, " + std::to_string(kChannels[i]) + ", H/4, W/4].");
            result[i] = outputs[i];
        }
        return result;
    }

    std::vector<Face> decode(const std::array<cv::Mat, 4> &outputs, const InputSize &size) const
    {
        std::vector<Face> faces;
        const int rows = size.paddedHeight / kStride;
        const int columns = size.paddedWidth / kStride;
        for (int row = 0; row < rows; ++row) {
            for (int column = 0; column < columns; ++column) {
                const auto value = [&](int output, int channel) { return outputs[output].ptr<float>(0, channel, row)[column]; };
                const float score = value(0, 0);
                if (!(score >= options().minScore))
                    continue;
                const float h = std::exp(value(1, 0)) * kStride;
                const float w = std::exp(value(1, 1)) * kStride;
                const float x = (static_cast<float>(column) + value(2, 1) + 0.5F) * kStride - w / 2;
                const float y = (static_cast<float>(row) + value(2, 0) + 0.5F) * kStride - h / 2;
                Face face;
                face.score = std::min(score, 1.F);
                face.box = {x, y, w, h};
                for (int i = 0; i < 5; ++i)
                    face.landmarks[i] = {x + value(3, 2 * i + 1) * w, y + value(3, 2 * i) * h};
                faces.push_back(face);
            }
        }
        return faces;
    }

    std::filesystem::path m_path;
    std::string m_key;
    cv::dnn::Net m_net;
};

} // namespace

std::unique_ptr<FaceDetector> loadOnnxDetector(const ModelSpec &spec, const DetectorOptions &options)
{
    checkOptions(options);
    return std::make_unique<CenterFaceDetector>(spec, options);
}

} // namespace dscope
