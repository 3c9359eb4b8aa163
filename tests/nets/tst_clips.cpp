// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/damage/damageset.h"
#include "core/nets/counting.h"
#include "core/nets/facenet.h"
#include "core/nets/inputside.h"
#include "core/nets/model.h"
#include "core/training/augment.h"
#include "core/training/packedset.h"
#include "tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/conv.h>

#include <QTemporaryDir>

#include <filesystem>
#include <vector>

using namespace dscope;
namespace fs = std::filesystem;

namespace {

Picture noise(Random &random, int width, int height)
{
    Picture picture(width, height);
    for (std::uint8_t &value : picture.rgb)
        value = static_cast<std::uint8_t>(random.next() & 255);
    return picture;
}

ModelSpec clipSpec(int frames)
{
    ModelSpec spec;
    spec.name = "clips";
    spec.architecture = "onnx";
    spec.inputFrames = frames;
    spec.inputHeight = 4;
    spec.inputWidth = 6;
    spec.mean = {1, 2, 3};
    spec.scale = {2, 3, 4};
    return spec;
}

/// A convolution in three directions and nothing else.
class Moving final : public FaceNet {
public:
    Moving() { m_conv = register_module("conv", torch::nn::Conv3d(torch::nn::Conv3dOptions(3, 5, {2, 3, 3}))); }
    at::Tensor forward(at::Tensor x) override { return m_conv->forward(x).mean({2, 3, 4}); }

private:
    torch::nn::Conv3d m_conv{nullptr};
};

} // namespace

/// Elements of several frames, from the description of a network to a pack.
class TestClips : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void descriptions()
    {
        const Json written = toJson(clipSpec(8));
        QCOMPARE(written.at("input").at("frames").get<int>(), 8);
        QCOMPARE(modelFromJson(written).inputFrames, 8);
        const Json still = toJson(clipSpec(1));
        QVERIFY(!still.at("input").contains("frames")); // what was written before there were clips stays as it is
        QCOMPARE(modelFromJson(still).inputFrames, 1);
        Json none = written;
        none["input"]["frames"] = 0;
        QVERIFY_THROWS_EXCEPTION(Error, modelFromJson(none));
        QVERIFY(elementInput(clipSpec(8)) == (ElementShape{8, 4, 6}));
    }

    /// [N, 3, T, H, W]: frame t of clip n is what the picture alone would be.
    void batches()
    {
        Random random(3);
        std::vector<Picture> frames;
        for (int i = 0; i < 6; ++i)
            frames.push_back(noise(random, 6, 4));
        const ModelSpec spec = clipSpec(3);
        const at::Tensor batch = prepareBatch(frames, spec);
        QCOMPARE(batch.sizes().vec(), (std::vector<std::int64_t>{2, 3, 3, 4, 6}));
        const at::Tensor stills = prepareBatch(frames, clipSpec(1));
        for (std::int64_t n = 0; n < 2; ++n)
            for (std::int64_t t = 0; t < 3; ++t)
                QVERIFY(at::equal(batch[n].select(1, t), stills[3 * n + t]));
        QVERIFY(at::equal(batch, batchOfBytes(batchBytes(frames, spec, false), spec)));
        frames.pop_back();
        QVERIFY_THROWS_EXCEPTION(Error, prepareBatch(frames, spec));
        QVERIFY_THROWS_EXCEPTION(Error, batchBytes(frames, spec, false));
    }

    /// 5 filters of 3 x 2 x 3 x 3 weights at 3 x 6 x 8 places.
    void costs()
    {
        Moving net;
        const Counted counted = countNetwork(net, {4, 8, 10});
        QCOMPARE(counted.cost.mac, std::int64_t{5} * 3 * 2 * 3 * 3 * (3 * 6 * 8));
        QCOMPARE(counted.layers.front().output, (std::vector<std::int64_t>{5, 3, 6, 8}));
    }

    /// Every frame is changed by the same draws, and a clip of one frame as the picture alone.
    void augmentation()
    {
        Random random(5);
        const Picture still = noise(random, 112, 112);
        const Clip clip(std::vector<Picture>{still, still, still});
        const DamageSet damage;
        const auto change = [&](const Picture &picture, Random &own) { return relit(damage.damage(picture, own), own); };
        Random alone(7);
        const Picture expected = change(still, alone);
        Random all(7);
        const Clip given = changed(clip, all, change);
        QCOMPARE(given.frames(), 3);
        for (const Picture &frame : given)
            QVERIFY(frame == expected);
        QCOMPARE(all.next(), alone.next());
    }

    void packs()
    {
        Random random(11);
        FaceList list;
        list.root = "made";
        list.people = {"a", "b"};
        std::vector<Clip> clips;
        for (int i = 0; i < 3; ++i) {
            clips.emplace_back(std::vector<Picture>{noise(random, 6, 4), noise(random, 6, 4)});
            list.files.push_back("f" + std::to_string(i));
            list.labels.push_back(i % 2);
        }
        const fs::path file = path("clips.pack");
        {
            PackWriter writer(file, ElementShape{2, 4, 6}, "clips");
            QVERIFY_THROWS_EXCEPTION(Error, writer.add(std::vector<Picture>{noise(random, 6, 4)}));
            writer.add(clips);
            writer.finish(list);
        }
        const PackedSet set = PackedSet::open(file);
        QCOMPARE(set.frames(), 2);
        QCOMPARE(set.size(), std::size_t{3});
        for (std::size_t i = 0; i < clips.size(); ++i)
            QVERIFY(set.readClip(i) == clips[i]);
        QVERIFY_THROWS_EXCEPTION(FileError, set.read(0));
        const FaceList pictures = readFaceList(file);
        Progress progress;
        QVERIFY_THROWS_EXCEPTION(FileError, FaceReader(pictures, progress));

        std::string damaged = readText(file);
        damaged[4096 + 3 * 6 * 4 + 1] ^= 1; // of the second frame
        writeAtomically(path("damaged.pack"), damaged);
        QVERIFY_THROWS_EXCEPTION(FileError, PackedSet::open(path("damaged.pack")).readClip(0));
        QVERIFY_THROWS_EXCEPTION(Error, PackWriter(path("no.pack"), ElementShape{0, 4, 4}, ""));
    }
};

DSCOPE_TEST(TestClips)
#include "tst_clips.moc"
