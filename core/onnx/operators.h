// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/onnx/graph.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dscope::onnx {

/// What holds for a whole run of a network.
struct Run {
    std::int64_t batch = 1;             ///< pictures in this run
    bool fixedBatch = false;            ///< the file was exported for one picture (see reshape in shapeoperators.cpp)
    at::ScalarType floats = at::kFloat; ///< the type that is calculated in
};

using Tensors = std::vector<at::Tensor>;
/// Does a node's work. An optional input that is left out is an undefined tensor.
using Kernel = std::function<Tensors(const Tensors &in, const Run &run)>;

/// What makes a node's kernel, once, from its attributes.
struct Operator {
    int fewestInputs = 1;
    int mostInputs = 1;
    /// Inputs that are parameters rather than data, such as the shape of a Reshape: constants there keep their type and stay on the CPU.
    std::set<std::size_t> parameters;
    Kernel (*make)(const OnnxNode &node, int opset) = nullptr;
};

/// The operator of that name, or null where it is unknown.
const Operator *findOperator(const std::string &type);
/// Names of all operators known.
std::vector<std::string> operatorNames();

/// What a run may take, in proportion to the file: a few bytes of a hostile file can ask for any size. Holds for this thread while it lives.
class Bounds {
public:
    /// @param elements of one tensor @param bytes of all that is alive at once @param work in multiply-accumulates, see charge()
    /// @param progress asked between two nodes whether to go on; null: nobody
    Bounds(std::int64_t elements, std::int64_t bytes, double work, const Progress *progress);
    ~Bounds();
    Bounds(const Bounds &) = delete;
    Bounds &operator=(const Bounds &) = delete;

    /// What a file of so many bytes may take for each picture: room for the layers of a network on faces at the least.
    static std::int64_t elementsFor(std::uint64_t fileBytes) { return (std::int64_t{4} << 20) + 2 * static_cast<std::int64_t>(fileBytes); }
    static std::int64_t bytesFor(std::uint64_t fileBytes) { return (std::int64_t{64} << 20) + 8 * static_cast<std::int64_t>(fileBytes); }
    static double workFor(std::uint64_t fileBytes) { return 16e9 + 4000 * static_cast<double>(fileBytes); }

    /// Elements that one tensor may have in this thread now.
    static std::int64_t elements();
    /// Counts work before it is done. @throws Error where it is too much, Cancelled
    static void charge(double macs);
    /// Counts what a node has made, and what it no longer holds. @throws Error where too much is alive
    static void alive(std::int64_t bytes);

private:
    Bounds *m_outer;
    std::int64_t m_elements;
    std::int64_t m_bytes;
    std::int64_t m_alive = 0;
    double m_work;
    const Progress *m_task;
};

/// @return dims, checked. @throws Error that says how large the tensor would be, or for a negative dimension
const std::vector<std::int64_t> &checkedDims(const std::vector<std::int64_t> &dims);
/// The whole numbers in a small tensor. @throws Error for one of more than 4096, or without
std::vector<std::int64_t> intsOf(const at::Tensor &tensor);
std::vector<double> doublesOf(const at::Tensor &tensor);
/// An axis counted from the front. @throws Error where there is none such
std::int64_t axisOf(std::int64_t axis, std::int64_t dims);

/// The geometry of a convolution or of pooling.
struct Window {
    std::vector<std::int64_t> kernel, stride, dilation, pads; ///< pads: all begins, then all ends
    std::string autoPad;
    bool ceil = false;

    /// From the node's attributes. @param kernelDims where the kernel_shape is not given
    static Window of(const OnnxNode &node, const std::vector<std::int64_t> &kernelDims);
    /// With what is not given filled in. @throws Error where the lengths do not fit
    Window completed(const std::vector<std::int64_t> &kernelDims) const;
    /// The pads for this input (auto_pad worked out), begins then ends. @throws Error for a window larger than what it lies on
    std::vector<std::int64_t> padsFor(at::IntArrayRef inputSides) const;
    /// Output side i. With `ceil` no window begins in the padding behind the input.
    std::int64_t outputSide(std::size_t i, std::int64_t input, std::int64_t before, std::int64_t after) const;
    bool symmetric(const std::vector<std::int64_t> &padding) const;
};

/// x with zeros (or `value`) around its sides; pads: all begins, then all ends. @throws Error where it would get too large
at::Tensor paddedSides(const at::Tensor &x, const std::vector<std::int64_t> &pads, double value);

/// Both on one device: what was calculated from shapes lies on the CPU, the rest may not. @throws Error where they do not fit one another
std::pair<at::Tensor, at::Tensor> together(const at::Tensor &a, const at::Tensor &b);
/// An input that may be left out: undefined where it is.
at::Tensor optional(const Tensors &in, std::size_t index);
/// What an operator set from 13 or 18 on gives as an input and an earlier one as an attribute.
std::vector<std::int64_t> listFrom(const Tensors &in, std::size_t index, const std::vector<std::int64_t> &attribute);
/// A matrix product's size, checked and charged. @throws Error
void checkProduct(const at::Tensor &a, const at::Tensor &b);

/// Sections of the table, one for each source.
void addActivations(std::map<std::string, Operator> &table);
void addNormalisations(std::map<std::string, Operator> &table);
void addAttention(std::map<std::string, Operator> &table);
void addIndexing(std::map<std::string, Operator> &table);
void addQuantised(std::map<std::string, Operator> &table);
void addElementwise(std::map<std::string, Operator> &table);
void addWindows(std::map<std::string, Operator> &table);
void addShapes(std::map<std::string, Operator> &table);
void addReductions(std::map<std::string, Operator> &table);
void addResizing(std::map<std::string, Operator> &table);

} // namespace dscope::onnx
