// SPDX-License-Identifier: GPL-3.0-or-later
// dscope-selfcheck: what must hold on every device, checked without Qt so that it runs on a GPU server too.
//
//   dscope-selfcheck [--device auto|cpu|cuda[:N]] [--faces SET] [--base MODEL]
//
// With --faces (a pack, record file, csv or folder of people) the checks work on its faces instead of made-up pictures; with --base they compare
// that network too, beside those with random weights.
// Prints a line a check (passed, FAILED, or skipped with the reason), then "N passed, N failed, N skipped"; exits with 1 if one failed.

#include "app/selfcheck/checks.h"
#include "core/base/csv.h"
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/text.h"
#include "core/base/torchdevice.h"
#include "core/nets/checkpoint.h"
#include "core/nets/ddnet.h"
#include "core/nets/facenet.h"
#include "core/scores/dscore.h"
#include "core/training/augment.h"
#include "core/training/facelist.h"
#include "core/training/loop.h"

#include <ATen/ATen.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace dscope;

namespace {

/// The user's faces, if there are any.
std::vector<Picture> s_faces;
/// The user's network, if there is one.
std::vector<ModelSpec> s_base;

/// Some of the user's faces, again from the first when there are fewer; else smooth colour fields, every one different: enough structure for a
/// network to answer differently.
std::vector<Picture> pictures(int count)
{
    std::vector<Picture> made;
    if (!s_faces.empty()) {
        for (int i = 0; i < count; ++i)
            made.push_back(s_faces[static_cast<std::size_t>(i) % s_faces.size()]);
        return made;
    }
    for (int i = 0; i < count; ++i) {
        Picture picture(112, 112);
        for (int y = 0; y < 112; ++y)
            for (int x = 0; x < 112; ++x)
                for (int c = 0; c < 3; ++c)
                    picture.row(y)[3 * x + c] =
                        static_cast<std::uint8_t>(127 + 90 * std::sin(x * (0.04 + 0.01 * (i % 7)) + c) * std::cos(y * (0.05 + 0.008 * (i % 5)) - i));
        made.push_back(std::move(picture));
    }
    return made;
}

/// A folder that goes with the object.
class Scratch {
public:
    Scratch() : m_path(std::filesystem::temp_directory_path() / ("dscope-selfcheck-" + std::to_string(::getpid())))
    {
        std::filesystem::create_directories(m_path);
    }
    ~Scratch()
    {
        std::error_code problem;
        std::filesystem::remove_all(m_path, problem);
    }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;
    const std::filesystem::path &path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

ModelSpec freshModel(const std::string &architecture, const std::filesystem::path &folder)
{
    at::manual_seed(11);
    const auto net = createFaceNet(architecture);
    ModelSpec spec = usualSpec(architecture);
    spec.name = architecture;
    spec.base = "none";
    spec.file = architecture + ".safetensors";
    spec.path = folder / spec.file;
    writeSafetensors(spec.path, stateDict(*net), {});
    return spec;
}

/// One network of every kind of architecture with random weights, and the user's.
std::vector<ModelSpec> networks(const Scratch &scratch)
{
    std::vector<ModelSpec> specs;
    for (const std::string &architecture : faceNetArchitectures())
        if (architecture != "iresnet34" && architecture != "iresnet100" && architecture != "polynet"
            && architecture != "polynet331") // the same blocks as the others, and seconds a batch on a small CPU
            specs.push_back(freshModel(architecture, scratch.path()));
    specs.insert(specs.end(), s_base.begin(), s_base.end());
    return specs;
}

/// Takes up to 1024 faces, from all over the set. @return a line that says what they are
std::string takeFaces(const std::string &path)
{
    Progress progress;
    FaceList list = readFaceList(path, {}, progress);
    const std::size_t wanted = std::min<std::size_t>(1024, list.size());
    FaceList chosen;
    chosen.root = list.root;
    chosen.people = list.people;
    for (std::size_t i = 0; i < wanted; ++i) {
        chosen.files.push_back(list.files[i * list.size() / wanted]);
        chosen.labels.push_back(list.labels[i * list.size() / wanted]);
    }
    s_faces = readFaces(chosen, progress);
    std::string said = std::to_string(s_faces.size()) + " of " + std::to_string(list.size()) + " faces of " + path;
    for (const std::string &notice : progress.notices())
        said += "\n" + notice;
    return said;
}

double largest(const std::vector<float> &a, const std::vector<float> &b)
{
    require(a.size() == b.size(), "the two answers differ in length");
    double difference = 0;
    double size = 1e-6;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(a[i]) - b[i]));
        size = std::max(size, std::abs(static_cast<double>(a[i])));
    }
    return difference / size;
}

std::string batchesAgree(const Scratch &scratch)
{
    Progress progress;
    const std::vector<Picture> faces = pictures(9);
    double worst = 0;
    for (const ModelSpec &spec : networks(scratch)) {
        const auto net = Network::load(spec, {});
        worst = std::max(worst, largest(net->run(faces, progress, 8), net->run(faces, progress, 1)));
    }
    require(worst < 1e-4, "a batch of 8 and single pictures differ by " + csvNumber(worst) + " of the largest value");
    return "largest relative difference " + csvNumber(worst);
}

std::string cpuAndDeviceAgree(const Scratch &scratch, const Device &device)
{
    if (!device.isCuda())
        throw Skip{loadCuda()};
    Progress progress;
    const std::vector<Picture> faces = pictures(32);
    double worst = 0;
    std::string which;
    for (const ModelSpec &spec : networks(scratch)) {
        const double difference = largest(Network::load(spec, {})->run(faces, progress, 32), Network::load(spec, device)->run(faces, progress, 32));
        if (difference >= worst) {
            worst = difference;
            which = spec.name;
        }
    }
    const std::string text = printed("largest difference %.2g of the largest value (%s)", worst, which.c_str());
    require(worst < 1e-4, "CPU and " + device.name() + ": " + text);
    return text;
}

std::string outOfMemorySteps(const Scratch &scratch, const Device &device)
{
    if (!device.isCuda())
        throw Skip{loadCuda()};
    Progress progress;
    const auto net = Network::load(freshModel("mobilefacenet-relu6", scratch.path()), device);
    const std::vector<Picture> faces = pictures(1024);
    const std::vector<float> expected = net->run(faces, progress, 8);
    std::vector<float> got;
    {
        const Ballast ballast(device, std::int64_t{64} << 20);
        got = net->run(faces, progress, 1024);
    }
    require(!progress.notices().empty(), "nothing was said although the memory was full");
    require(largest(expected, got) < 5e-3, "the answer changed when memory ran out");
    return progress.notices().front();
}

struct Run {
    std::vector<EpochReport> reports;
    StateDict weights;
    std::vector<std::string> notices;
};

Run train(const std::filesystem::path &checkpoint, Precision precision, int stopAfter, bool resume, const Device &device, int batch = 8)
{
    at::manual_seed(5);
    DdNet net;
    TrainOptions options;
    options.epochs = 3;
    options.batch = batch;
    options.precision = precision;
    options.stopAfter = stopAfter;
    options.resume = resume;
    options.device = device;
    TrainingLoop loop({{"net", &net}}, options, checkpoint);
    const int count = 4 * batch;
    const std::vector<Picture> faces = pictures(count);
    const ModelSpec spec;
    Progress progress;
    Run run;
    try {
        run.reports = loop.run(
            count, [&](std::int64_t i, Random &random) { return relit(faces[static_cast<std::size_t>(i)], random); },
            [&](std::span<const Picture> some) { return prepareBatch(some, spec); },
            [&](const at::Tensor &x, std::span<const std::int64_t> indices) {
                std::vector<float> wanted;
                for (const std::int64_t i : indices)
                    wanted.push_back(static_cast<float>(i) / static_cast<float>(count));
                return (net.forward(x) - at::tensor(wanted).to(x.device()).unsqueeze(1)).square().mean() / 2;
            },
            {}, progress);
    } catch (const Cancelled &) {
    }
    for (const auto &[name, tensor] : stateDict(net))
        run.weights[name] = tensor.to(at::kCPU).clone();
    run.notices = progress.notices();
    return run;
}

std::string resumeIsExact(const Scratch &scratch, const Device &device)
{
    std::vector<Precision> precisions{Precision::Fp32, Precision::Bf16};
    if (device.isCuda())
        precisions.push_back(Precision::Fp16);
    for (const Precision precision : precisions) {
        const auto file = scratch.path() / ("run-" + precisionName(precision) + (device.isCuda() ? "-gpu" : ""));
        const Run whole = train(file.string() + "-whole", precision, 0, false, device);
        train(file, precision, 5, false, device);
        const Run resumed = train(file, precision, 0, true, device);
        for (const auto &[name, tensor] : whole.weights)
            require(at::equal(tensor, resumed.weights.at(name)), "after a resume in " + precisionName(precision) + " the weights " + name + " differ");
    }
    return "stopped at step 5 of 12, " + std::string(device.isCuda() ? "fp32, bf16 and fp16" : "fp32 and bf16") + " on " + device.name() + ": the same bits";
}

/// @throws Skip without a GPU
std::string resumeIsExactOnGpu(const Scratch &scratch, const Device &device)
{
    if (!device.isCuda())
        throw Skip{loadCuda()};
    return resumeIsExact(scratch, device);
}

std::string trainingFitsIntoLittle(const Scratch &scratch, const Device &device)
{
    if (!device.isCuda())
        throw Skip{loadCuda()};
    const Run roomy = train(scratch.path() / "roomy", Precision::Fp32, 0, false, device, 256);
    const Ballast ballast(device, std::int64_t{400} << 20);
    const Run tight = train(scratch.path() / "tight", Precision::Fp32, 0, false, device, 256);
    const double a = roomy.reports.back().loss;
    const double b = tight.reports.back().loss;
    const auto said =
        std::find_if(tight.notices.begin(), tight.notices.end(), [](const std::string &text) { return text.find("out of memory") != std::string::npos; });
    require(said != tight.notices.end(), "nothing was said although the memory was full");
    require(std::isfinite(b) && std::abs(a - b) < 0.2 * a + 1e-3, "the last epoch's loss is " + csvNumber(a) + " with room and " + csvNumber(b) + " without");
    return *said;
}

std::string mixedPrecisionIsClose(const Scratch &scratch, const Device &device)
{
    const Run full = train(scratch.path() / "full", Precision::Fp32, 0, false, device);
    std::string text = "last loss " + csvNumber(full.reports.back().loss) + " in float32";
    for (const Precision precision : {Precision::Bf16, Precision::Fp16}) {
        if (precision == Precision::Fp16 && !device.isCuda())
            continue; // offered there for completeness
        const Run mixed = train(scratch.path() / ("mixed-" + precisionName(precision)), precision, 0, false, device);
        const double a = full.reports.back().loss;
        const double b = mixed.reports.back().loss;
        require(std::isfinite(b) && std::abs(a - b) < 0.2 * a + 1e-3,
                "the last epoch's loss is " + csvNumber(a) + " in float32 and " + csvNumber(b) + " in " + precisionName(precision));
        require(!full.weights.at("conv1.weight").equal(mixed.weights.at("conv1.weight")),
                precisionName(precision) + " gave the very same weights: it was not in use");
        text += printed(", %.9f in %s", b, precisionName(precision).c_str());
    }
    return text + " on " + device.name();
}

std::string dScoresByHand()
{
    // Two classes on the axes: own cosine 1, hardest negative cosine of (1, 0) with the centroid (0.3, 1).
    const std::vector<float> features{1, 0, 1, 0, 0.3F, 1, 0.3F, 1};
    const std::vector<std::int32_t> labels{0, 0, 1, 1};
    Progress progress;
    const DScores scores = computeDScores(features, 2, labels, {}, progress);
    const double expected = std::hypot(static_cast<double>(0.3F), 1.0) / static_cast<double>(0.3F);
    for (const double raw : scores.raw)
        require(std::abs(raw - expected) < 1e-9, "a D-score is " + csvNumber(raw) + ", by hand it is " + csvNumber(expected));
    return "D = " + csvNumber(expected);
}

} // namespace

int main(int argc, char **argv)
{
    std::string device = "auto";
    std::string faces;
    std::string base;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--device" && i + 1 < argc) {
            device = argv[++i];
        } else if (word == "--faces" && i + 1 < argc) {
            faces = argv[++i];
        } else if (word == "--base" && i + 1 < argc) {
            base = argv[++i];
        } else {
            std::fprintf(stderr, "usage: dscope-selfcheck [--device auto|cpu|cuda[:N]] [--faces SET] [--base MODEL]\n");
            return word == "--help" ? 0 : 2;
        }
    }
    int passed = 0;
    int failed = 0;
    int skipped = 0;
    try {
        setThreads(0);
        std::printf("%s\n", loadCuda().c_str());
        const Device chosen = parseDevice(device);
        if (!faces.empty())
            std::printf("%s\n", takeFaces(faces).c_str());
        if (!base.empty())
            s_base.push_back(ModelStore().find(base, Role::Base));
        const Scratch scratch;
        const std::vector<std::pair<const char *, std::function<std::string()>>> checks{
            {"D-scores by hand", dScoresByHand},
            {"a batch equals single pictures", [&] { return batchesAgree(scratch); }},
            {"a stopped and resumed run is exact", [&] { return resumeIsExact(scratch, {}); }},
            {"a stopped and resumed run is exact on the GPU", [&] { return resumeIsExactOnGpu(scratch, chosen); }},
            {"mixed precision trains alike", [&] { return mixedPrecisionIsClose(scratch, chosen); }},
            {"CPU and GPU agree", [&] { return cpuAndDeviceAgree(scratch, chosen); }},
            {"D-scores of every device have the same bits", [&] { return dScoresAgree(chosen); }},
            {"pairs of every device agree", [&] { return pairsAgree(chosen); }},
            {"out of GPU memory: smaller batches", [&] { return outOfMemorySteps(scratch, chosen); }},
            {"out of GPU memory: smaller pieces and blocks", [&] { return pairsFitIntoLittle(chosen); }},
            {"out of GPU memory: training in pieces", [&] { return trainingFitsIntoLittle(scratch, chosen); }},
        };
        for (const auto &[name, check] : checks) {
            try {
                const std::string detail = check();
                std::printf("passed   %s: %s\n", name, detail.c_str());
                ++passed;
            } catch (const Skip &skip) {
                std::printf("skipped  %s: %s\n", name, skip.reason.c_str());
                ++skipped;
            } catch (const std::exception &error) {
                std::printf("FAILED   %s: %s\n", name, describe(error).c_str());
                ++failed;
            }
            std::fflush(stdout);
        }
    } catch (const std::exception &error) {
        std::fprintf(stderr, "dscope-selfcheck: %s\n", describe(error).c_str());
        return 1;
    }
    std::printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed == 0 ? 0 : 1;
}
