// SPDX-License-Identifier: GPL-3.0-or-later
// What a task says of its elements, and how networks and lists of training pictures follow it.
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/jpeg.h"
#include "core/nets/facenet.h"
#include "core/nets/model.h"
#include "core/tasks/task.h"
#include "core/training/facelist.h"
#include "core/training/facestore.h"

#include <QTemporaryDir>

#include <ATen/ATen.h>

#include <fstream>

using namespace dscope;

namespace {

/// The left half of one value, the right half of another.
Picture halves(int width, int height, std::uint8_t left, std::uint8_t right)
{
    Picture picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < 3 * width; ++x)
            picture.row(y)[x] = x / 3 < width / 2 ? left : right;
    return picture;
}

ModelSpec personSpec(int width, int height)
{
    ModelSpec spec;
    spec.name = "people";
    spec.task = "reid";
    spec.inputWidth = width;
    spec.inputHeight = height;
    spec.mean = {10, 20, 30};
    spec.scale = {1, 0.5F, 0.25F};
    return spec;
}

} // namespace

class TestTasks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void names()
    {
        QCOMPARE(taskNamed("").name, std::string_view("face"));
        QCOMPARE(taskNamed("reid").protocol, Protocol::Retrieval);
        QCOMPARE(taskNamed("face").protocol, Protocol::Verification);
        QCOMPARE(taskNamed("action").protocol, Protocol::Classification);
        QVERIFY_EXCEPTION_THROWN(taskNamed("Reid"), UsageError);
        try {
            taskNamed("gait");
            QFAIL("there is no such task");
        } catch (const UsageError &error) {
            QCOMPARE(std::string(error.what()), std::string("There is no task 'gait'; known are face, reid, action."));
        }
    }

    void likely_data()
    {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::addColumn<QString>("task");
        QTest::newRow("aligned face") << 112 << 112 << QStringLiteral("face");
        QTest::newRow("LFW's narrower face") << 96 << 112 << QStringLiteral("face");
        QTest::newRow("Market, MARS") << 128 << 256 << QStringLiteral("reid");
        QTest::newRow("section 4.2's") << 112 << 224 << QStringLiteral("reid");
        QTest::newRow("iLIDS-VID, PRID-2011") << 64 << 128 << QStringLiteral("reid");
        QTest::newRow("1.8 times as tall") << 100 << 180 << QStringLiteral("reid");
        QTest::newRow("a small portrait, 2 : 3") << 200 << 300 << QStringLiteral("face");
        QTest::newRow("a small one of a phone, 9 : 16") << 144 << 256 << QStringLiteral("face");
        QTest::newRow("a phone's photograph") << 1080 << 1920 << QStringLiteral("face");
        QTest::newRow("nothing") << 0 << 0 << QStringLiteral("face");
    }
    void likely()
    {
        QFETCH(int, width);
        QFETCH(int, height);
        QFETCH(QString, task);
        QCOMPARE(QString::fromStdString(std::string(likelyTask(width, height).name)), task);
    }

    void descriptions()
    {
        ModelSpec spec = personSpec(128, 256);
        spec.architecture = "onnx";
        spec.file = "people.onnx";
        const Json written = toJson(spec);
        QCOMPARE(written.at("task").get<std::string>(), std::string("reid"));
        QCOMPARE(modelFromJson(written).task, std::string("reid"));
        spec.task = "face";
        QVERIFY(!toJson(spec).contains("task")); // what was written before there were tasks stays as it is
        QCOMPARE(modelFromJson(toJson(spec)).task, std::string("face"));
        Json unknown = written;
        unknown["task"] = "gait";
        QVERIFY_EXCEPTION_THROWN(modelFromJson(unknown), Error);
    }

    /// 4 x 8 of 2 x 2: each pixel of the picture stands twice, and no middle is cut out.
    void elementsFillTheInput()
    {
        const ModelSpec spec = personSpec(2, 4);
        const std::vector<Picture> pictures{halves(4, 8, 50, 90), halves(2, 4, 50, 90)};
        const at::Tensor batch = prepareBatch(pictures, spec);
        QCOMPARE(batch.sizes().vec(), (std::vector<std::int64_t>{2, 3, 4, 2}));
        for (int picture = 0; picture < 2; ++picture)
            for (int y = 0; y < 4; ++y) {
                QCOMPARE(batch[picture][0][y][0].item<float>(), 40.F);
                QCOMPARE(batch[picture][0][y][1].item<float>(), 80.F);
                QCOMPARE(batch[picture][1][y][0].item<float>(), 15.F);
                QCOMPARE(batch[picture][2][y][1].item<float>(), 15.F);
            }
        ModelSpec faces = spec;
        faces.task = "face"; // cropped in its middle
        const at::Tensor middle = prepareBatch(std::span(pictures).first(1), faces);
        QCOMPARE(middle[0][0][0][0].item<float>(), 40.F);
        QCOMPARE(middle[0][0][0][1].item<float>(), 80.F);
        faces.inputWidth = 5;
        QVERIFY_EXCEPTION_THROWN(prepareBatch(std::span(pictures).first(1), faces), Error);
    }

    /// A list for a network on people takes pictures of any size, one for a network on faces those of 112 x 112 alone.
    void lists()
    {
        QTemporaryDir folder;
        const std::filesystem::path root = folder.path().toStdString();
        std::filesystem::create_directories(root / "a");
        std::filesystem::create_directories(root / "b");
        const auto write = [&](const char *name, const Picture &picture) {
            const std::vector<std::uint8_t> bytes = encodeJpeg(picture, 100);
            std::ofstream(root / name, std::ios::binary).write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        };
        write("a/1.jpg", halves(20, 50, 100, 100));
        write("b/1.jpg", halves(112, 112, 200, 200));
        FaceList list = readFaceList(root);
        Progress progress;
        {
            const FaceReader reader(list, progress);
            QVERIFY_EXCEPTION_THROWN(reader.read(0), FileError);
            QCOMPARE(reader.read(1).width, 112);
        }
        list.takeFor(personSpec(16, 32));
        const FaceReader reader(list, progress);
        for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
            const Picture picture = reader.read(i);
            QCOMPARE(picture.width, 16);
            QCOMPARE(picture.height, 32);
            QVERIFY(std::abs(picture.row(16)[24] - (i == 0 ? 100 : 200)) <= 1); // a JPEG of one colour
        }
        FaceList kept = list;
        QVERIFY(FaceStore(kept, progress, 2 * 3 * 16 * 32).kept());
        QVERIFY(!FaceStore(kept, progress, 2 * 3 * 16 * 32 - 1).kept());
        ModelSpec faces;
        list.takeFor(faces);
        QCOMPARE(list.shape, (ElementShape{1, 112, 112}));
    }
};

DSCOPE_TEST(TestTasks)
#include "tst_tasks.moc"
