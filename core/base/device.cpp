// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/device.h"

#include "core/base/error.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <dlfcn.h>
#include <malloc.h>
#include <sched.h>

#include <algorithm>
#include <mutex>
#include <thread>

namespace dscope {

namespace {

// The GPU's name and memory come from the driver itself: libtorch's header for them needs the CUDA toolkit.
struct Driver {
    using Init = int (*)(unsigned);
    using Count = int (*)(int *);
    using Get = int (*)(int *, int);
    using Name = int (*)(char *, int, int);
    using Memory = int (*)(std::size_t *, int);

    void *library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL);
    Init init = nullptr;
    Count count = nullptr;
    Get get = nullptr;
    Name name = nullptr;
    Memory memory = nullptr;

    Driver()
    {
        if (library == nullptr)
            return;
        init = reinterpret_cast<Init>(dlsym(library, "cuInit"));
        count = reinterpret_cast<Count>(dlsym(library, "cuDeviceGetCount"));
        get = reinterpret_cast<Get>(dlsym(library, "cuDeviceGet"));
        name = reinterpret_cast<Name>(dlsym(library, "cuDeviceGetName"));
        memory = reinterpret_cast<Memory>(dlsym(library, "cuDeviceTotalMem_v2"));
    }
    bool usable() const { return init && count && get && name && memory && init(0) == 0; }
};

Driver &driver()
{
    static Driver instance;
    return instance;
}

std::string findCuda()
{
    if (driver().library == nullptr)
        return "No NVIDIA driver was found: working on the CPU.";
    if (!driver().usable())
        return "The NVIDIA driver does not answer: working on the CPU.";
    // The CPU part of libtorch is loaded already; its CUDA part registers itself when it is opened.
    for (const char *library : {"libc10_cuda.so", "libtorch_cuda.so"})
        if (dlopen(library, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
            const char *reason = dlerror();
            return "An NVIDIA driver is there, but libtorch's CUDA part cannot be loaded (" + std::string(reason ? reason : "no reason given")
                + "): working on the CPU. ./run.sh installs what is missing.";
        }
    if (!at::globalContext().hasCUDA())
        return "libtorch's CUDA part was loaded but finds no GPU: working on the CPU.";
    // Left alone cuDNN rounds what it multiplies to 10 bits (TF32), and a face's embedding would not be the one that the CPU gives. Training allows it again.
    at::globalContext().setAllowTF32CuDNN(false);
    int count = 0;
    driver().count(&count);
    return std::to_string(count) + (count == 1 ? " NVIDIA GPU was found." : " NVIDIA GPUs were found.");
}

bool cudaLoaded()
{
    loadCuda();
    return driver().library != nullptr && at::globalContext().hasCUDA();
}

} // namespace

std::string Device::name() const
{
    return isCuda() ? "cuda:" + std::to_string(index) : "cpu";
}

const std::string &loadCuda()
{
    static const std::string found = findCuda();
    return found;
}

std::vector<DeviceInfo> availableDevices()
{
    std::vector<DeviceInfo> devices{{Device{}, "CPU (" + std::to_string(threads()) + (threads() == 1 ? " thread)" : " threads)"), 0}};
    if (!cudaLoaded())
        return devices;
    int count = 0;
    driver().count(&count);
    for (int i = 0; i < count; ++i) {
        int handle = 0;
        char name[256] = "GPU";
        std::size_t memory = 0;
        if (driver().get(&handle, i) != 0)
            continue;
        driver().name(name, sizeof name, handle);
        driver().memory(&memory, handle);
        devices.push_back({Device{Device::Kind::Cuda, i}, name, static_cast<std::int64_t>(memory)});
    }
    return devices;
}

Device parseDevice(const std::string &text)
{
    if (text == "cpu")
        return {};
    const std::vector<DeviceInfo> devices = availableDevices();
    if (text == "auto")
        return devices.back().device.isCuda() ? devices[1].device : Device{};
    int index = 0;
    if (text != "cuda") {
        if (text.rfind("cuda:", 0) != 0 || text.size() == 5 || text.size() > 8
            || !std::all_of(text.begin() + 5, text.end(), [](char c) { return c >= '0' && c <= '9'; }))
            throw UsageError("'" + text + "' is no device; use auto, cpu, cuda or cuda:N.");
        index = std::stoi(text.substr(5));
    }
    for (const DeviceInfo &info : devices)
        if (info.device == Device{Device::Kind::Cuda, index})
            return info.device;
    throw Error("There is no GPU " + std::to_string(index) + " here. " + loadCuda());
}

int usableCores()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void setThreads(int count)
{
    at::set_num_threads(count > 0 ? count : usableCores());
    static std::once_flag once;
    // Parallel work between operations is ours (one thread a stage); libtorch's own pool would only add threads.
    std::call_once(once, [] {
        at::set_num_interop_threads(1);
        // By default every tensor above 128 KiB is mapped and unmapped anew, and its pages zeroed each time: a fifth of a network's time.
        mallopt(M_MMAP_THRESHOLD, 32 << 20);
        mallopt(M_TRIM_THRESHOLD, 512 << 20);
    });
}

int threads()
{
    return at::get_num_threads();
}

namespace {

// The OpenMP library is the one that libtorch brought: linking to another by -fopenmp might load two.
using SetThreads = void (*)(int);
using MostThreads = int (*)();

SetThreads ompSetThreads()
{
    static const auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
    return set;
}

} // namespace

void useThisThreadOnly()
{
    // libtorch sets each thread's count from its own when the thread first asks for it; only then does ours stay.
    threads();
    if (const SetThreads set = ompSetThreads())
        set(1);
}

OneThread::OneThread()
{
    static const auto most = reinterpret_cast<MostThreads>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
    threads();
    m_before = most != nullptr ? most() : 0;
    useThisThreadOnly();
}

OneThread::~OneThread()
{
    if (const SetThreads set = ompSetThreads(); set != nullptr && m_before > 0)
        set(m_before);
}

} // namespace dscope
