// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/nets/checkpoint.h"
#include "core/nets/ddnet.h"
#include "core/nets/network.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

using namespace dscope;

namespace {

ModelSpec spec(const std::string &name, Role role)
{
    ModelSpec made;
    made.name = name;
    made.role = role;
    made.architecture = role == Role::DdNet ? "ddnet" : role == Role::Base ? "compact" : "retinaface";
    made.file = name + ".safetensors";
    made.outputSize = role == Role::DdNet ? 1 : 128;
    made.base = role == Role::DdNet ? "some-base" : "";
    made.mu = 1.5;
    made.sigma = 0.7;
    return made;
}

} // namespace

class TestModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void jsonRoundTrip()
    {
        ModelSpec made = spec("a", Role::DdNet);
        made.rgb = false;
        made.mean = {1, 2, 3};
        made.inputWidth = 96;
        made.rule = "ddl+:middle=0.35";
        made.second = "a.second.safetensors";
        made.impostorCosine = 0.836;
        const ModelSpec read = modelFromJson(toJson(made));
        QCOMPARE(read.name, made.name);
        QVERIFY(read.role == Role::DdNet);
        QCOMPARE(read.base, made.base);
        QCOMPARE(read.mu, made.mu);
        QCOMPARE(read.sigma, made.sigma);
        QVERIFY(!read.rgb);
        QVERIFY(read.mean == made.mean);
        QCOMPARE(read.inputWidth, 96);
        QCOMPARE(read.rule, made.rule);
        QCOMPARE(read.second, made.second);
        QCOMPARE(read.impostorCosine, made.impostorCosine);
    }

    void badEntriesNameTheField()
    {
        const auto complaint = [](const Json &entry) {
            try {
                modelFromJson(entry);
            } catch (const Error &error) {
                return QString::fromUtf8(error.what());
            }
            return QString();
        };
        Json entry = toJson(spec("a", Role::Base));
        entry.erase("architecture");
        QVERIFY(complaint(entry).contains(QStringLiteral("'a' lacks a valid 'architecture'")));
        entry = toJson(spec("a", Role::Base));
        entry["input"]["mean"] = {1, 2};
        QVERIFY(complaint(entry).contains(QStringLiteral("mean")));
        entry = toJson(spec("a", Role::Base));
        entry["role"] = "chef";
        QVERIFY(complaint(entry).contains(QStringLiteral("chef")));
        entry = toJson(spec("a", Role::DdNet));
        entry["target"]["sigma"] = 0;
        QVERIFY(complaint(entry).contains(QStringLiteral("sigma")));
        QVERIFY(!complaint(Json(7)).isEmpty());
    }

    void searchPathAndMissingModels()
    {
        QTemporaryDir dir;
        const std::filesystem::path first = dir.path().toStdString() + "/first";
        const std::filesystem::path second = dir.path().toStdString() + "/second";
        writeJson(first / "manifest.json", {{"models", {toJson(spec("shared", Role::Base)), toJson(spec("absent", Role::Base))}}});
        ModelSpec later = spec("shared", Role::Base);
        later.licence = "other";
        writeJson(second / "manifest.json", {{"models", {toJson(later)}}});
        writeAtomically(second / "shared.safetensors", "not read here");
        const ModelStore store({first, second});
        const ModelSpec found = store.find("shared", Role::Base);
        QVERIFY2(found.licence.empty(), "the first manifest wins");
        QCOMPARE(found.path, std::filesystem::weakly_canonical(second / "shared.safetensors"));
        for (const char *name : {"absent", "nowhere"})
            try {
                store.find(name, Role::Base);
                QFAIL("nothing was thrown");
            } catch (const Error &error) {
                const QString text = QString::fromUtf8(error.what());
                QVERIFY2(text.contains(QString::fromStdString(first.string())) && text.contains(QString::fromStdString(second.string())), qPrintable(text));
            }
    }

    void brokenManifestIsToldNotFatal()
    {
        QTemporaryDir dir;
        const std::filesystem::path folder = dir.path().toStdString();
        writeAtomically(folder / "manifest.json", "{\n \"models\": [\n oops ]}");
        const ModelStore store({folder});
        QVERIFY(!store.problems().empty());
        QVERIFY(QString::fromStdString(store.problems().front()).contains(QStringLiteral("manifest.json:3")));
    }

    /// What is wrong with a manifest is named by the entry's number, a name that is there twice is said, and so is where a number is too large.
    void manifestsAreRefusedByEntry()
    {
        QTemporaryDir dir;
        const std::filesystem::path folder = dir.path().toStdString();
        const auto problem = [&](const std::string &text) {
            writeAtomically(folder / "manifest.json", text);
            const ModelStore store({folder});
            return store.problems().empty() ? std::string() : store.problems().front();
        };
        const std::string entry = toJson(spec("one", Role::Base)).dump();
        const std::string file = (std::filesystem::weakly_canonical(folder) / "manifest.json").string();
        QCOMPARE(problem("{\"models\": [" + entry + "]}"), std::string());
        QCOMPARE(problem("{\"models\": [" + entry + ", \"two\"]}"), file + ": entry 2 of 'models' is no JSON object.");
        QCOMPARE(problem("{\"models\": [" + entry + ", " + entry + "]}"), file + ": two entries are called 'one'; the second, entry 2, is not used.");
        QCOMPARE(problem("{\"models\": [\n {\"mu\":\n 1e999}]}"), file + ":3: cannot be read as JSON: a number is beyond what a double holds.");
    }

    /// certutil and PowerShell write digests with capitals.
    void digestsHaveNoCase()
    {
        QTemporaryDir dir;
        const std::filesystem::path folder = dir.path().toStdString();
        DdNet net;
        writeSafetensors(folder / "n.safetensors", stateDict(net), {});
        ModelSpec made = spec("n", Role::DdNet);
        Json entry = toJson(made);
        std::string digest = sha256File(folder / "n.safetensors");
        std::transform(digest.begin(), digest.end(), digest.begin(), [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
        entry["sha256"] = digest;
        writeJson(folder / "manifest.json", {{"models", {entry}}});
        QVERIFY(Network::load(ModelStore({folder}).find("n", Role::DdNet), {}) != nullptr);
        digest.front() = digest.front() == '0' ? '1' : '0';
        entry["sha256"] = digest;
        writeJson(folder / "manifest.json", {{"models", {entry}}});
        QVERIFY_THROWS_EXCEPTION(FileError, Network::load(ModelStore({folder}).find("n", Role::DdNet), {}));
    }

    /// What training wrote into a folder is found there without a manifest, by its own description.
    void aFolderOfDescribedWeights()
    {
        QTemporaryDir dir;
        const std::filesystem::path folder = dir.path().toStdString();
        DdNet net;
        writeSafetensors(folder / "mine.safetensors", stateDict(net), {{"dscope.model", toJson(spec("mine", Role::DdNet)).dump()}});
        writeSafetensors(folder / "bare", stateDict(net), {{"dscope.model", toJson(spec("second", Role::DdNet)).dump()}});
        writeSafetensors(folder / "features.safetensors", {{"features", at::zeros({2, 2})}}, {});
        writeAtomically(folder / "notes", "no weights");
        const ModelStore store({folder});
        QVERIFY2(store.problems().empty(), store.problems().empty() ? "" : store.problems().front().c_str());
        QCOMPARE(store.find("mine", Role::DdNet).path, folder / "mine.safetensors");
        QCOMPARE(store.best(Role::DdNet, "some-base").name, std::string("second")); // "bare" comes first
        QVERIFY(Network::load(store.find("second", Role::DdNet), {}) != nullptr);
        // With a manifest that one says what there is.
        writeJson(folder / "manifest.json", {{"models", Json::array()}});
        QVERIFY_THROWS_EXCEPTION(Error, ModelStore({folder}).find("mine", Role::DdNet));
    }

    void aFileDescribesItself()
    {
        QTemporaryDir dir;
        const std::filesystem::path path = dir.path().toStdString() + "/mine.safetensors";
        DdNet net;
        writeSafetensors(path, stateDict(net), {{"dscope.model", toJson(spec("mine", Role::DdNet)).dump()}});
        const ModelStore store;
        const ModelSpec found = store.find(path.string(), Role::DdNet);
        QCOMPARE(found.mu, 1.5);
        QVERIFY_THROWS_EXCEPTION(FileError, store.find(path.string(), Role::Base));

        const auto network = Network::load(found, {});
        QCOMPARE(network->hash(), sha256File(path));
        std::vector<Picture> faces(5, Picture(112, 112));
        faces[3].rgb.assign(faces[3].rgb.size(), 255);
        Progress progress;
        const std::vector<float> together = network->run(faces, progress, 4);
        QCOMPARE(together.size(), std::size_t{5});
        for (std::size_t i = 0; i < faces.size(); ++i) {
            const std::vector<float> alone = network->run({&faces[i], 1}, progress, 1);
            QVERIFY(std::abs(alone[0] - together[i]) < 1e-5F);
            QVERIFY(alone[0] > 0 && alone[0] < 1);
        }
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, network->run(faces, progress, 1));

        ModelSpec other = found;
        other.sha256 = std::string(64, '0');
        QVERIFY_THROWS_EXCEPTION(FileError, Network::load(other, {}));
    }

    void shippedManifestIsSound()
    {
        const ModelStore store({dscope::test::sourceDir() / "models"});
        QVERIFY2(store.problems().empty(), store.problems().empty() ? "" : store.problems().front().c_str());
        for (const ModelSpec &model : store.models())
            if (model.available() && !model.sha256.empty())
                QCOMPARE(sha256File(model.path), model.sha256);
    }
};

DSCOPE_TEST(TestModel)
#include "tst_model.moc"
