// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/weightupdate.h"

#include "core/base/error.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace dscope {

namespace {

constexpr double s_squareMomentum = 0.999;
constexpr double s_epsilon = 1e-8;
constexpr float s_firstScale = 65536;
constexpr std::int64_t s_growthInterval = 2000;

} // namespace

WeightUpdate::WeightUpdate(std::vector<std::pair<std::string, at::Tensor>> parameters, const TrainOptions &options) : m_options(options)
{
    m_groups.resize(2);
    m_groups.front().decay = options.weightDecay;
    m_groups.back().decay = options.optimiser == Optimiser::Adam ? options.weightDecay : 0;
    for (auto &[name, weight] : parameters) {
        Group &group = m_groups[weight.dim() > 1 ? 0 : 1];
        group.names.push_back(name);
        // The layout of the sums is the weight's own, or the fused kernels would add up what does not belong together.
        group.means.push_back(at::zeros_like(weight));
        if (options.optimiser != Optimiser::Sgd) {
            group.squares.push_back(at::zeros_like(weight));
            group.counts.push_back(at::zeros({}, weight.options().dtype(at::kFloat)));
        }
        group.weights.push_back(std::move(weight));
    }
    m_scale = at::full({}, scaled() ? s_firstScale : 1, at::kFloat);
    m_goodSteps = at::zeros({}, at::kInt);
    follow();
}

void WeightUpdate::clear()
{
    for (Group &group : m_groups)
        for (at::Tensor &weight : group.weights)
            weight.mutable_grad().reset();
}

void WeightUpdate::follow()
{
    for (Group &group : m_groups)
        for (std::size_t i = 0; i < group.weights.size(); ++i) {
            const at::Device device = group.weights[i].device();
            const auto moved = [&](at::Tensor &sum, const at::Tensor &like) {
                if (sum.device() != device || sum.strides() != like.strides())
                    sum = at::empty_like(like).copy_(sum);
            };
            moved(group.means[i], group.weights[i]);
            if (!group.squares.empty()) {
                moved(group.squares[i], group.weights[i]);
                group.counts[i] = group.counts[i].to(device);
            }
            m_scale = m_scale.to(device);
            m_goodSteps = m_goodSteps.to(device);
        }
}

WeightUpdate::Gradients WeightUpdate::step(double rate)
{
    const at::NoGradGuard guard;
    struct Lists {
        std::vector<at::Tensor> weights, gradients, means, squares, counts;
    };
    std::vector<Lists> lists(m_groups.size());
    std::vector<at::Tensor> all;
    for (std::size_t g = 0; g < m_groups.size(); ++g)
        for (std::size_t i = 0; i < m_groups[g].weights.size(); ++i) {
            const at::Tensor &weight = m_groups[g].weights[i];
            at::Tensor gradient = weight.grad();
            if (!gradient.defined()) // a weight that this loss does not see
                continue;
            if (gradient.strides() != weight.strides())
                gradient = at::empty_like(weight).copy_(gradient);
            lists[g].weights.push_back(weight);
            lists[g].gradients.push_back(gradient);
            lists[g].means.push_back(m_groups[g].means[i]);
            if (m_options.optimiser != Optimiser::Sgd) {
                lists[g].squares.push_back(m_groups[g].squares[i]);
                lists[g].counts.push_back(m_groups[g].counts[i]);
            }
            all.push_back(gradient);
        }
    if (all.empty())
        throw Error("The loss depends on none of the weights.");

    Gradients result;
    result.skipped = at::zeros({}, m_scale.options());
    if (scaled())
        at::_amp_foreach_non_finite_check_and_unscale_(all, result.skipped, m_scale.reciprocal());
    result.norm = at::stack(at::_foreach_norm(all, 2)).norm();
    if (m_options.clip > 0) {
        const at::Tensor shorter = (m_options.clip / (result.norm + 1e-6)).clamp_max(1);
        at::_foreach_mul_(all, shorter);
    }
    const std::optional<at::Tensor> skip = scaled() ? std::optional<at::Tensor>(result.skipped) : std::nullopt;
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        Lists &list = lists[g];
        if (list.weights.empty())
            continue;
        if (m_options.optimiser == Optimiser::Sgd) {
            at::_fused_sgd_(list.weights, list.gradients, list.means, m_groups[g].decay, m_options.momentum, rate, 0, false, false, false, {}, skip);
        } else {
            at::_foreach_add_(list.counts, 1);
            const auto update = [&](const auto &fused) {
                fused(list.weights, list.gradients, list.means, list.squares, at::TensorList{}, list.counts, rate, m_options.momentum, s_squareMomentum,
                      m_groups[g].decay, s_epsilon, false, false, std::optional<at::Tensor>(), skip);
            };
            if (m_options.optimiser == Optimiser::AdamW)
                update([](auto &&...values) { at::_fused_adamw_(values...); });
            else
                update([](auto &&...values) { at::_fused_adam_(values...); });
            if (scaled())
                at::_foreach_sub_(list.counts, std::vector<at::Tensor>(list.counts.size(), result.skipped));
        }
    }
    if (scaled())
        at::_amp_update_scale_(m_scale, m_goodSteps, result.skipped, 2.0, 0.5, s_growthInterval);
    clear();
    return result;
}

void WeightUpdate::save(StateDict &tensors) const
{
    for (const Group &group : m_groups)
        for (std::size_t i = 0; i < group.weights.size(); ++i) {
            tensors["momentum." + group.names[i]] = group.means[i];
            if (!group.squares.empty()) {
                tensors["squares." + group.names[i]] = group.squares[i];
                tensors["count." + group.names[i]] = group.counts[i];
            }
        }
    if (scaled()) {
        tensors["loss_scale"] = m_scale;
        tensors["loss_scale_good_steps"] = m_goodSteps;
    }
}

void WeightUpdate::restore(const StateDict &tensors, const std::filesystem::path &file)
{
    const auto take = [&](const std::string &name, at::Tensor &to) {
        const auto found = tensors.find(name);
        if (found == tensors.end())
            throw FileError(file, "lacks a part of the optimiser's state (" + name + ").");
        if (found->second.sizes() != to.sizes())
            throw FileError(file, "holds " + name + " in the wrong shape.");
        to.copy_(found->second);
    };
    const at::NoGradGuard guard;
    for (Group &group : m_groups)
        for (std::size_t i = 0; i < group.weights.size(); ++i) {
            take("momentum." + group.names[i], group.means[i]);
            if (!group.squares.empty()) {
                take("squares." + group.names[i], group.squares[i]);
                take("count." + group.names[i], group.counts[i]);
            }
        }
    if (scaled()) {
        take("loss_scale", m_scale);
        take("loss_scale_good_steps", m_goodSteps);
    }
}

} // namespace dscope
