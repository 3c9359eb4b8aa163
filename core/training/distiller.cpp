// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/distiller.h"

#include "core/base/torchdevice.h"
#include "core/training/loop.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/nets/weightfit.h"
#include "core/training/augment.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

namespace dscope {

namespace {

at::Tensor unitRows(const at::Tensor &x)
{
    return x / x.norm(2, 1, true).clamp_min(1e-6);
}

/// Unit embeddings [N, dim] of the teacher.
at::Tensor teach(Network &teacher, const std::vector<Picture> &faces, Progress &progress)
{
    progress.stage("Computing embeddings with " + teacher.spec().name);
    const std::int64_t dim = teacher.outputSize();
    at::Tensor all = at::empty({static_cast<std::int64_t>(faces.size()), dim});
    const std::size_t block = 256;
    for (std::size_t begin = 0; begin < faces.size(); begin += block) {
        const std::size_t count = std::min(block, faces.size() - begin);
        const std::span<const Picture> part(faces.data() + begin, count);
        std::vector<float> values = teacher.run(part, progress, 32);
        const at::Tensor raw = at::from_blob(values.data(), {static_cast<std::int64_t>(count), dim});
        all.narrow(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(count)).copy_(unitRows(raw));
        progress.checkpoint(static_cast<std::int64_t>(begin + count), static_cast<std::int64_t>(faces.size()));
    }
    return all;
}

constexpr std::int64_t s_dim = 128; ///< of the student

/// Unit embeddings in as many dimensions as the student has: projected onto the strongest directions of all of them, which keeps cosines as well as a linear
/// map can.
at::Tensor narrowed(const at::Tensor &embeddings)
{
    if (embeddings.size(1) == s_dim)
        return embeddings;
    const auto [values, vectors] = at::linalg_eigh(embeddings.t().matmul(embeddings).to(at::kDouble)); // ascending
    return unitRows(embeddings.matmul(vectors.narrow(1, vectors.size(1) - s_dim, s_dim).to(at::kFloat)));
}

constexpr std::size_t s_stages = 3;

/// What a teacher's stages put out for each clean picture, every channel standardised over the first pictures.
struct Hints {
    at::Tensor stages[s_stages]; ///< float16 [N, C, H, W], undefined without hints
};

/// @param heights of the student's stages @param embeddings receives the unit embeddings, which come out of the same pass
Hints hintsOf(const ModelSpec &spec, const std::array<std::int64_t, s_stages> &heights, const Device &device, const std::vector<Picture> &faces,
              at::Tensor &embeddings, Progress &progress)
{
    const std::shared_ptr<FaceNet> net = createFaceNet(spec.architecture);
    for (const std::string &note : loadWeights(*net, spec.path, spec.outputSize).notes)
        progress.notice(spec.path.filename().string() + ": " + note);
    net->eval();
    net->foldBatchNorm();
    const at::Device where = torchDevice(device);
    net->to(where);
    progress.stage("Computing the stages of " + spec.name);
    const auto count = static_cast<std::int64_t>(faces.size());
    const std::int64_t block = device.isCuda() ? 128 : 8;
    Hints hints;
    at::Tensor mean[s_stages];
    at::Tensor scale[s_stages];
    // Channels differ in size by orders of magnitude; a few hundred faces tell their mean and deviation well enough.
    std::vector<at::Tensor> sample[s_stages];
    for (std::int64_t begin = 0; begin < std::min<std::int64_t>(count, 256); begin += block) {
        const auto part = std::span(faces).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(std::min(block, count - begin)));
        const std::vector<at::Tensor> outputs = net->stages(prepareBatch(part, spec).to(where));
        if (outputs.size() != s_stages + 1)
            throw Error("The architecture " + spec.architecture + " of " + spec.name + " has no stages to learn from; use --hint-weight 0.");
        for (std::size_t s = 0; s < s_stages; ++s)
            if (outputs[s].size(2) != heights[s])
                throw Error("The stages of " + spec.name + " are of another size than the compact network's; use --hint-weight 0.");
        for (std::size_t s = 0; s < s_stages; ++s)
            sample[s].push_back(outputs[s]);
    }
    for (std::size_t s = 0; s < s_stages; ++s) {
        const at::Tensor all = at::cat(sample[s]);
        mean[s] = all.mean({0, 2, 3}, true);
        scale[s] = (all - mean[s]).square().mean({0, 2, 3}, true).sqrt().clamp_min(1e-6);
        hints.stages[s] = at::empty({count, all.size(1), all.size(2), all.size(3)}, at::kHalf);
    }
    embeddings = at::empty({count, spec.outputSize});
    for (std::int64_t begin = 0; begin < count; begin += block) {
        const std::int64_t size = std::min(block, count - begin);
        const auto part = std::span(faces).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
        const std::vector<at::Tensor> outputs = net->stages(prepareBatch(part, spec).to(where));
        for (std::size_t s = 0; s < s_stages; ++s)
            hints.stages[s].narrow(0, begin, size).copy_((outputs[s] - mean[s]) / scale[s]);
        embeddings.narrow(0, begin, size).copy_(unitRows(outputs.back()));
        progress.checkpoint(begin + size, count);
    }
    return hints;
}

/// The middle `width` columns of a stage, for a teacher that looks at a narrower crop. An odd difference is half a column on either side,
/// so neighbours are averaged.
at::Tensor middleColumns(at::Tensor x, std::int64_t width)
{
    if ((x.size(3) - width) % 2 != 0)
        x = (x.narrow(3, 0, x.size(3) - 1) + x.narrow(3, 1, x.size(3) - 1)) / 2;
    return x.narrow(3, (x.size(3) - width) / 2, width);
}

} // namespace

std::vector<EpochReport> distil(FaceList faces, const std::vector<std::shared_ptr<Network>> &teachers, const Distillation &options,
                                const std::filesystem::path &out, Progress &progress)
{
    if (teachers.empty())
        throw UsageError("At least one teacher is needed.");
    const Task &task = taskNamed(teachers.front()->spec().task);
    for (const std::shared_ptr<Network> &teacher : teachers)
        if (teacher->spec().task != task.name)
            throw Error("All teachers must be for the same task; " + teachers.front()->spec().name + " is for " + std::string(task.elements) + ", "
                        + teacher->spec().name + " is not.");
    const std::int64_t dim = teachers.front()->outputSize();
    if (dim < s_dim)
        throw Error("The first teacher must give at least 128 values, as the compact network does; " + teachers.front()->spec().name + " gives "
                    + std::to_string(dim) + ".");
    faces.takeFor(teachers.front()->spec());
    std::vector<Picture> pictures = readFaces(faces, progress);

    // Faces held out come last, so that the loop's samples are 0 .. trained - 1.
    Random random(options.loop.seed, 78);
    std::vector<std::size_t> order(pictures.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    random.shuffle(order);
    std::vector<Picture> arranged;
    std::vector<std::int32_t> labels;
    for (const std::size_t i : order) {
        arranged.push_back(std::move(pictures[i]));
        labels.push_back(faces.labels[i]);
    }
    pictures.clear();
    const auto heldCount = static_cast<std::size_t>(options.heldOut * static_cast<double>(arranged.size()));
    const std::vector<Picture> held(std::make_move_iterator(arranged.end() - static_cast<std::ptrdiff_t>(heldCount)), std::make_move_iterator(arranged.end()));
    arranged.resize(arranged.size() - heldCount);
    const std::size_t original = arranged.size();
    if (original < 2)
        throw Error("At least two " + std::string(task.elements) + " are needed.");
    // Mirrored copies are pictures of their own, because what the teacher sees in them lies elsewhere.
    const std::size_t sources = 2 * original;
    arranged.resize(sources + static_cast<std::size_t>(std::max(0, options.blended)));
    for (std::size_t i = 0; i < original; ++i)
        arranged[original + i] = mirrored(arranged[i]);
    progress.stage("Blending " + std::string(task.elements));
    parallelFor(std::max(0, options.blended), 64, progress, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            Random draw(options.loop.seed, 0x20000000000ULL + static_cast<std::uint64_t>(i));
            const std::size_t a = draw.below(sources);
            std::size_t b = draw.below(sources);
            for (int tries = 0; tries < 20 && labels[a % original] == labels[b % original]; ++tries)
                b = draw.below(sources);
            arranged[sources + static_cast<std::size_t>(i)] = (task.stretched ? recomposed : blended)(arranged[a], arranged[b], draw);
        }
    });

    const ModelSpec usual = usualSpec(task.stretched ? "compact-person" : "compact");
    std::array<std::int64_t, s_stages> heights{};
    for (std::size_t s = 0; s < s_stages; ++s)
        heights[s] = usual.inputHeight >> (s + 2);
    std::vector<at::Tensor> lessons;
    at::Tensor heldLesson;
    Hints hints;
    const bool hinted = options.hintWeight > 0;
    {
        const at::NoGradGuard guard;
        for (const auto &teacher : teachers) {
            if (hinted && lessons.empty())
                hints = hintsOf(teacher->spec(), heights, options.loop.device, arranged, lessons.emplace_back(), progress);
            else
                lessons.push_back(teach(*teacher, arranged, progress));
        }
        heldLesson = held.empty() ? at::Tensor() : teach(*teachers.front(), held, progress);
        if (dim > s_dim) { // one projection for both
            const at::Tensor all = narrowed(held.empty() ? lessons.front() : at::cat({lessons.front(), heldLesson}));
            lessons.front() = all.narrow(0, 0, static_cast<std::int64_t>(arranged.size())).contiguous();
            if (!held.empty())
                heldLesson = all.narrow(0, static_cast<std::int64_t>(arranged.size()), static_cast<std::int64_t>(held.size())).contiguous();
        }
    }

    ModelSpec spec = usual;
    spec.name = options.name;
    spec.file = out.filename().string();
    spec.licence = "GPL-3.0-or-later";
    spec.origin = "distilled by Dscope from";
    for (const auto &teacher : teachers)
        spec.origin += " " + teacher->spec().name + " (SHA-256 " + teacher->hash().substr(0, 12) + ")";

    torch::manual_seed(options.loop.seed);
    const std::shared_ptr<FaceNet> student = createFaceNet(spec.architecture);
    torch::nn::Module maps;
    std::vector<torch::nn::Linear> linears;
    for (std::size_t i = 1; i < teachers.size(); ++i)
        linears.push_back(maps.register_module("to" + std::to_string(i), torch::nn::Linear(s_dim, teachers[i]->outputSize())));
    std::vector<torch::nn::Conv2d> lenses; // from the student's stages to the teacher's
    if (hinted) {
        const at::NoGradGuard guard;
        student->eval(); // no statistics of an empty picture
        const std::vector<at::Tensor> widths = student->stages(at::zeros({1, 3, spec.inputHeight, spec.inputWidth}));
        for (std::size_t s = 0; s < s_stages; ++s)
            lenses.push_back(
                maps.register_module("stage" + std::to_string(s), torch::nn::Conv2d(torch::nn::Conv2dOptions(widths[s].size(1), hints.stages[s].size(1), 1))));
    }
    std::filesystem::path checkpoint = out;
    checkpoint += ".checkpoint";
    TrainingLoop loop({{"student", student.get()}, {"maps", &maps}}, options.loop, checkpoint);

    // Samples 0 .. clean - 1 are the pictures as they are, those after them degraded copies.
    const auto clean = static_cast<std::int64_t>(arranged.size());
    const auto degradedCopies = std::llround(static_cast<double>(clean) * options.degradedShare / (1 - options.degradedShare));
    const auto sampler = [&](std::int64_t index, Random &draw) {
        const Picture picture = relit(arranged[static_cast<std::size_t>(index % clean)], draw);
        return index < clean ? picture : options.families.damage(picture, draw);
    };
    const auto prepare = [&spec](std::span<const Picture> batch) { return prepareBatch(batch, spec); };
    const auto loss = [&](const at::Tensor &x, std::span<const std::int64_t> indices) {
        std::vector<std::int64_t> pictureOf;
        std::vector<std::int64_t> cleanRows; // of the batch
        std::vector<std::int64_t> cleanPictures;
        for (const std::int64_t index : indices) {
            if (index < clean) {
                cleanRows.push_back(static_cast<std::int64_t>(pictureOf.size()));
                cleanPictures.push_back(index);
            }
            pictureOf.push_back(index % clean);
        }
        const at::Tensor rows = at::tensor(pictureOf);
        const std::vector<at::Tensor> outputs = student->stages(x);
        const at::Tensor unit = unitRows(outputs.back());
        at::Tensor total = at::zeros({}, unit.options());
        // A degraded picture's stages cannot be those of the clean one, so only clean ones take the hints.
        if (hinted && !cleanRows.empty()) {
            const at::Tensor chosen = at::tensor(cleanRows).to(x.device());
            const at::Tensor shown = at::tensor(cleanPictures);
            for (std::size_t s = 0; s < s_stages; ++s) {
                const at::Tensor wanted = hints.stages[s].index_select(0, shown).to(x.device(), at::kFloat);
                const at::Tensor seen = lenses[s]->forward(middleColumns(outputs[s].index_select(0, chosen), wanted.size(3))).to(at::kFloat);
                total = total + options.hintWeight / s_stages * (seen - wanted).square().mean();
            }
        }
        at::Tensor similarity;
        double weights = 0;
        for (std::size_t i = 0; i < lessons.size(); ++i) {
            const at::Tensor wanted = lessons[i].index_select(0, rows).to(x.device());
            const at::Tensor shown = i == 0 ? unit : unitRows(linears[i - 1]->forward(unit).to(at::kFloat));
            const double weight = i == 0 ? 1.0 : options.secondWeight;
            total = total + weight * (1 - (shown * wanted).sum(1)).mean();
            const at::Tensor cosines = weight * wanted.matmul(wanted.t()).to(at::kFloat);
            similarity = similarity.defined() ? similarity + cosines : cosines;
            weights += weight;
        }
        return total + options.similarityWeight * (unit.matmul(unit.t()).to(at::kFloat) - similarity / weights).square().mean();
    };
    const auto validation = [&]() {
        if (held.empty())
            return Json();
        double sum = 0;
        const auto device = student->parameters().front().device();
        for (std::size_t begin = 0; begin < held.size(); begin += 64) {
            const std::size_t count = std::min<std::size_t>(64, held.size() - begin);
            const at::Tensor given = unitRows(student->forward(prepareBatch({held.data() + begin, count}, spec).to(device)).to(at::kCPU));
            sum += (given * heldLesson.narrow(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(count))).sum().item<double>();
        }
        return Json{{"cosine_to_teacher", sum / static_cast<double>(held.size())}};
    };
    loop.watch("cosine_to_teacher");
    std::vector<EpochReport> reports = loop.run(clean + degradedCopies, sampler, prepare, loss, validation, progress);

    StateDict tensors = stateDict(*student);
    if (options.half)
        for (auto &[name, tensor] : tensors)
            if (tensor.dim() == 4)
                tensor = tensor.to(at::kHalf);
    writeSafetensors(out, tensors, {{"dscope.model", toJson(spec).dump()}});
    loop.removeCheckpoint();
    return reports;
}

} // namespace dscope
