// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/onnx/executor.h"

#include <opencv2/dnn.hpp>

#include <ATen/ATen.h>

#include <algorithm>

using namespace dscope;

namespace {

/// Noise between -1 and 1, the same for the same number.
at::Tensor noise(std::vector<std::int64_t> dims, double phase)
{
    std::int64_t count = 1;
    for (const std::int64_t dim : dims)
        count *= dim;
    return at::sin(at::arange(count, at::kDouble) * 12.9898 + phase).mul(43758.5453).frac().to(at::kFloat).reshape(dims);
}

double relative(const at::Tensor &a, const at::Tensor &b)
{
    return (a - b).abs().max().item().toDouble() / std::max(1e-30, b.abs().max().item().toDouble());
}

std::vector<std::int64_t> pictureDims(const OnnxExecutor &executor)
{
    std::vector<std::int64_t> dims = executor.inputs().front().dims;
    dims[0] = 1;
    for (std::size_t i = 2; i < dims.size(); ++i)
        if (dims[i] < 0)
            dims[i] = 320;
    return dims;
}

at::Tensor tensorOf(const cv::Mat &mat)
{
    std::vector<std::int64_t> dims;
    for (int i = 0; i < mat.dims; ++i)
        dims.push_back(mat.size[i]);
    return at::from_blob(const_cast<float *>(mat.ptr<float>()), dims, at::kFloat).clone();
}

} // namespace

/// The executor beside another implementation, on every network that is at hand.
class TestParity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void opencv_data()
    {
        QTest::addColumn<QString>("file");
        const std::filesystem::path folder = sharedWeights();
        std::vector<std::filesystem::path> files;
        if (std::filesystem::is_directory(folder))
            for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
                if (entry.path().extension() == ".onnx")
                    files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        for (const auto &file : files)
            QTest::newRow(file.stem().c_str()) << QString::fromStdString(file.string());
        if (files.empty())
            QTest::newRow("none") << QString();
    }
    void opencv()
    {
        QFETCH(QString, file);
        if (file.isEmpty())
            QSKIP(test::missing(sharedWeights()).constData());
        const std::filesystem::path path = file.toStdString();
        OnnxExecutor executor(readOnnx(path), path);
        const at::Tensor x = noise(pictureDims(executor), 1);
        const std::vector<at::Tensor> ours = executor.run({x});

        cv::dnn::Net net;
        try {
            net = cv::dnn::readNetFromONNX(path.string());
        } catch (const cv::Exception &error) {
            QSKIP(("OpenCV cannot read it: " + error.err).c_str());
        }
        // With fusion OpenCV 4.6 gives some networks other numbers (see CenterFaceDetector).
        net.enableFusion(false);
        std::vector<int> dims;
        for (const std::int64_t dim : x.sizes())
            dims.push_back(static_cast<int>(dim));
        const cv::Mat input(static_cast<int>(dims.size()), dims.data(), CV_32F, x.data_ptr<float>());
        std::vector<cv::String> names;
        for (const OnnxValue &output : executor.outputs())
            names.push_back(output.name);
        std::vector<cv::Mat> theirs;
        try {
            net.setInput(input);
            net.forward(theirs, names);
        } catch (const cv::Exception &error) {
            QSKIP(("OpenCV cannot run it: " + error.err).c_str());
        }
        QCOMPARE(theirs.size(), ours.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
            const at::Tensor expected = tensorOf(theirs[i]);
            QCOMPARE(expected.numel(), ours[i].numel());
            const double apart = relative(ours[i].reshape({-1}), expected.reshape({-1}));
            qInfo("%s: %.2g", names[i].c_str(), apart);
            QVERIFY2(apart < 1e-4, (names[i] + " is " + std::to_string(apart) + " apart").c_str());
        }
    }

    /// Optimised and plain, 32 pictures at once and one by one.
    void batch_data() { opencv_data(); }
    void batch()
    {
        QFETCH(QString, file);
        if (file.isEmpty())
            QSKIP(test::missing(sharedWeights()).constData());
        const std::filesystem::path path = file.toStdString();
        OnnxExecutor executor(readOnnx(path), path);
        std::vector<std::int64_t> dims = pictureDims(executor);
        const bool free = executor.tryBatch({dims});
        qInfo("%s", free ? "runs in batches" : "runs one by one");
        dims[0] = dims[2] > 300 ? 3 : 32;
        const at::Tensor x = noise(dims, 2);
        const std::vector<at::Tensor> together = executor.run({x});
        OnnxOptions plain;
        plain.optimise = false;
        OnnxExecutor reference(readOnnx(path), path, plain);
        std::vector<std::vector<at::Tensor>> singly(together.size());
        for (std::int64_t i = 0; i < dims[0]; ++i) {
            const std::vector<at::Tensor> one = reference.run({x.narrow(0, i, 1)});
            for (std::size_t k = 0; k < one.size(); ++k)
                singly[k].push_back(one[k]);
        }
        for (std::size_t k = 0; k < together.size(); ++k) {
            const at::Tensor expected = at::cat(singly[k], 0);
            QCOMPARE(together[k].sizes().vec(), expected.sizes().vec());
            QVERIFY2(relative(together[k], expected) < 1e-4, std::to_string(relative(together[k], expected)).c_str());
        }
    }

private:
    static std::filesystem::path sharedWeights() { return test::sharedDir() / "weights"; }
};

DSCOPE_TEST(TestParity)
#include "tst_parity.moc"
