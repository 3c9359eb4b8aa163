#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/nets/checkpoint.h"
#include "core/nets/ddnet.h"
#include "core/nets/network.h"

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
        const ModelSpec read = modelFromJson(toJson(made));
        QCOMPARE(read.name, made.name);
        QVERIFY(read.role == Role::DdNet);
        QCOMPARE(read.base, made.base);
        QCOMPARE(read.mu, made.mu);
        QCOMPARE(read.sigma, made.sigma);
        QVERIFY(!read.rgb);
        QVERIFY(read.mean == made.mean);
        QCOMPARE(read.inputWidth, 96);
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
        Task task;
        const std::vector<float> together = network->run(faces, task, 4);
        QCOMPARE(together.size(), std::size_t{5});
        for (std::size_t i = 0; i < faces.size(); ++i) {
            const std::vector<float> alone = network->run({&faces[i], 1}, task, 1);
            QVERIFY(std::abs(alone[0] - together[i]) < 1e-5F);
            QVERIFY(alone[0] > 0 && alone[0] < 1);
        }
        task.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, network->run(faces, task, 1));

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
