// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"
#include "tests/support/torchfiles.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nets/architectures.h"
#include "core/nets/facenet.h"
#include "core/nets/library.h"
#include "core/nets/names.h"
#include "core/nets/recognise.h"
#include "core/nets/wanted.h"
#include "core/nets/weightfit.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace dscope;
using namespace dscope::test;
namespace p = dscope::test::pickled;

namespace {

const char *const s_architecture = "iresnet18cd"; // 128 values

StateDict weights(std::uint64_t seed = 7)
{
    at::manual_seed(seed);
    const auto net = createFaceNet(s_architecture);
    StateDict tensors;
    for (const auto &[name, tensor] : stateDict(*net))
        tensors[name] = tensor.clone();
    return tensors;
}

Picture picture()
{
    Picture face(112, 112);
    for (std::size_t i = 0; i < face.rgb.size(); ++i)
        face.rgb[i] = static_cast<std::uint8_t>(i * 7 % 251);
    return face;
}

bool has(const std::vector<std::string> &texts, const std::string &part)
{
    return std::any_of(texts.begin(), texts.end(), [&](const std::string &text) { return text.find(part) != std::string::npos; });
}

} // namespace

/// State dicts as trainers leave them.
class TestStateDicts : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const std::string &name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }
    std::filesystem::path written(const std::string &name, const std::string &bytes) const
    {
        writeAtomically(file(name), bytes);
        return file(name);
    }
    static QString failure(const std::function<void()> &work)
    {
        try {
            work();
        } catch (const Error &error) {
            return QString::fromUtf8(error.what());
        }
        return {};
    }
    std::vector<float> embedding(const std::filesystem::path &path, std::vector<std::string> *notices = nullptr, ModelSpec *given = nullptr) const
    {
        const ModelSpec spec = given != nullptr ? *given : describeFile(path);
        Progress progress;
        const std::vector<Picture> one{picture()};
        const std::vector<float> values = Network::load(spec, Device{})->run(one, progress);
        if (notices != nullptr)
            *notices = progress.notices();
        return values;
    }
    std::vector<float> plainEmbedding() const
    {
        writeSafetensors(file("plain.safetensors"), weights(), {});
        return embedding(file("plain.safetensors"));
    }

private Q_SLOTS:
    void wrappers_data()
    {
        QTest::addColumn<QStringList>("keys");
        QTest::addColumn<QString>("prefix");
        QTest::newRow("none") << QStringList() << QString();
        for (const char *key : {"state_dict", "model", "net", "network", "model_state_dict", "state_dict_backbone", "backbone", "ema", "model_ema", "params",
                                "weights", "anything at all"})
            QTest::newRow(key) << QStringList(QString::fromLatin1(key)) << QString();
        QTest::newRow("nested twice") << QStringList({QStringLiteral("checkpoint"), QStringLiteral("model")}) << QString();
        QTest::newRow("nested thrice") << QStringList({QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")}) << QStringLiteral("module.");
        for (const char *prefix : {"module.", "model.", "backbone.", "features.module.", "_orig_mod.", "encoder.", "module._orig_mod.backbone.", "net.0.",
                                   "module.model.encoder.backbone."})
            QTest::newRow(prefix) << QStringList(QStringLiteral("state_dict")) << QString::fromLatin1(prefix);
    }
    void wrappers()
    {
        QFETCH(QStringList, keys);
        QFETCH(QString, prefix);
        TorchFile made;
        std::string root = made.stateDict(weights(), prefix.toStdString());
        for (auto key = keys.rbegin(); key != keys.rend(); ++key)
            root = p::dict({{"epoch", p::number(3)}, {key->toStdString(), root}});
        const std::vector<float> wanted = plainEmbedding();
        for (const bool zip : {true, false}) {
            const auto path = written(zip ? "w.pth" : "w.pth.tar", zip ? made.zip(root) : made.old(root));
            QCOMPARE(describeFile(path).architecture, std::string(s_architecture));
            QCOMPARE(readCheckpointHeader(path).kind, std::string(zip ? "PyTorch" : "PyTorch before 1.6"));
            QVERIFY(embedding(path) == wanted);
        }
    }

    /// A wrapper that stands inside names, as torch.compile and FSDP leave it.
    void wrappersInsideNames()
    {
        TorchFile made;
        StateDict renamed;
        for (const auto &[name, tensor] : weights()) {
            const bool inner = name.starts_with("layer");
            renamed[inner ? name.substr(0, 7) + "_fsdp_wrapped_module." + name.substr(7) : name] = tensor;
        }
        const auto path = written("fsdp.pt", made.zip(made.stateDict(renamed, "_orig_mod.")));
        QVERIFY(embedding(path) == plainEmbedding());
    }

    void headsAreLeftOutWithANotice_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("prefix");
        QTest::newRow("MagFace") << QStringLiteral("fc.weight") << QStringLiteral("features.module.");
        QTest::newRow("ArcFace") << QStringLiteral("head.weight") << QStringLiteral("backbone.");
        QTest::newRow("fc7") << QStringLiteral("fc7.weight") << QString();
        QTest::newRow("kernel") << QStringLiteral("kernel") << QString();
        QTest::newRow("weight") << QStringLiteral("weight") << QString();
        QTest::newRow("quality") << QStringLiteral("qs.weight") << QString();
    }
    void headsAreLeftOutWithANotice()
    {
        QFETCH(QString, name);
        QFETCH(QString, prefix);
        TorchFile made;
        StateDict all;
        for (const auto &[key, tensor] : weights())
            all[prefix.toStdString() + key] = tensor;
        all[name.toStdString()] = at::ones({name == QStringLiteral("qs.weight") ? 1 : 128, name == QStringLiteral("qs.weight") ? 128 : 16});
        const auto path = written("head.pth", made.zip(p::dict({{"state_dict", made.stateDict(all)}})));
        std::vector<std::string> notices;
        QVERIFY(embedding(path, &notices) == plainEmbedding());
        QVERIFY(has(notices, name.toStdString() + " ["));
        QVERIFY(has(notices, "left out"));
    }

    /// CR-FIQA: a layer to one value on the embedding.
    void qualityHeadScores()
    {
        TorchFile made;
        StateDict all = weights();
        at::manual_seed(3);
        all["qs.weight"] = at::randn({1, 128});
        all["qs.bias"] = at::full({1}, 0.25F);
        const auto path = written("crfiqa.pth", made.zip(made.stateDict(all)));
        ModelSpec spec = describeFile(path);
        QVERIFY(useQualityHead(spec));
        QCOMPARE(spec.output, std::string("qs"));
        std::vector<std::string> notices;
        const std::vector<float> score = embedding(path, &notices, &spec);
        QVERIFY(has(notices, "'qs'") && !has(notices, "left out"));
        const std::vector<float> base = plainEmbedding();
        QCOMPARE(score.size(), std::size_t{1});
        double wanted = 0.25;
        for (std::size_t i = 0; i < base.size(); ++i)
            wanted += static_cast<double>(base[i]) * all["qs.weight"][0][static_cast<std::int64_t>(i)].item<double>();
        QVERIFY(std::abs(static_cast<double>(score[0]) - wanted) < 1e-4 * std::max(1.0, std::abs(wanted)));
        ModelSpec without = describeFile(file("plain.safetensors"));
        QVERIFY(!useQualityHead(without));
        // Of several the user says which.
        all["other.weight"] = at::randn({1, 128});
        const auto several = written("several.pth", made.zip(made.stateDict(all)));
        ModelSpec two = describeFile(several);
        const QString which = failure([&] { useQualityHead(two); });
        QVERIFY2(which.contains(QStringLiteral("other, qs")) && which.contains(QStringLiteral("--output")), qPrintable(which));
        wantedOutputs().set({"qs"});
        QVERIFY(useQualityHead(two));
        wantedOutputs().set({});
        QVERIFY(embedding(several, nullptr, &two) == score);
        spec.output = "nothing";
        QVERIFY(failure([&] { Network::load(spec, Device{}); }).contains(QStringLiteral("'nothing'")));
    }

    /// What changes the embedding must not be left out.
    void furtherLayersAreRefused()
    {
        for (const auto &[name, shape] : std::vector<std::pair<std::string, std::vector<std::int64_t>>>{
                 {"layer1.0.se.fc.weight", {2, 8}}, {"stn.conv.weight", {8, 3, 3, 3}}, {"layer5.0.conv1.weight", {48, 48, 3, 3}}}) {
            TorchFile made;
            StateDict all = weights();
            all[name] = at::zeros(shape);
            const auto path = written("further.pth", made.zip(made.stateDict(all)));
            const QString text = failure([&] { embedding(path); });
            QVERIFY2(text.contains(QStringLiteral("Unexpected: ") + QString::fromStdString(name)), qPrintable(text));
        }
    }

    void missingAndMisshapenAreNamed()
    {
        TorchFile made;
        StateDict all = weights();
        all.erase("layer2.1.conv2.weight");
        all["bn2.bias"] = at::zeros({47});
        const auto path = written("missing.pth", made.zip(p::dict({{"model", made.stateDict(all, "module.")}})));
        const QString text = failure([&] { embedding(path); });
        QVERIFY2(text.contains(QStringLiteral("Missing: layer2.1.conv2.weight")), qPrintable(text));
        QVERIFY2(text.contains(QStringLiteral("bn2.bias (is [47], should be [48])")), qPrintable(text));
    }

    /// All that trainers put beside the weights is passed over; nothing of it is imported or run.
    void objectsBesideTheWeights()
    {
        TorchFile made;
        const auto bytes = [](const std::string &text) { return p::call(p::global("_codecs", "encode"), {p::text(text), p::text("latin1")}); };
        const std::string f8 = p::call(p::global("numpy", "dtype"), {p::text("f8"), p::number(0), p::number(1)});
        const std::string momentum = p::dict({{"momentum_buffer", made.tensor(at::ones({48}))}});
        const std::string optimiser = p::dict({{"state", p::dictOf({{p::number(0), momentum}, {p::number(1), momentum}})},
                                               {"param_groups", p::list({p::dict({{"lr", std::string("G") + std::string(8, '\0')}})})}});
        const std::string array =
            p::call(p::global("numpy.core.multiarray", "_reconstruct"), {p::global("numpy", "ndarray"), p::tuple({p::number(0)}), bytes("b")})
            + p::tuple({p::number(1), p::tuple({p::number(1)}), f8, "\x89", bytes("12345678")}) + "b";
        const std::string root =
            p::dict({{"args", p::object(p::global("argparse", "Namespace"), p::dict({{"lr", p::number(1)}, {"out", p::text("x")}}))},
                     {"best", p::call(p::global("numpy.core.multiarray", "scalar"), {f8, bytes("12345678")})},
                     {"history", array},
                     {"counts", p::call(p::global("collections", "Counter"), {p::dict({{"a", p::number(1)}})})},
                     {"defaults", p::call(p::global("collections", "defaultdict"), {p::global("builtins", "list")}) + p::dict({{"a", p::list({})}}).substr(1)},
                     {"names", p::call(p::global("builtins", "set"), {p::list({p::text("a")})})},
                     {"raw",
                      std::string("C\x03"
                                  "abc")},
                     {"device", p::call(p::global("torch", "device"), {p::text("cuda"), p::number(0)})},
                     {"type", p::global("torch", "float32")},
                     {"size", p::call(p::global("torch", "Size"), {p::tuple({p::number(3)})})},
                     {"optimizer", optimiser},
                     {"config", p::object(p::global("somebody.project", "Config"), p::dict({{"deep", p::list({p::tuple({p::number(1)})})}}))},
                     {"network", made.stateDict(weights(), "module.")}});
        for (const bool zip : {true, false}) {
            const auto path = written("beside.pt", zip ? made.zip(root) : made.old(root));
            QVERIFY(embedding(path) == plainEmbedding());
            const Checkpoint header = readCheckpointHeader(path);
            QCOMPARE(header.chosen, std::string("network"));
            QVERIFY(has(header.skipped, "args (argparse.Namespace)"));
            QVERIFY(has(header.skipped, "config (somebody.project.Config)"));
            QVERIFY(has(header.skipped, "optimizer"));
        }
    }

    void namesThatRunCodeAreRefused()
    {
        for (const auto &[module, name] : {std::pair("os", "system"), std::pair("posix", "system"), std::pair("builtins", "eval"),
                                           std::pair("subprocess", "Popen"), std::pair("__builtin__", "exec")}) {
            TorchFile made;
            const std::string root =
                p::dict({{"state_dict", made.stateDict(weights())}, {"x", p::call(p::global(module, name), {p::text("touch /tmp/never")})}});
            const auto path = written("evil.pth", made.zip(root));
            const QString text = failure([&] { readCheckpoint(path); });
            QVERIFY2(text.contains(QString::fromLatin1(module) + u'.' + QString::fromLatin1(name)), qPrintable(text));
        }
    }

    void ofSeveralTheRuleChooses()
    {
        TorchFile made;
        const std::string ema = made.stateDict(weights(9));
        const std::string model = made.stateDict(weights());
        for (const auto &[average, own] : {std::pair("ema", "model"), std::pair("teacher", "student"), std::pair("model_ema", "state_dict")}) {
            const auto path = written("two.pth", made.zip(p::dict({{average, ema}, {own, model}})));
            std::vector<std::string> notices;
            QVERIFY(embedding(path, &notices) == plainEmbedding());
            QVERIFY(has(notices, std::string("'") + own + "' (") && has(notices, std::string("'") + average + "' ("));
        }
        StateDict flat;
        for (const auto &[name, tensor] : weights())
            flat["student." + name] = tensor;
        for (const auto &[name, tensor] : weights(9))
            flat["teacher." + name] = tensor;
        TorchFile both;
        const auto path = written("flat.pth", both.zip(both.stateDict(flat)));
        std::vector<std::string> notices;
        QVERIFY(embedding(path, &notices) == plainEmbedding());
        QVERIFY(has(notices, "'student.'"));
        // An optimiser's averages have the weights' names and shapes.
        const auto moments = written("moments.pth", made.zip(p::dict({{"optimizer", p::dict({{"exp_avg", ema}})}, {"net", model}})));
        QVERIFY(embedding(moments) == plainEmbedding());
    }

    /// What is asked for by name goes before the rule, whether it is a dictionary of the file or what stands before its names.
    void ofSeveralOneIsAskedFor()
    {
        const auto asking = [&](const std::string &name, const std::filesystem::path &path, std::vector<std::string> *notices = nullptr) {
            wantedWeights().set({name});
            std::vector<float> values;
            const QString problem = failure([&] { values = embedding(path, notices); });
            const std::vector<std::string> untaken = wantedWeights().untaken();
            wantedWeights().set({});
            return std::tuple(values, problem, untaken);
        };
        writeSafetensors(file("other.safetensors"), weights(9), {});
        const std::vector<float> other = embedding(file("other.safetensors"));
        TorchFile made;
        const std::string ema = p::dict({{"module", made.stateDict(weights(9))}});
        const auto dictionaries = written("asked.pth", made.zip(p::dict({{"model", made.stateDict(weights())}, {"ema", ema}})));
        StateDict flat;
        for (const auto &[name, tensor] : weights())
            flat["model." + name] = tensor;
        for (const auto &[name, tensor] : weights(9))
            flat["ema." + name] = tensor;
        writeSafetensors(file("asked.safetensors"), flat, {});
        for (const auto &path : {dictionaries, file("asked.safetensors")}) {
            std::vector<std::string> notices;
            QVERIFY(embedding(path, &notices) == plainEmbedding());
            QVERIFY(has(notices, "--weights ema"));
            const auto [values, problem, untaken] = asking("ema", path, &notices);
            QVERIFY2(problem.isEmpty(), qPrintable(problem));
            QVERIFY(values == other);
            QVERIFY(untaken.empty());
            QVERIFY(has(notices, "--weights model"));
            QVERIFY(std::get<1>(asking("missing", path)).contains(QStringLiteral("'missing'; it holds 'model"))
                    || std::get<1>(asking("missing", path)).contains(QStringLiteral("'missing'; it holds 'ema")));
            QCOMPARE(readWeightsReport(path).sets.size(), std::size_t{2});
        }
        // Where nothing is called so, what is called after it is meant: "ema" finds "model_ema", and no word that only has the letters in it.
        TorchFile after;
        const std::string average = p::dict({{"module", after.stateDict(weights(9))}});
        const std::string own = after.stateDict(weights());
        StateDict flatAfter;
        for (const auto &[name, tensor] : flat)
            flatAfter[name.starts_with("ema.") ? "model_" + name : name] = tensor;
        writeSafetensors(file("after.safetensors"), flatAfter, {});
        for (const auto &path : {written("after.pth", after.zip(p::dict({{"model", own}, {"model_ema", average}}))), file("after.safetensors")}) {
            const auto [values, problem, untaken] = asking("ema", path);
            QVERIFY2(problem.isEmpty(), qPrintable(problem));
            QVERIFY(values == other);
            QVERIFY(untaken.empty());
        }
        const auto exact = written("exact.pth", after.zip(p::dict({{"model_ema", own}, {"ema", average}})));
        QVERIFY(std::get<0>(asking("ema", exact)) == other);
        const auto letters = written("letters.pth", after.zip(p::dict({{"model", own}, {"schema", average}})));
        QVERIFY(std::get<1>(asking("ema", letters)).contains(QStringLiteral("holds no set of weights 'ema'")));
        // A file with one set has nothing to choose; that the name was nowhere is known at the end.
        QVERIFY(std::get<0>(asking("ema", file("plain.safetensors"))) == plainEmbedding());
        QVERIFY(std::get<2>(asking("ema", file("plain.safetensors"))) == std::vector<std::string>{"ema"});
        // The description beside a file says it, too.
        ModelSpec spec = describeFile(dictionaries);
        Json described = toJson(spec);
        described["weights_name"] = "ema";
        writeJson(sidecarOf(dictionaries), described);
        QVERIFY(embedding(dictionaries) == other);
        std::filesystem::remove(sidecarOf(dictionaries));
    }

    /// Averages by the names that trainers give them.
    void averagesOfContrastiveTraining()
    {
        for (const auto &[own, average] : {std::pair("encoder_q", "encoder_k"), std::pair("online", "target"), std::pair("base_encoder", "momentum_encoder"),
                                           std::pair("query", "key"), std::pair("student", "encoder_momentum")}) {
            StateDict flat;
            for (const auto &[name, tensor] : weights())
                flat[std::string(own) + "." + name] = tensor;
            for (const auto &[name, tensor] : weights(9))
                flat[std::string(average) + "." + name] = tensor;
            writeSafetensors(file("contrastive.safetensors"), flat, {});
            QVERIFY2(embedding(file("contrastive.safetensors")) == plainEmbedding(), own);
        }
        QCOMPARE(rankOfWay("optimizer.momentum"), 2);
        QCOMPARE(rankOfWay("momentum_buffer"), 2);
        QCOMPARE(rankOfWay("optimizer.momentum_model"), 2);
    }

    /// {0: state_dict}, as one file for several folds is.
    void keysThatAreNumbers()
    {
        TorchFile made;
        std::string numbered = "}K";
        numbered += std::string(1, '\0') + made.stateDict(weights()) + "s";
        const auto path = written("numbered.pth", made.zip(numbered));
        QVERIFY(embedding(path) == plainEmbedding());
    }

    /// A zip tool's archive: its entries are compressed.
    void compressedArchives()
    {
        TorchFile made;
        const std::string root = made.stateDict(weights());
        const std::string packed = made.zip(root, true);
        QVERIFY(packed != made.zip(root));
        const auto path = written("packed.pth", packed);
        QVERIFY(embedding(path) == plainEmbedding());
        QCOMPARE(readWeightsReport(path).tensors.size(), weights().size());
        const std::string cut = failure([&] { readCheckpoint(written("cut.pth", packed.substr(0, packed.size() / 2))); }).toStdString();
        QVERIFY(!cut.empty());
        std::string damaged = packed;
        for (std::size_t i = packed.size() / 4; i < packed.size() / 4 + 4000; ++i)
            damaged[i] = 'x';
        const QString text = failure([&] { readCheckpoint(written("damaged.pth", damaged)); });
        QVERIFY2(text.contains(QStringLiteral("damaged")), qPrintable(text));
    }

    void otherArchives()
    {
        const auto said = [&](const std::string &entry) { return failure([&] { readCheckpoint(written("other.zip", zipOf({{entry, "x"}}))); }); };
        QVERIFY(said("net/archive_format").contains(QStringLiteral("torch.export")));
        QVERIFY(said("folder/net.pth").contains(QStringLiteral("unpack it")));
        QVERIFY(said("readme.txt").contains(QStringLiteral("no PyTorch state dict")));
    }

    /// A network of weights that are no numbers gives embeddings of none.
    void weightsThatAreNoNumbers()
    {
        for (const double value : {std::nan(""), double(INFINITY)}) {
            StateDict broken = weights();
            broken["conv1.weight"].view(-1)[5] = value;
            writeSafetensors(file("broken.safetensors"), broken, {});
            const QString text = failure([&] { embedding(file("broken.safetensors")); });
            QVERIFY2(text.contains(QStringLiteral("not finite")) && text.contains(QStringLiteral("conv1.weight")), qPrintable(text));
        }
    }

    /// torch.save(model): the weights lie in the attributes of its modules.
    void aWholeNetworkGivesItsWeights()
    {
        TorchFile made;
        const auto module = [](const std::string &cls, const std::string &parameters, const std::string &modules) {
            return p::object(p::global("somebody.nets", cls),
                             p::dict({{"training", "\x89"}, {"_parameters", parameters}, {"_buffers", p::orderedDict({})}, {"_modules", modules}}));
        };
        const std::string inner =
            module("Linear", p::orderedDict({{"weight", made.tensor(at::ones({2, 3}))}, {"bias", made.tensor(at::zeros({2}))}}), p::orderedDict({}));
        const auto path = written("whole.pth", made.zip(module("Net", p::orderedDict({}), p::orderedDict({{"fc", inner}}))));
        const StateDict read = readStateDict(path);
        QCOMPARE(read.size(), std::size_t{2});
        QVERIFY(at::equal(read.at("fc.weight"), at::ones({2, 3})));
    }

    void sharedStoragesStrideAndOffset()
    {
        TorchFile made;
        std::string bytes;
        for (int i = 0; i < 24; ++i) {
            const float value = static_cast<float>(i);
            bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
        }
        const std::string key = made.addStorage("FloatStorage", bytes, 24);
        const std::string root = p::dict({{"all", made.view(key, {4, 6}, {6, 1})},
                                          {"turned", made.view(key, {6, 4}, {1, 6})},
                                          {"part", made.view(key, {2, 2}, {6, 2}, 7)},
                                          {"again", made.view(key, {24}, {1})}});
        for (const bool zip : {true, false}) {
            const StateDict read = readStateDict(written("views.pt", zip ? made.zip(root) : made.old(root)));
            const at::Tensor all = at::arange(24).reshape({4, 6}).to(at::kFloat);
            QVERIFY(at::equal(read.at("all"), all));
            QVERIFY(at::equal(read.at("turned"), all.t()));
            QVERIFY(at::equal(read.at("part"), at::tensor({7.F, 9.F, 13.F, 15.F}).reshape({2, 2})));
            QCOMPARE(read.at("again").storage().data(), read.at("all").storage().data()); // not copied
            QCOMPARE(read.at("turned").storage().data(), read.at("all").storage().data());
        }
    }

    void everyTypeAndWayToATensor()
    {
        for (const bool zip : {true, false}) {
            TorchFile made;
            StateDict tensors;
            for (const at::ScalarType type :
                 {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort, at::kChar, at::kByte, at::kBool})
                tensors[std::string("t") + c10::toString(type)] = at::arange(1, 4).to(type);
            const auto path = written("types.pt", zip ? made.zip(made.stateDict(tensors)) : made.old(made.stateDict(tensors)));
            const StateDict read = readStateDict(path);
            QCOMPARE(read.size(), tensors.size());
            for (const auto &[name, tensor] : tensors)
                QVERIFY2(read.at(name).scalar_type() == tensor.scalar_type() && at::equal(read.at(name), tensor), name.c_str());
        }
        TorchFile made;
        const std::string plain = made.tensor(at::ones({2}));
        std::string first = plain; // of PyTorch before 0.4: without gradient and hooks
        first.replace(first.find("_rebuild_tensor_v2"), 18, "_rebuild_tensor");
        const std::string parameter = p::call(p::global("torch._utils", "_rebuild_parameter"), {plain, "\x88", p::orderedDict({})});
        const StateDict read = readStateDict(written("ways.pt", made.zip(p::dict({{"first", first}, {"parameter", parameter}}))));
        QVERIFY(at::equal(read.at("first"), at::ones({2})) && at::equal(read.at("parameter"), at::ones({2})));
    }

    void unknownNetworksAreDescribed()
    {
        TorchFile made;
        StateDict all = weights();
        all["fc.weight"] = at::zeros({128, 1024});
        const auto path = written("unknown.pth", made.zip(made.stateDict(all, "module.")));
        const QString text = failure([&] { describeFile(path); });
        QVERIFY2(text.contains(QStringLiteral("module.bn1.bias [8]")), qPrintable(text));
        QVERIFY2(text.contains(QStringLiteral("iresnet18cd")) && text.contains(QStringLiteral("fc.weight is [128, 1024], not [128, 2352]")), qPrintable(text));
        TorchFile other;
        const auto strange = written("strange.pth", other.zip(other.stateDict({{"a", at::zeros({3})}})));
        QVERIFY(failure([&] { describeFile(strange); }).contains(QStringLiteral("a [3]")));
        const auto none = written("none.pth", other.zip(p::dict({{"epoch", p::number(1)}})));
        QVERIFY(failure([&] { describeFile(none); }).contains(QStringLiteral("epoch")));
    }

    /// One reason everywhere.
    void theSameReasonForAModelAndForInfo()
    {
        TorchFile made;
        const std::string good = made.old(made.stateDict(weights()));
        const auto path = written("cut.pth", good.substr(0, good.size() / 2));
        const QString asModel = failure([&] { describeFile(path); });
        QVERIFY(!asModel.isEmpty());
        QCOMPARE(asModel, failure([&] { readCheckpointHeader(path); }));
        QCOMPARE(asModel, failure([&] { ModelStore().find(path.string(), Role::Base); }));
    }

    void hostileFiles_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("part");
        const auto zip = [](const std::string &pickle) { return QByteArray::fromStdString(zipOf({{"a/data.pkl", pickle}})); };
        const std::size_t deep = 300'000;
        QTest::newRow("nested tuples") << zip("\x80\x02)" + std::string(deep, '\x85') + ".") << QStringLiteral("no tensors");
        QTest::newRow("nested lists") << zip("\x80\x02" + std::string(deep, ']') + std::string(deep - 1, 'a') + ".") << QStringLiteral("no tensors");
        std::string dicts = "\x80\x02";
        for (int i = 0; i < 50'000; ++i)
            dicts += "}" + p::text("k");
        dicts += "N" + std::string(50'000, 's') + ".";
        QTest::newRow("nested dictionaries") << zip(dicts) << QStringLiteral("no tensors");
        QTest::newRow("a ring") << zip("\x80\x02}q\x01" + p::text("k") + "h\x01s.") << QStringLiteral("no tensors");
        QTest::newRow("very many lists") << zip("\x80\x02" + std::string(4'000'000, ']') + ".") << QStringLiteral("far more memory");
        QTest::newRow("very many marks") << zip("\x80\x02" + std::string(8'000'000, '(') + ".") << QString();
        QTest::newRow("doubled by DUP") << zip("\x80\x02N" + std::string(8'000'000, '2') + ".") << QString();
        QTest::newRow("far references") << zip("\x80\x02N" + std::string("r\xff\xff\xff\x7fj\xfe\xff\xff\x7f.", 11)) << QStringLiteral("unknown reference");
        QTest::newRow("long text") << zip(std::string("\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", 11)) << QStringLiteral("cut off");
        QTest::newRow("long bytes") << zip(std::string("\x80\x02\x8e\0\0\0\0\0\0\0\x40.", 12)) << QStringLiteral("cut off");
        QTest::newRow("long number") << zip(std::string("\x80\x02\x8b\xff\xff\xff\x7f.", 8)) << QStringLiteral("cut off");
        QTest::newRow("extension") << zip("\x80\x02\x82\x01.") << QStringLiteral("0x82");
        TorchFile small;
        const std::string key = small.addStorage("FloatStorage", std::string(16, 'x'), std::int64_t{1} << 40);
        QTest::newRow("storage larger than the file") << QByteArray::fromStdString(
            small.zip(p::dict({{"w", small.view(key, {1 << 20, 1 << 10}, {1 << 10, 1})}})))
                                                      << QStringLiteral("beyond");
        QTest::newRow("old, larger than the file") << QByteArray::fromStdString(small.old(p::dict({{"w", small.view(key, {4}, {1})}})))
                                                   << QStringLiteral("cut off");
        QTest::newRow("repeated value") << QByteArray::fromStdString(small.zip(p::dict({{"w", small.view(key, {1 << 30}, {0})}}))) << QStringLiteral("beyond");
        // Two entries whose bytes are the same: the second's place in the directory is the first's.
        std::string twice = zipOf({{"a/data.pkl", "x"}, {"a/data/0", "y"}});
        const std::size_t second = twice.find("PK\1\2", twice.find("PK\1\2") + 1);
        for (int i = 0; i < 4; ++i)
            twice[second + 42 + static_cast<std::size_t>(i)] = '\0';
        QTest::newRow("overlap") << QByteArray::fromStdString(twice) << QStringLiteral("overlap");
    }
    void hostileFiles()
    {
        QFETCH(QByteArray, content);
        QFETCH(QString, part);
        const auto path = written("hostile.pth", content.toStdString());
        const QString text = failure([&] { readCheckpoint(path); });
        QVERIFY(!text.isEmpty());
        QVERIFY2(text.contains(part), qPrintable(text));
        const std::string bytes = content.toStdString();
        QVERIFY(!failure([&] { parseCheckpoint(std::span(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()), "bytes"); }).isEmpty());
    }

    /// Every byte of an old file changed, every length: an answer or an error of ours.
    void oldFilesSurviveFlippedBytes()
    {
        TorchFile made;
        const std::string good = made.old(p::dict({{"w", made.tensor(at::arange(6).to(at::kFloat))}}));
        int errors = 0;
        const auto reads = [](const std::string &bytes) {
            return failure([&] { parseCheckpoint(std::span(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()), "bytes"); }).isEmpty();
        };
        QVERIFY(reads(good));
        for (std::size_t i = 0; i < good.size(); ++i)
            for (const int bit : {0, 3, 7}) {
                std::string bad = good;
                bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
                errors += reads(bad) ? 0 : 1;
            }
        for (std::size_t length = 0; length < good.size(); ++length)
            QVERIFY(!reads(good.substr(0, length)));
        QVERIFY(errors > 200);
    }

    /// 40,000 names, and as many empty tensors.
    void manyKeys()
    {
        const std::string empty = Json{{"dtype", "F32"}, {"shape", {0}}, {"data_offsets", {0, 0}}}.dump();
        std::string header = "{";
        for (int i = 0; i < 40000; ++i)
            header += (i > 0 ? "," : "") + Json("k" + std::to_string(i)).dump() + ":" + empty;
        header += "}";
        std::string length;
        for (int shift = 0; shift < 64; shift += 8)
            length += static_cast<char>(static_cast<std::uint64_t>(header.size()) >> shift);
        const auto path = written("many.safetensors", length + header);
        QCOMPARE(readStateDict(path).size(), std::size_t{40000});
        QVERIFY(!recogniseArchitecture(readWeightsInfo(path)));
    }

    /// The hash is of what runs: a file that changes gives another network, with its own hash.
    void aChangedFileIsLoadedAnew()
    {
        writeSafetensors(file("changes.safetensors"), weights(), {});
        const ModelSpec spec = describeFile(file("changes.safetensors"));
        const auto before = Network::load(spec, Device{});
        const auto same = Network::load(spec, Device{});
        QCOMPARE(before->hash(), same->hash());
        writeSafetensors(file("changes.safetensors"), weights(9), {});
        const auto after = Network::load(spec, Device{});
        QVERIFY(after->hash() != before->hash());
        Progress progress;
        const std::vector<Picture> one{picture()};
        QVERIFY(before->run(one, progress) == same->run(one, progress));
        QVERIFY(after->run(one, progress) != before->run(one, progress));
    }

    void descriptionsThatCannotBe_data()
    {
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QByteArray>("value");
        QTest::newRow("output") << QByteArray("output") << QByteArray("-5");
        QTest::newRow("large output") << QByteArray("output") << QByteArray("1e30");
        QTest::newRow("other output") << QByteArray("output") << QByteArray("512");
        QTest::newRow("width") << QByteArray("input") << QByteArray(R"({"width":1e30,"height":112,"colour":"rgb","mean":[0,0,0],"scale":[1,1,1]})");
        QTest::newRow("another size") << QByteArray("input") << QByteArray(R"({"width":160,"height":160,"colour":"rgb","mean":[0,0,0],"scale":[1,1,1]})");
        QTest::newRow("no size") << QByteArray("input") << QByteArray(R"({"width":0,"height":0,"colour":"rgb","mean":[0,0,0],"scale":[1,1,1]})");
        QTest::newRow("mean") << QByteArray("input") << QByteArray(R"({"width":112,"height":112,"colour":"rgb","mean":[0,0],"scale":[1,1,1]})");
        QTest::newRow("scale") << QByteArray("input") << QByteArray(R"({"width":112,"height":112,"colour":"rgb","mean":[0,0,0],"scale":[1,1e39,1]})");
    }
    void descriptionsThatCannotBe()
    {
        QFETCH(QByteArray, field);
        QFETCH(QByteArray, value);
        writeSafetensors(file("d.safetensors"), weights(), {});
        Json entry = toJson(usualSpec(s_architecture));
        entry["name"] = "d";
        entry[field.toStdString()] = Json::parse(value.toStdString());
        writeJson(sidecarOf(file("d.safetensors")), entry);
        const QString text = failure([&] { embedding(file("d.safetensors")); });
        QVERIFY2(text.contains(QStringLiteral("d.safetensors")) && !text.contains(QStringLiteral("vector")) && !text.contains(QStringLiteral("json.exception")),
                 qPrintable(text));
        std::filesystem::remove(sidecarOf(file("d.safetensors")));
    }
};

DSCOPE_TEST(TestStateDicts)
#include "tst_statedicts.moc"
