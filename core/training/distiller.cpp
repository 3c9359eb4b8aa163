#include "core/training/distiller.h"

#include "core/training/loop.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nets/checkpoint.h"
#include "core/nets/compact.h"
#include "core/training/augment.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <numeric>

namespace dscope {

namespace {

at::Tensor unitRows(const at::Tensor &x)
{
    return x / x.norm(2, 1, true).clamp_min(1e-6);
}

/// Unit embeddings [N, dim] of the teacher.
at::Tensor teach(Network &teacher, const std::vector<Picture> &faces, Task &task)
{
    task.stage("Computing embeddings with " + teacher.spec().name);
    const std::int64_t dim = teacher.outputSize();
    at::Tensor all = at::empty({static_cast<std::int64_t>(faces.size()), dim});
    const std::size_t block = 256;
    for (std::size_t begin = 0; begin < faces.size(); begin += block) {
        const std::size_t count = std::min(block, faces.size() - begin);
        const std::span<const Picture> part(faces.data() + begin, count);
        std::vector<float> values = teacher.run(part, task, 32);
        const at::Tensor raw = at::from_blob(values.data(), {static_cast<std::int64_t>(count), dim});
        all.narrow(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(count)).copy_(unitRows(raw));
        task.checkpoint(static_cast<std::int64_t>(begin + count), static_cast<std::int64_t>(faces.size()));
    }
    return all;
}

} // namespace

std::vector<EpochReport> distil(FaceList faces, const std::vector<std::shared_ptr<Network>> &teachers, const Distillation &options, const std::filesystem::path &out, Task &task)
{
    if (teachers.empty())
        throw UsageError("At least one teacher is needed.");
    if (teachers.front()->outputSize() != 128)
        throw Error("The first teacher must give 128 values, as the compact network does; " + teachers.front()->spec().name + " gives " + std::to_string(teachers.front()->outputSize()) + ".");
    std::vector<Picture> pictures = readFaces(faces, task);

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
        throw Error("At least two faces are needed.");
    arranged.resize(original + static_cast<std::size_t>(std::max(0, options.blended)));
    task.stage("Blending faces");
    parallelFor(std::max(0, options.blended), 64, task, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            Random draw(options.loop.seed, 0x20000000000ULL + static_cast<std::uint64_t>(i));
            const std::size_t a = draw.below(original);
            std::size_t b = draw.below(original);
            for (int tries = 0; tries < 20 && labels[a] == labels[b]; ++tries)
                b = draw.below(original);
            arranged[original + static_cast<std::size_t>(i)] = blended(arranged[a], arranged[b], draw);
        }
    });

    std::vector<at::Tensor> lessons;
    at::Tensor heldLesson;
    {
        const at::NoGradGuard guard;
        for (const auto &teacher : teachers)
            lessons.push_back(teach(*teacher, arranged, task));
        heldLesson = held.empty() ? at::Tensor() : teach(*teachers.front(), held, task);
    }

    ModelSpec spec;
    spec.name = options.name;
    spec.role = Role::Base;
    spec.architecture = "compact";
    spec.file = out.filename().string();
    spec.outputSize = 128;
    spec.licence = "GPL-3.0-or-later";
    spec.origin = "distilled by Dscope from";
    for (const auto &teacher : teachers)
        spec.origin += " " + teacher->spec().name + " (SHA-256 " + teacher->hash().substr(0, 12) + ")";

    torch::manual_seed(options.loop.seed);
    CompactNet student;
    torch::nn::Module maps;
    std::vector<torch::nn::Linear> linears;
    for (std::size_t i = 1; i < teachers.size(); ++i)
        linears.push_back(maps.register_module("to" + std::to_string(i), torch::nn::Linear(128, teachers[i]->outputSize())));
    std::filesystem::path checkpoint = out;
    checkpoint += ".checkpoint";
    TrainingLoop loop({{"student", &student}, {"maps", &maps}}, options.loop, checkpoint);

    const auto sampler = [&](std::int64_t index, Random &draw) {
        const Picture clean = jittered(arranged[static_cast<std::size_t>(index)], 4, draw);
        return draw.chance(options.degradedShare) ? randomlyDegraded(clean, draw) : clean;
    };
    const auto prepare = [&spec](std::span<const Picture> batch) { return prepareBatch(batch, spec); };
    const auto loss = [&](const at::Tensor &x, std::span<const std::int64_t> indices) {
        const at::Tensor rows = at::tensor(std::vector<std::int64_t>(indices.begin(), indices.end()));
        const at::Tensor given = student.forward(x);
        const at::Tensor unit = unitRows(given);
        at::Tensor total = at::zeros({}, unit.options());
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
        const auto device = student.parameters().front().device();
        for (std::size_t begin = 0; begin < held.size(); begin += 64) {
            const std::size_t count = std::min<std::size_t>(64, held.size() - begin);
            const at::Tensor given = unitRows(student.forward(prepareBatch({held.data() + begin, count}, spec).to(device)).to(at::kCPU));
            sum += (given * heldLesson.narrow(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(count))).sum().item<double>();
        }
        return Json{{"cosine_to_teacher", sum / static_cast<double>(held.size())}};
    };
    const std::vector<EpochReport> reports = loop.run(static_cast<std::int64_t>(arranged.size()), sampler, prepare, loss, validation, task);

    StateDict tensors = stateDict(student);
    if (options.half)
        for (auto &[name, tensor] : tensors)
            if (tensor.dim() == 4)
                tensor = tensor.to(at::kHalf);
    writeSafetensors(out, tensors, {{"dscope.model", toJson(spec).dump()}});
    std::error_code problem;
    std::filesystem::remove(checkpoint, problem);
    return reports;
}

} // namespace dscope
