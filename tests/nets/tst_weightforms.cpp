// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/says.h"
#include "tests/support/support.h"
#include "tests/support/torchfiles.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/nets/library.h"
#include "core/nets/tensorlist.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <cstring>
#include <filesystem>

using namespace dscope;
using namespace dscope::test;
namespace p = dscope::test::pickled;
namespace fs = std::filesystem;

namespace {

/// A number with a point, as protocol 2 writes it.
std::string real(double value)
{
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    std::string text = "G";
    for (int shift = 56; shift >= 0; shift -= 8)
        text += static_cast<char>(bits >> shift & 0xFF);
    return text;
}

std::string numbers(const std::vector<std::int64_t> &values)
{
    std::vector<std::string> pieces;
    for (const std::int64_t value : values)
        pieces.push_back(p::number(value));
    return p::tuple(pieces);
}

/// torch._utils._rebuild_qtensor's call. @param how the scheme, and its numbers or tensors
std::string quantised(const std::string &key, const std::string &storage, std::int64_t count, const std::vector<std::int64_t> &sizes,
                      const std::vector<std::int64_t> &strides, const std::vector<std::string> &how)
{
    const std::string id = p::tuple({p::text("storage"), p::global("torch", storage), p::text(key), p::text("cpu"), p::number(count)}) + "Q";
    return p::call(p::global("torch._utils", "_rebuild_qtensor"),
                   {id, p::number(0), numbers(sizes), numbers(strides), p::tuple(how), "\x89", p::orderedDict({})});
}

/// An array of numpy's as Python 3 pickles it by protocol 2.
std::string array(const at::Tensor &tensor)
{
    const at::Tensor plain = tensor.contiguous();
    const auto *bytes = static_cast<const unsigned char *>(plain.const_data_ptr());
    std::string latin;
    for (std::size_t i = 0; i < plain.nbytes(); ++i) {
        if (bytes[i] < 0x80) {
            latin += static_cast<char>(bytes[i]);
        } else {
            latin += static_cast<char>(0xC0 | bytes[i] >> 6);
            latin += static_cast<char>(0x80 | (bytes[i] & 0x3F));
        }
    }
    const auto encoded = [](const std::string &text) { return p::call(p::global("_codecs", "encode"), {p::text(text), p::text("latin1")}); };
    const std::string type = p::call(p::global("numpy", "dtype"), {p::text(tensor.scalar_type() == at::kLong ? "i8" : "f4"), "\x89", "\x88"})
        + p::tuple({p::number(3), p::text("<"), "N", "N", "N", p::number(-1), p::number(-1), p::number(0)}) + "b";
    return p::call(p::global("numpy.core.multiarray", "_reconstruct"), {p::global("numpy", "ndarray"), numbers({0}), encoded("b")})
        + p::tuple({p::number(1), numbers(plain.sizes().vec()), type, "\x89", encoded(latin)}) + "b";
}

} // namespace

/// Weights that are no plain tensors: quantised ones, and arrays of numpy's.
class TestWeightforms : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    fs::path written(const std::string &name, const std::string &bytes) const
    {
        const fs::path path = fs::path(m_dir.path().toStdString()) / name;
        writeAtomically(path, bytes);
        return path;
    }
    static std::string notesOf(const Checkpoint &checkpoint) { return joined(checkpoint.notes); }

private Q_SLOTS:
    void quantisedPerTensor()
    {
        TorchFile made;
        const std::string key = made.addStorage("QUInt8Storage", std::string("\x00\x7f\x80\xff\x01\x02", 6), 6);
        const std::string weight = quantised(key, "QUInt8Storage", 6, {3, 2}, {1, 3}, {p::global("torch", "per_tensor_affine"), real(0.5), p::number(128)});
        const std::string root = p::orderedDict(
            {{"w", p::call(p::global("torch._utils", "_rebuild_parameter"), {weight, "\x88", p::orderedDict({})})}, {"b", made.tensor(at::ones({2}))}});
        for (const bool zip : {true, false}) {
            const fs::path path = written("q.pth", zip ? made.zip(root) : made.old(root));
            const Checkpoint read = readCheckpoint(path);
            const at::Tensor w = read.tensors.at("w");
            QVERIFY(w.scalar_type() == at::kFloat);
            QVERIFY(at::equal(w, at::tensor({-64.F, 63.5F, -0.5F, -63.5F, 0.F, -63.F}).view({3, 2})));
            QVERIFY(at::equal(read.tensors.at("b"), at::ones({2})));
            VERIFY_SAYS(notesOf(read), "1 of its 2 tensors are quantised");
            const WeightsInfo info = readWeightsInfo(path);
            QCOMPARE(info.tensors[1].type, std::string("float32"));
            QCOMPARE(info.tensors[1].shape, (std::vector<std::int64_t>{3, 2}));
        }
    }

    void quantisedPerChannel()
    {
        for (const std::int64_t axis : {0, 1}) {
            TorchFile made;
            const at::Tensor numbersOf = at::arange(-6, 6, at::kChar).view({2, 2, 3});
            const std::string key = made.addStorage("QInt8Storage", std::string(static_cast<const char *>(numbersOf.const_data_ptr()), 12), 12);
            const at::Tensor scales = at::tensor({0.5, 0.25}, at::kDouble);
            const at::Tensor zeros = at::tensor({1, -2}, at::kLong);
            const std::string root =
                p::dict({{"w",
                          quantised(key, "QInt8Storage", 12, {2, 2, 3}, {6, 3, 1},
                                    {p::global("torch", "per_channel_affine"), made.tensor(scales), made.tensor(zeros), p::number(axis)})}});
            const at::Tensor w = readCheckpoint(written("c.pth", made.zip(root))).tensors.at("w");
            const std::vector<std::int64_t> along = axis == 0 ? std::vector<std::int64_t>{2, 1, 1} : std::vector<std::int64_t>{1, 2, 1};
            QVERIFY(at::equal(w, ((numbersOf.to(at::kDouble) - zeros.view(along)) * scales.view(along)).to(at::kFloat)));
        }
    }

    /// What cannot be understood is refused by its name.
    void refusesOtherSchemes_data()
    {
        QTest::addColumn<QString>("how");
        QTest::addColumn<QString>("said");
        QTest::newRow("unknown") << QStringLiteral("unknown") << QStringLiteral("'per_block_affine'");
        QTest::newRow("scales that do not fit") << QStringLiteral("few") << QStringLiteral("scales of a quantised tensor");
        QTest::newRow("no such axis") << QStringLiteral("axis") << QStringLiteral("dequantize()");
        QTest::newRow("of floats") << QStringLiteral("floats") << QStringLiteral("dequantize()");
    }
    void refusesOtherSchemes()
    {
        QFETCH(QString, how);
        QFETCH(QString, said);
        TorchFile made;
        const bool floats = how == QStringLiteral("floats");
        const std::string storage = floats ? "FloatStorage" : "QInt8Storage";
        const std::string key = made.addStorage(storage, std::string(floats ? 16 : 4, '\1'), 4);
        const std::string one = made.tensor(at::ones({1}, at::kDouble));
        std::vector<std::string> scheme{p::global("torch", "per_channel_affine"), one, one, p::number(how == QStringLiteral("axis") ? 7 : 0)};
        if (how == QStringLiteral("unknown"))
            scheme = {p::global("torch", "per_block_affine"), p::text("?")};
        if (floats)
            scheme = {p::global("torch", "per_tensor_affine"), real(1), p::number(0)};
        const std::string root = p::dict({{"w", quantised(key, storage, 4, {4}, {1}, scheme)}});
        const fs::path path = written("r.pth", made.zip(root));
        VERIFY_SAYS(refusal([&] { readCheckpoint(path); }), said.toStdString());
    }

    /// numpy 2.4 wrote these: [[1, 2, -3], [0.5, 200, 6]].
    void arraysOfNumpy_data()
    {
        QTest::addColumn<QByteArray>("pickle");
        QTest::addColumn<int>("rows");
        QTest::newRow("protocol 2") << QByteArray("gAJ9cQBYAQAAAHdxAWNudW1weS5fY29yZS5tdWx0aWFycmF5Cl9yZWNvbnN0cnVjdApxAmNudW1weQpuZGFycmF5CnEDSwCFcQRjX2NvZGVj"
                                                  "cwplbmNvZGUKcQVYAQAAAGJxBlgGAAAAbGF0aW4xcQeG"
                                                  "cQhScQmHcQpScQsoSwFLAksDhnEMY251bXB5CmR0eXBlCnENWAIAAABmNHEOiYiHcQ9ScRAoSwNYAQAAADxxEU5OTkr/////Sv////"
                                                  "9LAHRxEmKJaAVYGwAAAAAAwoA/AAAAQAAAQMOAAAAAPwAA"
                                                  "SEMAAMOAQHETaAeGcRRScRV0cRZicy4=")
                                    << 2;
        QTest::newRow("Fortran order") << QByteArray("gAJ9cQBYAQAAAHdxAWNudW1weS5fY29yZS5tdWx0aWFycmF5Cl9yZWNvbnN0cnVjdApxAmNudW1weQpuZGFycmF5CnEDSwCFcQRjX2NvZ"
                                                     "GVjcwplbmNvZGUKcQVYAQAAAGJxBlgGAAAAbGF0aW4xcQeG"
                                                     "cQhScQmHcQpScQsoSwFLAksDhnEMY251bXB5CmR0eXBlCnENWAIAAABmNHEOiYiHcQ9ScRAoSwNYAQAAADxxEU5OTkr/////Sv////"
                                                     "9LAHRxEmKIaAVYGwAAAAAAwoA/AAAAPwAAAEAAAEhDAABA"
                                                     "w4AAAMOAQHETaAeGcRRScRV0cRZicy4=")
                                       << 2;
        QTest::newRow("big-endian float64, protocol 4")
            << QByteArray("gASVwgAAAAAAAAB9lIwBd5SMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChLAUsCSwOG"
                          "lGgFjAVkdHlwZZSTlIwCZjiU"
                          "iYiHlFKUKEsDjAE+lE5OTkr/////Sv////9LAHSUYolDMD/wAAAAAAAAQAAAAAAAAADACAAAAAAAAD/gAAAAAAAAQGkAAAAAAABAGAAAAAAAAJR0lGJzLg==")
            << 2;
        QTest::newRow("protocol 5") << QByteArray("gAWVlQAAAAAAAAB9lIwBd5SME251bXB5Ll9jb3JlLm51bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlCiWGAAAAAAAAAAAAIA/AAAAQAAAQMAAAAA/"
                                                  "AABIQwAAwECUjAVudW1weZSMBWR0eXBllJOUjAJmNJSJ"
                                                  "iIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRiSwJLA4aUjAFDlHSUUpRzLg==")
                                    << 2;
        QTest::newRow("half, protocol 3") << QByteArray("gAN9cQBYAQAAAHdxAWNudW1weS5fY29yZS5tdWx0aWFycmF5Cl9yZWNvbnN0cnVjdApxAmNudW1weQpuZGFycmF5CnEDSwCFcQRDAW"
                                                        "JxBYdxBlJxByhLAUsCSwOGcQhjbnVtcHkKZHR5cGUKcQlYAgAA"
                                                        "AGYycQqJiIdxC1JxDChLA1gBAAAAPHENTk5OSv////9K/////0sAdHEOYolDDAA8AEAAwgA4QFoARnEPdHEQYnMu")
                                          << 2;
        QTest::newRow("empty") << QByteArray("gAJ9cQBYAQAAAHdxAWNudW1weS5fY29yZS5tdWx0aWFycmF5Cl9yZWNvbnN0cnVjdApxAmNudW1weQpuZGFycmF5CnEDSwCFcQRjX2NvZGVjcwplb"
                                             "mNvZGUKcQVYAQAAAGJxBlgGAAAAbGF0aW4xcQeG"
                                             "cQhScQmHcQpScQsoSwFLAEsDhnEMY251bXB5CmR0eXBlCnENWAIAAABmNHEOiYiHcQ9ScRAoSwNYAQAAADxxEU5OTkr/////Sv////"
                                             "9LAHRxEmKJY19fYnVpbHRpbl9fCmJ5dGVzCnETKVJxFHRx"
                                             "FWJzLg==")
                               << 0;
    }
    void arraysOfNumpy()
    {
        QFETCH(QByteArray, pickle);
        QFETCH(int, rows);
        const fs::path path = written("n.pth", zipOf({{"a/data.pkl", QByteArray::fromBase64(pickle).toStdString()}}));
        const Checkpoint read = readCheckpoint(path);
        const at::Tensor wanted = at::tensor({1.F, 2.F, -3.F, 0.5F, 200.F, 6.F}).view({2, 3}).narrow(0, 0, rows);
        QCOMPARE(read.tensors.at("w").sizes().vec(), wanted.sizes().vec());
        QVERIFY(at::equal(read.tensors.at("w").to(at::kFloat), wanted));
        VERIFY_SAYS(notesOf(read), "1 of its 1 tensors are numpy arrays");
        QCOMPARE(readWeightsInfo(path).tensors.front().shape, wanted.sizes().vec());
    }

    /// Objects and texts beside the weights, as numpy wrote them: {"w": array, "names": objects, "s": a scalar, "text": texts}.
    void otherArraysAreLeftOut()
    {
        const QByteArray pickle(
            "gAJ9cQAoWAEAAAB3cQFjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQJjbnVtcHkKbmRhcnJheQpxA0sAhXEEY19jb2RlY3MKZW5jb2RlCnEFWAEAAABicQZYBgAAAGxhdG"
            "luMXEHhnEI"
            "UnEJh3EKUnELKEsBSwJLA4ZxDGNudW1weQpkdHlwZQpxDVgCAAAAZjRxDomIh3EPUnEQKEsDWAEAAAA8cRFOTk5K/////0r/////"
            "SwB0cRJiiWgFWBsAAAAAAMKAPwAAAEAAAEDDgAAAAD8AAEhDAADDgEBx"
            "E2gHhnEUUnEVdHEWYlgFAAAAbmFtZXNxF2gCaANLAIVxGGgJh3EZUnEaKEsBSwKFcRtoDVgCAAAATzhxHImIh3EdUnEeKEsDWAEAAAB8cR9OTk5K/////0r/////"
            "Sz90cSBiiV1xIShYAQAAAHhxIk5ldHEj"
            "YlgBAAAAc3EkY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKc2NhbGFyCnElaA1YAgAAAGY4cSaJiIdxJ1JxKChLA2gRTk5OSv////9K/////"
            "0sAdHEpYmgFWAkAAAAAAAAAAADDuD9xKmgHhnErUnEshnEtUnEu"
            "WAQAAAB0ZXh0cS9oAmgDSwCFcTBoCYdxMVJxMihLAUsBhXEzaA1YAgAAAFUycTSJiIdxNVJxNihLA2gRTk5OSwhLBEsIdHE3YoloBVgIAAAAYQAAAGIAAABxOGgHhnE5UnE6dHE7YnUu");
        const Checkpoint read = readCheckpoint(written("o.pth", zipOf({{"a/data.pkl", QByteArray::fromBase64(pickle).toStdString()}})));
        QCOMPARE(read.tensors.size(), std::size_t{1});
        VERIFY_SAYS(notesOf(read), "numpy arrays of other things than plain numbers, which are left out: names, text.");
    }

    /// A whole network's weights as arrays embed as its tensors do.
    void networkOfArrays()
    {
        at::manual_seed(5);
        const auto net = createFaceNet("iresnet18cd");
        TorchFile tensors;
        std::vector<std::pair<std::string, std::string>> arrays;
        StateDict weights;
        for (const auto &[name, tensor] : stateDict(*net)) {
            weights[name] = tensor.clone();
            arrays.emplace_back(name, array(tensor));
        }
        const fs::path plain = written("plain.pth", tensors.zip(tensors.stateDict(weights)));
        const fs::path path = written("arrays.pth", TorchFile().zip(p::dict({{"state_dict", p::dict(arrays)}})));
        QCOMPARE(describeFile(path).architecture, std::string("iresnet18cd"));
        const StateDict read = readStateDict(path);
        const StateDict wanted = readStateDict(plain);
        QCOMPARE(read.size(), wanted.size());
        for (const auto &[name, tensor] : wanted)
            QVERIFY2(at::equal(read.at(name), tensor), name.c_str());
    }

    void refusesDamagedArrays()
    {
        // Twice the shape that there is room for, and a text with a character that is no byte.
        const auto made = [](std::int64_t count, const std::string &data) {
            const std::string type = p::call(p::global("numpy", "dtype"), {p::text("f4")});
            const std::string bytes = p::call(p::global("_codecs", "encode"), {p::text(data), p::text("latin1")});
            return TorchFile().zip(p::dict({{"w",
                                             p::call(p::global("numpy.core.multiarray", "_reconstruct"), {p::global("numpy", "ndarray")})
                                                 + p::tuple({p::number(1), numbers({count}), type, "\x89", bytes}) + "b"}}));
        };
        QCOMPARE(readStateDict(written("good.pth", made(2, "12345678"))).at("w").numel(), std::int64_t{2});
        for (const auto &[count, data] : {std::pair<std::int64_t, std::string>(4, "12345678"),
                                          {2, "1234567"},
                                          {1,
                                           "\xe2\x82\xac"
                                           "1"},
                                          {1, "123\xc3"},
                                          {-1, ""},
                                          {std::int64_t{1} << 50, "12345678"}})
            VERIFY_SAYS(refusal([&] { readStateDict(written("bad.pth", made(count, data))); }), "whose data are of another size");
    }

    /// One text that a thousand arrays name would become a thousand tensors.
    void sharedDataTakeNoMemory()
    {
        const std::string type = p::call(p::global("numpy", "dtype"), {p::text("f4")}) + std::string("q\1", 2) + "0";
        std::string root = "B" + std::string("\0\0\x10\0", 4) + std::string(1 << 20, '\0') + std::string("q\0", 2) + "0" + type;
        std::vector<std::pair<std::string, std::string>> arrays;
        for (int i = 0; i < 1000; ++i)
            arrays.emplace_back("w" + std::to_string(i),
                                p::call(p::global("numpy.core.multiarray", "_reconstruct"), {p::global("numpy", "ndarray")})
                                    + p::tuple({p::number(1), numbers({1 << 18}), std::string("h\1", 2), "\x89", std::string("h\0", 2)}) + "b");
        root += p::dict(arrays);
        const fs::path path = written("shared.pth", TorchFile().zip(root));
        VERIFY_SAYS(refusal([&] { readStateDict(path); }), "name the same data again and again");
        QCOMPARE(readWeightsInfo(path).tensors.size(), std::size_t{1000}); // their shapes cost nothing
    }
};

DSCOPE_TEST(TestWeightforms)
#include "tst_weightforms.moc"
