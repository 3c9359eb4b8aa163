// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/ablation.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/nets/architectures.h"
#include "core/scores/labeler.h"
#include "core/training/basetrainer.h"
#include "core/training/ddnettrainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t s_mostVariants = 10'000;

AblationBase baseOf(const JsonFields &variant)
{
    AblationBase base;
    if (variant.at("base").is_string()) {
        base.model = variant.text("base");
        return base;
    }
    const JsonFields fields = variant.object("base");
    fields.allowOnly({"architecture", "epochs", "learning_rate", "loss", "margin", "name", "scale"});
    base.trained = true;
    base.architecture = fields.text("architecture", "compact");
    base.loss = fields.text("loss", "arcface");
    try {
        lossNamed(base.loss);
    } catch (const UsageError &error) {
        fields.refuse("loss", error.what());
    }
    const std::vector<std::string> known = baseArchitectures();
    if (std::find(known.begin(), known.end(), base.architecture) == known.end())
        fields.refuse("architecture", "'" + base.architecture + "' is no architecture of a base network.");
    base.epochs = static_cast<int>(fields.whole("epochs", 1, 100'000, base.epochs));
    base.learningRate = fields.number("learning_rate", 1e-8, 100, base.learningRate);
    base.margin = fields.number("margin", -1, 100, base.margin);
    base.scale = fields.number("scale", 1, 1000, base.scale);
    base.model = fields.text("name", base.architecture + ", " + base.loss);
    return base;
}

AblationVariant variantOf(const JsonFields &fields)
{
    fields.allowOnly({"architecture", "base", "degraded", "people"});
    AblationVariant variant;
    variant.architecture = fields.text("architecture", variant.architecture);
    const std::vector<std::string> &known = faceNetArchitectures();
    if (std::find(known.begin(), known.end(), variant.architecture) == known.end() || usualSpec(variant.architecture).role != Role::DdNet)
        fields.refuse("architecture", "'" + variant.architecture + "' is no architecture of a DDNet.");
    variant.base = baseOf(fields);
    variant.degraded = fields.number("degraded", 0, 1, variant.degraded);
    variant.people = fields.number("people", 0.001, 1, variant.people);
    return variant;
}

/// All combinations of the factors; the last one named varies fastest.
void multiplyOut(const JsonFields &grid, const fs::path &file, std::vector<AblationVariant> &variants)
{
    std::vector<Json> rows{Json::object()};
    for (const auto &[name, values] : grid.json().items()) {
        if (!values.is_array() || values.empty())
            grid.wrong(name, "a list of values");
        if (values.size() > s_mostVariants / rows.size())
            throw FileError(file, "'grid' gives more than 10,000 variants.");
        std::vector<Json> next;
        for (const Json &row : rows)
            for (const Json &value : values) {
                next.push_back(row);
                next.back()[name] = value;
            }
        rows = std::move(next);
    }
    for (const Json &row : rows)
        variants.push_back(variantOf(JsonFields(row, file, "grid")));
}

/// The people that teach: the first so many of them in an order that the seed gives.
FaceList someOf(const FaceList &faces, double share, std::uint64_t seed)
{
    std::vector<std::size_t> order(faces.people.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    Random random(seed, 0xab1a);
    random.shuffle(order);
    order.resize(std::max<std::size_t>(2, static_cast<std::size_t>(std::ceil(share * static_cast<double>(order.size())))));
    std::sort(order.begin(), order.end());
    std::map<std::int32_t, std::int32_t> places;
    FaceList some;
    some.root = faces.root;
    for (const std::size_t person : order) {
        places[static_cast<std::int32_t>(person)] = static_cast<std::int32_t>(some.people.size());
        some.people.push_back(faces.people[person]);
    }
    for (std::size_t i = 0; i < faces.size(); ++i) {
        const auto found = places.find(faces.labels[i]);
        if (found != places.end()) {
            some.files.push_back(faces.files[i]);
            some.labels.push_back(found->second);
        }
    }
    return some;
}

std::string listHash(const FaceList &faces)
{
    Sha256 hash;
    for (std::size_t i = 0; i < faces.size(); ++i)
        hash.add(faces.files[i] + '\n' + faces.people[static_cast<std::size_t>(faces.labels[i])] + '\n');
    return hash.hex();
}

std::string shortId(const Json &definition)
{
    return sha256(definition.dump()).substr(0, 16);
}

Json toJson(const TemplateRow &row)
{
    return {{"pictures", row.pictures}, {"degraded", row.degraded}, {"method", row.method},          {"far", row.far},
            {"tar", row.tar},           {"low", row.interval.low},  {"high", row.interval.high},     {"realised_far", row.realisedFar},
            {"genuine", row.genuine},   {"impostor", row.impostor}, {"correlation", row.correlation}};
}

/// What a variant's work goes through, with its files.
class Study {
public:
    Study(const Ablation &ablation, const std::vector<fs::path> &models, fs::path work, Progress &progress)
        : m_ablation(ablation), m_store(models), m_work(std::move(work)), m_task(progress), m_train(readFaceList(ablation.faces, ablation.train, progress)),
          m_test(readFaceList(ablation.faces, ablation.test, progress)), m_trainHash(listHash(m_train))
    {
        readFaces(m_test, progress); // takes out those that cannot be read
        m_testHash = listHash(m_test);
    }

    const FaceList &train() const { return m_train; }
    const FaceList &test() const { return m_test; }

    /// The result, from before or made now.
    Json result(const AblationVariant &variant)
    {
        const ModelSpec base = baseModel(variant.base);
        Json definition = settings();
        definition["base"] = sha256File(base.path);
        definition["architecture"] = variant.architecture;
        definition["degraded"] = variant.degraded;
        definition["people"] = variant.people;
        definition["test"] = m_testHash;
        const TemplateStudy &study = m_ablation.study;
        definition["study"] = {{"draws", study.draws},
                               {"degraded_share", study.degradedShare},
                               {"threshold", study.threshold},
                               {"resamples", study.resamples},
                               {"seed", study.seed},
                               {"sizes", study.sizes},
                               {"fars", study.fars},
                               {"versions", study.versions},
                               {"most", study.templatesPerPerson}};
        const fs::path file = m_work / ("result-" + shortId(definition) + ".json");
        std::error_code ignored;
        if (fs::exists(file, ignored)) {
            const Json before = readJson(file);
            if (before.is_object() && before.contains("definition") && before.at("definition") == definition && before.contains("rows")
                && before["rows"].is_array())
                return before;
        }
        const auto begin = std::chrono::steady_clock::now();
        needFaces(base, "An ablation");
        const auto network = Network::load(base, m_ablation.loop.device);
        const Targets targets = targetsOf(variant, *network);
        const fs::path weights = ddnetOf(variant, targets);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        const auto ddnet = Network::load(m_store.find(weights.string(), Role::DdNet), m_ablation.loop.device);
        const auto [studied, fresh] = m_studied.try_emplace(network->hash());
        if (fresh) {
            try {
                studied->second = studyBase(*network, m_test, m_ablation.study, m_task);
            } catch (...) {
                m_studied.erase(studied);
                throw;
            }
        }
        const std::vector<TemplateRow> rows = templateStudy(studied->second, *ddnet, m_test, m_ablation.study, m_task);
        Json made{{"schema", "dscope.ablation.result/1"}, {"definition", definition}, {"seconds", seconds}, {"rows", Json::array()}};
        for (const TemplateRow &row : rows)
            made["rows"].push_back(toJson(row));
        writeJson(file, made);
        return made;
    }

private:
    /// What every variant's training depends on.
    Json settings() const
    {
        const TrainOptions &loop = m_ablation.loop;
        return {{"train", m_trainHash},
                {"epochs", loop.epochs},
                {"batch", loop.batch},
                {"learning_rate", loop.learningRate},
                {"optimiser", optimiserName(loop.optimiser)},
                {"precision", precisionName(loop.precision)},
                {"seed", loop.seed},
                {"copies", m_ablation.copies}};
    }

    ModelSpec baseModel(const AblationBase &base)
    {
        if (!base.trained)
            return m_store.find(base.model, Role::Base);
        const Json definition{{"train", m_trainHash},  {"architecture", base.architecture}, {"loss", base.loss},
                              {"epochs", base.epochs}, {"rate", base.learningRate},         {"margin", base.margin},
                              {"scale", base.scale},   {"batch", m_ablation.loop.batch},    {"seed", m_ablation.loop.seed}};
        const fs::path out = m_work / ("base-" + shortId(definition) + ".safetensors");
        std::error_code ignored;
        if (!fs::exists(out, ignored)) {
            BaseTraining training;
            training.name = base.model;
            training.architecture = base.architecture;
            training.loss.kind = lossNamed(base.loss);
            training.loss.margin = base.margin;
            training.loss.scale = base.scale;
            training.loop.epochs = base.epochs;
            training.loop.learningRate = base.learningRate;
            training.loop.batch = m_ablation.loop.batch;
            training.loop.seed = m_ablation.loop.seed;
            training.loop.device = m_ablation.loop.device;
            training.loop.resume = true;
            m_task.stage("Training the base " + base.model);
            trainBase(m_train, training, out, m_task);
        }
        return m_store.find(out.string(), Role::Base);
    }

    Json targetsDefinition(const AblationVariant &variant, const std::string &baseHash) const
    {
        return {{"train", m_trainHash},        {"base", baseHash}, {"degraded", variant.degraded}, {"people", variant.people}, {"copies", m_ablation.copies},
                {"seed", m_ablation.loop.seed}};
    }

    Targets targetsOf(const AblationVariant &variant, Network &base)
    {
        const std::string id = shortId(targetsDefinition(variant, base.hash()));
        const fs::path file = m_work / ("targets-" + id + ".targets");
        std::error_code ignored;
        if (fs::exists(file, ignored))
            return readTargets(file);
        LabelOptions options;
        options.copies = m_ablation.copies;
        options.degradedShare = variant.degraded;
        options.seed = m_ablation.loop.seed;
        const fs::path work = m_work / ("labelling-" + id);
        const Targets targets = labelFaces(someOf(m_train, variant.people, m_ablation.loop.seed), base, options, base.device(), work, m_task);
        writeTargets(file, targets);
        fs::remove_all(work, ignored);
        return targets;
    }

    fs::path ddnetOf(const AblationVariant &variant, const Targets &targets)
    {
        Json definition = settings();
        definition["targets"] = targetsDefinition(variant, targets.baseHash);
        definition["architecture"] = variant.architecture;
        const fs::path out = m_work / ("ddnet-" + shortId(definition) + ".safetensors");
        std::error_code ignored;
        if (fs::exists(out, ignored))
            return out;
        DdNetTraining training;
        training.loop = m_ablation.loop;
        training.loop.resume = true;
        training.name = "ddnet-" + shortId(definition);
        training.architecture = variant.architecture;
        m_task.stage("Teaching " + describe(variant));
        trainDdNet(targets, training, out, m_task);
        return out;
    }

    const Ablation &m_ablation;
    ModelStore m_store;
    fs::path m_work;
    Progress &m_task;
    std::map<std::string, StudiedBase> m_studied; // by the base's hash
    FaceList m_train;
    FaceList m_test;
    std::string m_trainHash;
    std::string m_testHash;
};

std::string format(const char *pattern, double a, double b = 0, double c = 0)
{
    return printed(pattern, a, b, c);
}

/// A number of a kept result; what is not there, or no number, is NaN.
double numberOf(const Json &row, const char *field)
{
    const auto found = row.is_object() ? row.find(field) : row.end();
    return row.is_object() && found != row.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// The rows of a kept result for templates of degraded pictures of one size at one FAR, by method.
std::map<std::string, Json> rowsOf(const Json &result, std::int64_t size, double far)
{
    std::map<std::string, Json> of;
    for (const Json &row : result.at("rows")) {
        const bool text = row.is_object() && row.contains("method") && row["method"].is_string();
        if (text && row.contains("degraded") && row["degraded"] == true && numberOf(row, "pictures") == static_cast<double>(size)
            && numberOf(row, "far") == far)
            of[row["method"].get<std::string>()] = row;
    }
    return of;
}

/// The table: for every FAR a section, in it a row a variant.
std::string tableOf(const Ablation &ablation, const Study &study, const std::vector<Json> &results, const std::vector<std::string> &problems)
{
    const TemplateStudy &options = ablation.study;
    std::string out = "Made by `dscope ablate`. Training: " + std::to_string(study.train().size()) + " pictures of "
        + std::to_string(study.train().people.size()) + " people, " + std::to_string(ablation.copies) + " copies each; every DDNet "
        + std::to_string(ablation.loop.epochs) + " epochs, batch " + std::to_string(ablation.loop.batch) + ", rate " + format("%g", ablation.loop.learningRate)
        + ", " + precisionName(ablation.loop.precision) + ", " + ablation.loop.device.name() + ", seed " + std::to_string(ablation.loop.seed)
        + ". Test: " + std::to_string(study.test().size()) + " pictures of " + std::to_string(study.test().people.size())
        + " people, none of them trained on; templates of degraded pictures (" + format("%g", 100 * options.degradedShare)
        + " % of them degraded), all with all by cosine, strict rule, t = " + format("%g", options.threshold) + ", " + std::to_string(options.draws)
        + " draws, 95 % intervals from " + std::to_string(options.resamples)
        + " by-person bootstrap resamples. Correlation: Spearman, predicted and true D-score over all versions of the test pictures. Gap: share of the way "
          "from average "
          "to oracle (DDL with the true D-scores) that DDL goes. Seconds: labelling and teaching.\n";
    for (const double far : options.fars) {
        out += "\n### TAR in % at FAR " + format("%g", far)
            + "\n\n| variant | correlation | pictures | DDL | average | top-1 | oracle | gap | seconds |\n|---|---|---|---|---|---|---|---|---|\n";
        for (std::size_t v = 0; v < ablation.variants.size(); ++v) {
            const std::string title = "| " + describe(ablation.variants[v]) + " |";
            if (!problems[v].empty() || results[v].is_null()) {
                out += title + (problems[v].empty() ? " not done yet" : " failed: " + problems[v]) + " | | | | | | | |\n";
                continue;
            }
            for (const std::int64_t size : options.sizes) {
                std::map<std::string, Json> of = rowsOf(results[v], size, far);
                const auto tar = [&](const char *method) { return numberOf(of[method], "tar"); };
                out += title + format(" %.3f |", numberOf(of["ddl"], "correlation")) + " " + std::to_string(size) + " |";
                for (const char *method : {"ddl", "average", "top-1", "oracle"})
                    out += format(" %.1f (%.1f-%.1f) |", 100 * tar(method), 100 * numberOf(of[method], "low"), 100 * numberOf(of[method], "high"));
                const double closed = gapClosed(tar("average"), tar("ddl"), tar("oracle"));
                out += (std::isnan(closed) ? std::string(" - |") : format(" %.0f %% |", 100 * closed)) + format(" %.0f |\n", numberOf(results[v], "seconds"));
            }
        }
    }
    return out;
}

} // namespace

std::string describe(const AblationVariant &variant)
{
    return variant.architecture + ", " + variant.base.model
        + (variant.degraded > 0 ? ", degraded " + format("%g", 100 * variant.degraded) + " %" : std::string(", not degraded"))
        + (variant.people < 1 ? ", " + format("%g", 100 * variant.people) + " % of the people" : std::string());
}

static void readLoop(const JsonFields &fields, const fs::path &path, TrainOptions &loop)
{
    loop.epochs = static_cast<int>(fields.whole("epochs", 1, 100'000, loop.epochs));
    loop.batch = static_cast<int>(fields.whole("batch", 2, 1 << 20, loop.batch));
    loop.learningRate = fields.number("learning_rate", 1e-8, 100, loop.learningRate);
    try {
        loop.optimiser = optimiserNamed(fields.text("optimiser", optimiserName(loop.optimiser)));
        loop.precision = precisionNamed(fields.text("precision", precisionName(loop.precision)));
        loop.device = parseDevice(fields.text("device", "cpu"));
    } catch (const UsageError &error) {
        throw FileError(path, error.what());
    }
}

static void readStudy(const JsonFields &fields, TemplateStudy &study)
{
    study.draws = static_cast<int>(fields.whole("draws", 1, 10'000, study.draws));
    study.versions = static_cast<int>(fields.whole("versions", 1, 1000, study.versions));
    study.resamples = static_cast<int>(fields.whole("resamples", 10, 100'000, study.resamples));
    study.threshold = fields.number("threshold", 0, 1, study.threshold);
    study.degradedShare = fields.number("degraded_share", 0, 1, study.degradedShare);
    if (fields.has("sizes"))
        study.sizes = fields.wholes("sizes", s_mostVariants, 1, 1'000'000);
    if (fields.has("fars"))
        study.fars = fields.numbers("fars", s_mostVariants, 0, 1);
}

Ablation parseAblation(std::string_view text, const fs::path &path)
{
    const Json json = parseJson(text, path);
    const JsonFields fields(json, path);
    if (!fields.has("schema") || fields.at("schema") != "dscope.ablation/1")
        throw FileError(path, "is no configuration of `dscope ablate`: its 'schema' is not \"dscope.ablation/1\".");
    fields.allowOnly({"schema",         "faces",     "split",  "train",  "test",  "epochs",   "batch",     "learning_rate",
                      "optimiser",      "precision", "device", "copies", "draws", "versions", "resamples", "threshold",
                      "degraded_share", "sizes",     "fars",   "seed",   "grid",  "variants"});
    Ablation ablation;
    const fs::path folder = path.parent_path();
    ablation.faces = folder / fields.text("faces");
    const std::string split = fields.text("split", {});
    if (split.empty())
        throw FileError(path, "lacks the field 'split': a csv with the columns identity and part, so that no one is tested who was trained on.");
    ablation.train.csv = ablation.test.csv = folder / split;
    ablation.train.parts = fields.has("train") ? fields.texts("train", s_mostVariants) : std::vector<std::string>{"train"};
    ablation.test.parts = fields.has("test") ? fields.texts("test", s_mostVariants) : std::vector<std::string>{"test"};
    for (const std::string &part : ablation.test.parts)
        if (std::find(ablation.train.parts.begin(), ablation.train.parts.end(), part) != ablation.train.parts.end())
            throw FileError(path, "the part '" + part + "' is in 'train' and in 'test'.");
    readLoop(fields, path, ablation.loop);
    readStudy(fields, ablation.study);
    ablation.copies = static_cast<int>(fields.whole("copies", 1, 100, ablation.copies));
    ablation.loop.seed = ablation.study.seed = static_cast<std::uint64_t>(fields.whole("seed", 0, 4'000'000'000'000'000, 1));
    if (ablation.study.sizes.empty() || ablation.study.fars.empty())
        throw FileError(path, "'sizes' and 'fars' want at least one number each.");
    if (fields.has("grid"))
        multiplyOut(fields.object("grid"), path, ablation.variants);
    if (fields.has("variants"))
        for (const JsonFields &variant : fields.objects("variants", s_mostVariants))
            ablation.variants.push_back(variantOf(variant));
    if (ablation.variants.empty())
        throw FileError(path, "names no variants; give 'variants', 'grid' or both.");
    return ablation;
}

Ablation readAblation(const fs::path &path)
{
    return parseAblation(readText(path), path);
}

int runAblation(const Ablation &ablation, const std::vector<fs::path> &models, const fs::path &work, const fs::path &out, Progress &progress)
{
    Study study(ablation, models, work, progress);
    std::vector<Json> results(ablation.variants.size());
    std::vector<std::string> problems(ablation.variants.size());
    int failed = 0;
    for (std::size_t v = 0; v < ablation.variants.size(); ++v) {
        progress.throwIfCancelled();
        try {
            results[v] = study.result(ablation.variants[v]);
        } catch (const Cancelled &) {
            throw;
        } catch (const std::exception &error) {
            problems[v] = error.what();
            ++failed;
            progress.notice(describe(ablation.variants[v]) + " failed: " + problems[v]);
        }
        writeAtomically(out, tableOf(ablation, study, results, problems));
    }
    return failed;
}

} // namespace dscope
