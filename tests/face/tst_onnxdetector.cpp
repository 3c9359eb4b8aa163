// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/image/reader.h"
#include "core/tasks/face/boxes.h"
#include "tests/face/lfw.h"

#include <QTemporaryDir>

using namespace dscope;
using namespace dscope::test;

namespace {

std::filesystem::path centerFace()
{
    const ModelStore store;
    for (const ModelSpec &spec : store.models())
        if (spec.architecture == "centerface-onnx" && spec.available())
            return spec.path;
    return {};
}

#define NEED_CENTERFACE()                                                                                                                                      \
    do {                                                                                                                                                       \
        if (centerFace().empty())                                                                                                                              \
            QSKIP("centerface.onnx, which the set-up fetches, is in none of the model folders");                                                               \
    } while (false)

} // namespace

/// CenterFace through OpenCV DNN, in one process with libtorch: both carry protobuf.
class TestOnnxdetector : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void lfw()
    {
        NEED_CENTERFACE();
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const auto detector = FaceDetector::load(detectorSpec("centerface-onnx", centerFace()), Device{});
        const std::vector<LfwFace> reference = lfwFaces();
        int tried = 0;
        int found = 0;
        double sum = 0;
        for (std::size_t i = 0; i < reference.size(); i += 5) {
            ++tried;
            const std::vector<Face> faces = detector->detect(readPicture(reference[i].original));
            if (const Face *face = sameFace(faces, reference[i].landmarks)) {
                ++found;
                sum += landmarkError(face->landmarks, reference[i].landmarks);
            } else {
                qWarning("not found: %s", reference[i].original.c_str());
            }
        }
        qInfo("%d of %d found, landmark error mean %.3f pixels", found, tried, sum / std::max(1, found));
        QVERIFY(found >= tried - 2);
        QVERIFY(sum / found < 4);
    }

    /// The network takes any size after any other, and gives the same faces again.
    void changingSizes()
    {
        NEED_CENTERFACE();
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const LfwFace item = lfwFaces().at(7);
        const Picture picture = readPicture(item.original);
        const auto detector = FaceDetector::load(detectorSpec("centerface-onnx", centerFace()), Device{});
        const std::vector<Face> before = detector->detect(picture);
        QVERIFY(sameFace(before, item.landmarks) != nullptr);
        const int factor = 3;
        Landmarks expected = item.landmarks;
        for (Point &point : expected)
            point = {(point.x + 0.5F) * factor - 0.5F, (point.y + 0.5F) * factor - 0.5F};
        const std::vector<Face> large = detector->detect(resized(picture, 250 * factor, 250 * factor));
        QVERIFY(sameFace(large, expected) != nullptr);
        for (const auto &[width, height] : {std::pair{1, 1}, {1, 3000}, {641, 33}})
            QVERIFY(detector->detect(Picture(width, height)).empty());
        const std::vector<Face> after = detector->detect(picture);
        QCOMPARE(after.size(), before.size());
        for (std::size_t i = 0; i < after.size(); ++i)
            QCOMPARE(after[i].box, before[i].box);
        QVERIFY(detector->detect(Picture()).empty());
    }

    /// The same face from 400 to 3000 pixels has the same box.
    void sameAtEverySize()
    {
        NEED_CENTERFACE();
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const auto detector = FaceDetector::load(detectorSpec("centerface-onnx", centerFace()), Device{}, [] {
            DetectorOptions options;
            options.search = DetectorOptions::Search::Main;
            return options;
        }());
        for (const std::size_t which : {7U, 86U}) {
            const LfwFace item = lfwFaces().at(which);
            const Picture small = readPicture(item.original);
            std::optional<Box> first;
            for (const int side : {400, 900, 1600, 3000}) {
                const float factor = static_cast<float>(side) / 250;
                Landmarks expected = item.landmarks;
                for (Point &point : expected)
                    point = {(point.x + 0.5F) * factor - 0.5F, (point.y + 0.5F) * factor - 0.5F};
                const std::vector<Face> faces = detector->detect(resized(small, side, side));
                const Face *face = sameFace(faces, expected);
                QVERIFY(face != nullptr);
                const Box box{face->box.x / factor, face->box.y / factor, face->box.w / factor, face->box.h / factor};
                if (!first)
                    first = box;
                QVERIFY2(overlap(box, *first) > 0.9F, qPrintable(QString::number(side)));
                int here = 0;
                for (const Face &other : faces)
                    here += overlap(other.box, face->box) > 0.4F ? 1 : 0;
                QCOMPARE(here, 1);
            }
        }
    }

    void keyTellsOptions()
    {
        NEED_CENTERFACE();
        DetectorOptions options;
        const std::string first = FaceDetector::load(detectorSpec("centerface-onnx", centerFace()), Device{}, options)->key();
        QCOMPARE(FaceDetector::load(detectorSpec("centerface-onnx", centerFace()), Device{}, options)->key(), first);
        options.minScore = 0.6F;
        QVERIFY(FaceDetector::load(detectorSpec("centerface-onnx", centerFace()), Device{}, options)->key() != first);
    }

    void damaged_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("text") << QByteArray("this is no network");
        QTest::newRow("zeros") << QByteArray(4096, '\0');
        QTest::newRow("no graph") << QByteArray("\x08\x06", 2);
        // field 7 (graph), a length beyond the end of the file
        QTest::newRow("length beyond the end") << QByteArray("\x08\x06\x3a\xff\xff\xff\xff\x07\x0a", 9);
        QTest::newRow("empty graph") << QByteArray("\x08\x06\x3a\x00", 4);
    }

    void damaged()
    {
        QFETCH(QByteArray, content);
        QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "net.onnx";
        writeAtomically(path, std::string_view(content.constData(), static_cast<std::size_t>(content.size())));
        QVERIFY_THROWS_EXCEPTION(FileError, FaceDetector::load(detectorSpec("centerface-onnx", path), Device{}));
    }

    void truncated()
    {
        NEED_CENTERFACE();
        const std::vector<std::uint8_t> bytes = readBytes(centerFace(), 1 << 28);
        QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "net.onnx";
        for (const double share : {0.02, 0.3, 0.7, 0.999}) {
            writeAtomically(
                path, std::string_view(reinterpret_cast<const char *>(bytes.data()), static_cast<std::size_t>(static_cast<double>(bytes.size()) * share)));
            QVERIFY_THROWS_EXCEPTION(FileError, FaceDetector::load(detectorSpec("centerface-onnx", path), Device{}));
        }
    }

    /// A sound ONNX network that is another one is refused by the names or shapes of its outputs.
    void anotherNetwork()
    {
        const std::filesystem::path other = sharedDir() / "weights" / "yunet_2026may.onnx";
        DSCOPE_NEED(other);
        const QString message = messageOf([&] { FaceDetector::load(detectorSpec("centerface-onnx", other), Device{}); });
        QVERIFY2(message.contains(QStringLiteral("CenterFace")), qPrintable(message));
    }

    void missingFile() { QVERIFY_THROWS_EXCEPTION(FileError, FaceDetector::load(detectorSpec("centerface-onnx", "/nowhere/centerface.onnx"), Device{})); }
};

DSCOPE_TEST(TestOnnxdetector)
#include "tst_onnxdetector.moc"
