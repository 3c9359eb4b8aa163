#include "core/face/onnxdetector.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/face/boxes.h"

#include <opencv2/core/utils/logger.hpp>
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

/// OpenCV prints its errors besides throwing them; what is thrown is enough.
class QuietOpenCv {
public:
    QuietOpenCv() : m_before(cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT)), m_handler(cv::redirectError(ignore)) {}
    ~QuietOpenCv()
    {
        cv::redirectError(m_handler);
        cv::utils::logging::setLogLevel(m_before);
    }
    QuietOpenCv(const QuietOpenCv &) = delete;
    QuietOpenCv &operator=(const QuietOpenCv &) = delete;

private:
    static int ignore(int, const char *, const char *, const char *, int, void *) { return 0; }

    cv::utils::logging::LogLevel m_before;
    cv::ErrorCallback m_handler;
};

class CenterFaceDetector : public FaceDetector {
public:
    CenterFaceDetector(const ModelSpec &spec, const DetectorOptions &options)
        : m_path(spec.path), m_options(options), m_key("centerface/1:" + checkedHash(spec) + ":" + optionsKey(options))
    {
        const std::vector<std::uint8_t> bytes = readBytes(spec.path, kMaxFile);
        const QuietOpenCv quiet;
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
        InputSize size;
        size.width = size.height = size.paddedWidth = size.paddedHeight = 64;
        run(blob(Picture(64, 64), size), size);
    }

    std::vector<Face> detect(const PixelSource &pixels) override
    {
        if (pixels.empty())
            return {};
        std::vector<Face> faces;
        for (const InputSize &size : inputSizes(pixels.width(), pixels.height(), m_options))
            decode(run(blob(pixels.scaled(size.width, size.height), size), size), size, pixels, faces);
        return suppress(plausible(std::move(faces), pixels.width(), pixels.height(), m_options.minFace), m_options.nms);
    }

    std::string key() const override { return m_key; }

private:
    /// Planar RGB floats 0..255, black beyond the picture.
    static cv::Mat blob(const Picture &picture, const InputSize &size)
    {
        const std::array<int, 4> shape{1, 3, size.paddedHeight, size.paddedWidth};
        cv::Mat result(static_cast<int>(shape.size()), shape.data(), CV_32F, cv::Scalar(0));
        for (int channel = 0; channel < 3; ++channel) {
            for (int y = 0; y < size.height; ++y) {
                const std::uint8_t *from = picture.row(y) + channel;
                float *to = result.ptr<float>(0, channel, y);
                for (int x = 0; x < size.width; ++x)
                    to[x] = static_cast<float>(from[3 * x]);
            }
        }
        return result;
    }

    /// The four outputs, their shapes checked.
    std::array<cv::Mat, 4> run(const cv::Mat &input, const InputSize &size)
    {
        std::vector<cv::Mat> outputs;
        const QuietOpenCv quiet;
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

    void decode(const std::array<cv::Mat, 4> &outputs, const InputSize &size, const PixelSource &pixels, std::vector<Face> &faces) const
    {
        const int rows = size.paddedHeight / kStride;
        const int columns = size.paddedWidth / kStride;
        const float perX = static_cast<float>(pixels.width()) / static_cast<float>(size.width);
        const float perY = static_cast<float>(pixels.height()) / static_cast<float>(size.height);
        for (int row = 0; row < rows; ++row) {
            for (int column = 0; column < columns; ++column) {
                const auto value = [&](int output, int channel) { return outputs[output].ptr<float>(0, channel, row)[column]; };
                const float score = value(0, 0);
                if (!(score >= m_options.minScore))
                    continue;
                const float h = std::exp(value(1, 0)) * kStride;
                const float w = std::exp(value(1, 1)) * kStride;
                const float x = (static_cast<float>(column) + value(2, 1) + 0.5F) * kStride - w / 2;
                const float y = (static_cast<float>(row) + value(2, 0) + 0.5F) * kStride - h / 2;
                Face face;
                face.score = std::min(score, 1.F);
                face.box = {toOriginal(x, pixels.width(), size.width), toOriginal(y, pixels.height(), size.height), w * perX, h * perY};
                for (int i = 0; i < 5; ++i)
                    face.landmarks[i] = {toOriginal(x + value(3, 2 * i + 1) * w, pixels.width(), size.width),
                                         toOriginal(y + value(3, 2 * i) * h, pixels.height(), size.height)};
                faces.push_back(face);
            }
        }
    }

    std::filesystem::path m_path;
    DetectorOptions m_options;
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
