// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/reader.h"
#include "core/nets/checkpoint.h"
#include "core/nets/network.h"
#include "core/tasks/face/boxes.h"
#include "core/tasks/face/retinaface.h"
#include "tests/face/lfw.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <QTemporaryDir>

using namespace dscope;
using namespace dscope::test;

namespace {

std::filesystem::path weights()
{
    return sharedDir() / "weights" / "retinaface_mnet025_biubug6.pt";
}

/// A square around a face that takes up `share` of its width; grey beyond the picture.
Picture around(const Picture &picture, const Box &box, double share)
{
    const int side = static_cast<int>(std::lround(static_cast<double>(box.w) / share));
    const int left = static_cast<int>(std::lround(box.x + box.w / 2 - static_cast<float>(side) / 2));
    const int top = static_cast<int>(std::lround(box.y + box.h / 2 - static_cast<float>(side) / 2));
    Picture part(side, side);
    std::fill(part.rgb.begin(), part.rgb.end(), std::uint8_t{110});
    for (int y = std::max(0, -top); y < std::min(side, picture.height - top); ++y)
        for (int x = std::max(0, -left); x < std::min(side, picture.width - left); ++x)
            std::copy_n(picture.row(top + y) + std::ptrdiff_t{3} * (left + x), 3, part.row(y) + std::ptrdiff_t{3} * x);
    return part;
}

} // namespace

/// The native RetinaFace: names, shapes, folding, strict loading, and its faces against those of the reference.
class TestRetinaface : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void shapes()
    {
        const at::NoGradGuard noGrad;
        RetinaFace net;
        net.eval();
        const RetinaFaceOutput out = net.forward(at::zeros({2, 3, 64, 96}));
        QCOMPARE(out.classes.size(), std::size_t{3});
        for (int level = 0; level < 3; ++level) {
            const std::int64_t stride = 8 << level;
            QVERIFY(out.classes[level].sizes() == at::IntArrayRef({2, 4, 64 / stride, 96 / stride}));
            QVERIFY(out.boxes[level].sizes() == at::IntArrayRef({2, 8, 64 / stride, 96 / stride}));
            QVERIFY(out.landmarks[level].sizes() == at::IntArrayRef({2, 20, 64 / stride, 96 / stride}));
        }
    }

    void names()
    {
        DSCOPE_NEED(weights());
        const StateDict file = readStateDict(weights());
        const StateDict ours = stateDict(RetinaFace());
        for (const auto &[name, tensor] : ours) {
            QVERIFY2(file.contains(name), name.c_str());
            QVERIFY2(file.at(name).sizes() == tensor.sizes(), name.c_str());
        }
        for (const auto &[name, tensor] : file)
            QVERIFY2(ours.contains(name) || name.ends_with(".num_batches_tracked"), name.c_str());
    }

    void foldingChangesNothing()
    {
        DSCOPE_NEED(weights());
        const at::NoGradGuard noGrad;
        RetinaFace net;
        loadStateDict(net, readStateDict(weights()), weights());
        net.eval();
        at::manual_seed(3);
        const at::Tensor input = at::randn({1, 3, 96, 160}) * 60;
        const RetinaFaceOutput plain = net.forward(input);
        const RetinaFaceOutput folded = foldedForward(net, input);
        for (int level = 0; level < 3; ++level) {
            QVERIFY(at::allclose(plain.classes[level], folded.classes[level], 1e-3, 1e-3));
            QVERIFY(at::allclose(plain.boxes[level], folded.boxes[level], 1e-3, 1e-3));
            QVERIFY(at::allclose(plain.landmarks[level], folded.landmarks[level], 1e-3, 1e-3));
        }
    }

    void strictLoading_data()
    {
        QTest::addColumn<QString>("change");
        QTest::addColumn<QString>("word");
        QTest::newRow("missing") << QStringLiteral("missing") << QStringLiteral("ssh2.conv5X5_1.0.weight");
        QTest::newRow("unexpected") << QStringLiteral("unexpected") << QStringLiteral("fpn.merge3.0.weight");
        QTest::newRow("misshapen") << QStringLiteral("misshapen") << QStringLiteral("BboxHead.1.conv1x1.weight");
        QTest::newRow("not finite") << QStringLiteral("nan") << QStringLiteral("body.stage2.3.1.running_var");
    }

    void strictLoading()
    {
        QFETCH(QString, change);
        QFETCH(QString, word);
        const std::string name = word.toStdString();
        StateDict tensors = stateDict(RetinaFace());
        if (change == QStringLiteral("missing"))
            tensors.erase(name);
        else if (change == QStringLiteral("unexpected"))
            tensors[name] = at::zeros({64, 64, 3, 3});
        else if (change == QStringLiteral("misshapen"))
            tensors[name] = at::zeros({8, 32, 1, 1});
        else
            tensors[name] = at::full({128}, std::nan(""));
        QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "w.safetensors";
        writeSafetensors(path, tensors, {});
        const QString message = messageOf([&] { FaceDetector::load(detectorSpec("retinaface", path), Device{}); });
        QVERIFY2(message.contains(word), qPrintable(message));
        QVERIFY2(message.contains(QString::fromStdString(path.string())), qPrintable(message));
    }

    void wrongHash()
    {
        DSCOPE_NEED(weights());
        ModelSpec spec = detectorSpec("retinaface", weights());
        spec.sha256 = std::string(64, '0');
        const QString message = messageOf([&] { FaceDetector::load(spec, Device{}); });
        QVERIFY2(message.contains(QStringLiteral("SHA-256")), qPrintable(message));
    }

    void unknownArchitecture()
    {
        DSCOPE_NEED(weights());
        QVERIFY(
            messageOf([] { FaceDetector::load(detectorSpec("mobilefacenet-prelu", weights()), Device{}); }).contains(QStringLiteral("mobilefacenet-prelu")));
        QVERIFY(messageOf([] { FaceDetector::load(detectorSpec("retinaface", {}), Device{}); }).contains(QStringLiteral("not found")));
    }

    void badOptions()
    {
        DSCOPE_NEED(weights());
        const auto refused = [](DetectorOptions options) {
            return messageOf([&] { FaceDetector::load(detectorSpec("retinaface", weights()), Device{}, options); });
        };
        DetectorOptions options;
        options.minScore = std::nanf("");
        QVERIFY(refused(options).contains(QStringLiteral("minScore")));
        options = {};
        options.maxSide = 1 << 20;
        QVERIFY(refused(options).contains(QStringLiteral("maxSide")));
    }

    /// Random weights give thousands of boxes, some of them infinite: still an answer, in bounded time, of finite numbers.
    void randomWeights()
    {
        at::manual_seed(5);
        StateDict tensors = stateDict(RetinaFace());
        for (auto &[name, tensor] : tensors)
            if (name.ends_with(".weight") && tensor.dim() == 4)
                tensor = tensor * 30;
        QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "w.safetensors";
        writeSafetensors(path, tensors, {});
        DetectorOptions options;
        options.minScore = 0.01F;
        const auto detector = FaceDetector::load(detectorSpec("retinaface", path), Device{}, options);
        Picture picture(320, 200);
        for (std::size_t i = 0; i < picture.rgb.size(); ++i)
            picture.rgb[i] = static_cast<std::uint8_t>((i * 2654435761U) >> 13);
        for (const Face &face : detector->detect(picture)) {
            QVERIFY(std::isfinite(face.box.x) && std::isfinite(face.box.w) && std::isfinite(face.landmarks[4].y));
            QVERIFY(face.score >= 0.01F && face.score <= 1);
        }
    }

    void oddSizes_data()
    {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::newRow("1x1") << 1 << 1;
        QTest::newRow("1x4000") << 1 << 4000;
        QTest::newRow("4000x3") << 4000 << 3;
        QTest::newRow("33x31") << 33 << 31;
        QTest::newRow("2000x1500") << 2000 << 1500;
    }

    void oddSizes()
    {
        DSCOPE_NEED(weights());
        QFETCH(int, width);
        QFETCH(int, height);
        const auto detector = FaceDetector::load(detectorSpec("retinaface", weights()), Device{});
        QVERIFY(detector->detect(Picture(width, height)).empty());
        QVERIFY(detector->detect(Picture()).empty());
    }

    /// The 500 originals: the same face in every one, landmarks below two pixels from the reference's.
    void lfw()
    {
        DSCOPE_NEED(weights());
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const auto detector = FaceDetector::load(detectorSpec("retinaface", weights()), Device{});
        const std::vector<LfwFace> reference = lfwFaces();
        QCOMPARE(reference.size(), std::size_t{500});
        int found = 0;
        double sum = 0;
        double worst = 0;
        for (const LfwFace &item : reference) {
            const std::vector<Face> faces = detector->detect(readPicture(item.original));
            const Face *face = sameFace(faces, item.landmarks);
            if (face == nullptr) {
                qWarning("not found: %s", item.original.c_str());
                continue;
            }
            ++found;
            const double error = landmarkError(face->landmarks, item.landmarks);
            sum += error;
            worst = std::max(worst, error);
        }
        qInfo("%d of 500 found, landmark error mean %.3f, worst %.2f pixels", found, sum / found, worst);
        QCOMPARE(found, 500);
        QVERIFY(sum / found < 2);
    }

    /// The weights that the set-up fetches come from another training of the same network: other numbers, the same faces.
    void weightsOfTheSetUp()
    {
        const std::filesystem::path other = cacheDir() / "models" / "retinaface_mnet025.safetensors";
        if (!std::filesystem::exists(other))
            QSKIP("retinaface_mnet025.safetensors, which the set-up fetches, is not on this machine");
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const auto detector = FaceDetector::load(detectorSpec("retinaface", other), Device{});
        const std::vector<LfwFace> reference = lfwFaces();
        double sum = 0;
        for (std::size_t i = 0; i < reference.size(); i += 10) {
            const std::vector<Face> faces = detector->detect(readPicture(reference[i].original));
            const Face *face = sameFace(faces, reference[i].landmarks);
            QVERIFY2(face != nullptr, reference[i].original.c_str());
            sum += landmarkError(face->landmarks, reference[i].landmarks);
        }
        qInfo("50 of 50 found, landmark error mean %.3f pixels", sum / 50);
        QVERIFY(sum / 50 < 4);
    }

    /// A face keeps its place when the picture is larger than maxSide and shrunk, and when it lies off centre in a wide picture.
    void scalesAndPlaces()
    {
        DSCOPE_NEED(weights());
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const LfwFace item = lfwFaces().at(7);
        const Picture small = readPicture(item.original);
        const int factor = 6;
        const Picture large = resized(small, small.width * factor, small.height * factor);
        Landmarks expected = item.landmarks;
        for (Point &point : expected)
            point = {(point.x + 0.5F) * factor - 0.5F, (point.y + 0.5F) * factor - 0.5F};
        for (const int side : {0, 160, 640, 1500}) {
            DetectorOptions options;
            options.maxSide = side;
            const auto detector = FaceDetector::load(detectorSpec("retinaface", weights()), Device{}, options);
            const std::vector<Face> faces = detector->detect(large);
            const Face *face = sameFace(faces, expected);
            QVERIFY(face != nullptr);
            QVERIFY(landmarkError(face->landmarks, expected) < 0.2 * (expected[1].x - expected[0].x));
            int here = 0;
            for (const Face &other : faces)
                here += overlap(other.box, face->box) > 0.4F ? 1 : 0;
            QCOMPARE(here, 1);
        }
        Picture wide(700, 300);
        for (int y = 0; y < small.height; ++y)
            std::copy_n(small.row(y), 3 * small.width, wide.row(y + 41) + 3 * 433);
        for (std::size_t i = 0; i < 5; ++i)
            expected[i] = {item.landmarks[i].x + 433, item.landmarks[i].y + 41};
        const auto detector = FaceDetector::load(detectorSpec("retinaface", weights()), Device{});
        const std::vector<Face> faces = detector->detect(wide);
        const Face *face = sameFace(faces, expected);
        QVERIFY(face != nullptr);
        QVERIFY(landmarkError(face->landmarks, expected) < 2);
    }

    void minFaceAndScore()
    {
        DSCOPE_NEED(weights());
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const LfwFace item = lfwFaces().at(7);
        const Picture picture = readPicture(item.original);
        DetectorOptions options;
        options.minFace = 200;
        QVERIFY(FaceDetector::load(detectorSpec("retinaface", weights()), Device{}, options)->detect(picture).empty());
        options = {};
        options.minScore = 0.02F;
        const std::vector<Face> many = FaceDetector::load(detectorSpec("retinaface", weights()), Device{}, options)->detect(picture);
        QVERIFY(!many.empty());
        QVERIFY(std::is_sorted(many.begin(), many.end(), [](const Face &a, const Face &b) { return a.score > b.score; }));
        for (std::size_t i = 0; i < many.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                QVERIFY(overlap(many[i].box, many[j].box) <= options.nms);
    }

    void overlaps()
    {
        QCOMPARE(overlap({0, 0, 10, 10}, {0, 0, 10, 10}), 1.F);
        QCOMPARE(overlap({0, 0, 10, 10}, {5, 0, 10, 10}), 50.F / 150);
        QCOMPARE(overlap({0, 0, 10, 10}, {10, 0, 10, 10}), 0.F);
        QCOMPARE(overlap({0, 0, 0, 10}, {0, 0, 10, 10}), 0.F);
        Face strong, weak, apart;
        strong.box = {0, 0, 10, 10};
        strong.score = 0.9F;
        weak.box = {1, 0, 10, 10};
        weak.score = 0.8F;
        apart.box = {20, 0, 10, 10};
        apart.score = 0.7F;
        const std::vector<Face> kept = suppress({apart, weak, strong}, 0.4F);
        QCOMPARE(kept.size(), std::size_t{2});
        QCOMPARE(kept[0].score, 0.9F);
        QCOMPARE(kept[1].score, 0.7F);
        QCOMPARE(suppress({apart, weak, strong}, 0.4F, 1).size(), std::size_t{1});
        QCOMPARE(plausible({strong, apart}, 25, 10, 5).size(), std::size_t{2});
        QCOMPARE(plausible({strong, apart}, 24, 10, 5).size(), std::size_t{1});
        strong.landmarks[2].x = std::nanf("");
        QCOMPARE(plausible({strong, apart}, 25, 10, 5).size(), std::size_t{1});
    }

    /// The same face shown larger and smaller has the same box and D-score.
    void sameAtEverySize_data()
    {
        QTest::addColumn<double>("share");
        QTest::newRow("fills the picture") << 0.9;
        QTest::newRow("close") << 0.7;
        QTest::newRow("portrait") << 0.4;
    }
    void sameAtEverySize()
    {
        DSCOPE_NEED(weights());
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        QFETCH(double, share);
        const auto detector = FaceDetector::load(detectorSpec("retinaface", weights()), Device{});
        const auto ddnet = Network::load(ModelStore().find("ddnet-casia", Role::DdNet), Device{});
        const std::vector<LfwFace> reference = lfwFaces();
        double worstOverlap = 1;
        double worstScore = 0;
        for (const std::size_t which : {3U, 86U, 335U, 418U}) {
            const Picture whole = readPicture(reference.at(which).original);
            const std::vector<Face> there = detector->detect(whole);
            const Face *face = sameFace(there, reference.at(which).landmarks);
            QVERIFY(face != nullptr);
            const Picture part = around(whole, face->box, share);
            std::optional<Box> first;
            float firstScore = 0;
            for (const int side : {1024, 256, 320, 384, -432, -440, 400, 640, 1600, 3000, 6000}) {
                DetectorOptions options;
                options.search = side > 0 ? DetectorOptions::Search::Main : DetectorOptions::Search::Frame; // negative: as a frame of a video
                const Picture shown = resized(part, std::abs(side), std::abs(side));
                const std::vector<Face> faces = FaceDetector::load(detectorSpec("retinaface", weights()), Device{}, options)->detect(shown);
                QVERIFY2(!faces.empty(), qPrintable(QString::number(side)));
                const Face &found = *std::max_element(faces.begin(), faces.end(), [](const Face &a, const Face &b) { return a.box.w < b.box.w; });
                const auto unit = static_cast<float>(std::abs(side));
                const Box box{found.box.x / unit, found.box.y / unit, found.box.w / unit, found.box.h / unit};
                Progress progress;
                const std::vector<Picture> crop{alignFace(shown, found.landmarks)};
                const float score = ddnet->run(crop, progress).front();
                if (!first) {
                    first = box;
                    firstScore = score;
                }
                worstOverlap = std::min<double>(worstOverlap, overlap(box, *first));
                worstScore = std::max<double>(worstScore, std::abs(score - firstScore));
            }
        }
        qInfo("256 to 6000 pixels: least overlap %.3f, largest difference of D-scores %.3f", worstOverlap, worstScore);
        QVERIFY(worstOverlap > 0.9);
        QVERIFY(worstScore < 0.02);
    }

    /// A close portrait is one face, also where small faces are looked for to the end.
    void closePortraitIsOneFace()
    {
        DSCOPE_NEED(weights());
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const auto detector = FaceDetector::load(detectorSpec("retinaface", weights()), Device{});
        const std::vector<LfwFace> reference = lfwFaces();
        for (const std::size_t which : {86U, 335U, 418U})
            for (const int side : {500, 1600}) {
                const Picture whole = readPicture(reference.at(which).original);
                const std::vector<Face> there = detector->detect(whole);
                const Face *face = sameFace(there, reference.at(which).landmarks);
                QVERIFY(face != nullptr);
                QCOMPARE(detector->detect(resized(around(whole, face->box, 0.8), side, side)).size(), std::size_t{1});
            }
    }

    /// 90 pixels in a picture of 5000: found, and nothing else.
    void smallFaceInALargePicture()
    {
        DSCOPE_NEED(weights());
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const LfwFace item = lfwFaces().at(86);
        const Picture face = readPicture(item.original);
        Picture picture(5000, 3000);
        for (int y = 0; y < picture.height; ++y)
            for (int x = 0; x < picture.width; ++x)
                std::fill_n(picture.row(y) + std::ptrdiff_t{3} * x, 3, static_cast<std::uint8_t>(100 + (x + y) / 80));
        const int left = 3700;
        const int top = 2400;
        for (int y = 0; y < face.height; ++y)
            std::copy_n(face.row(y), std::ptrdiff_t{3} * face.width, picture.row(top + y) + std::ptrdiff_t{3} * left);
        Landmarks expected = item.landmarks;
        for (Point &point : expected)
            point = {point.x + left, point.y + top};
        for (const auto search : {DetectorOptions::Search::All, DetectorOptions::Search::Main}) {
            DetectorOptions options;
            options.search = search;
            const std::vector<Face> faces = FaceDetector::load(detectorSpec("retinaface", weights()), Device{}, options)->detect(picture);
            const Face *found = sameFace(faces, expected);
            QVERIFY(found != nullptr);
            QVERIFY(landmarkError(found->landmarks, expected) < 4);
        }
    }
};

DSCOPE_TEST(TestRetinaface)
#include "tst_retinaface.moc"
