// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/device.h"
#include "core/base/error.h"
#include "tests/support/support.h"

#include <algorithm>
#include <thread>

using namespace dscope;

/// Holds on machines with and without a GPU.
class TestDevice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void names()
    {
        QCOMPARE(Device{}.name(), std::string("cpu"));
        QCOMPARE((Device{Device::Kind::Cuda, 2}.name()), std::string("cuda:2"));
        QVERIFY(!Device{}.isCuda());
    }

    void cpuIsAlwaysThereAndFirst()
    {
        const std::vector<DeviceInfo> devices = availableDevices();
        QVERIFY(!devices.empty());
        QCOMPARE(devices.front().device, Device{});
        QVERIFY(devices.front().label.rfind("CPU (", 0) == 0);
        QCOMPARE(devices.front().memoryBytes, std::int64_t{0});
        for (std::size_t i = 1; i < devices.size(); ++i) {
            QVERIFY(devices[i].device.isCuda());
            QVERIFY(devices[i].memoryBytes > 0);
        }
        QVERIFY(!loadCuda().empty());
        QCOMPARE(loadCuda(), loadCuda());
    }

    void parses()
    {
        QCOMPARE(parseDevice("cpu"), Device{});
        const std::vector<DeviceInfo> devices = availableDevices();
        QCOMPARE(parseDevice("auto"), devices.size() > 1 ? devices[1].device : Device{});
        if (devices.size() > 1)
            QCOMPARE(parseDevice("cuda"), (Device{Device::Kind::Cuda, 0}));
        else
            QVERIFY_THROWS_EXCEPTION(Error, parseDevice("cuda"));
        for (const char *wrong : {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1234", "cuda:0 "})
            QVERIFY_THROWS_EXCEPTION(UsageError, parseDevice(wrong));
        try {
            parseDevice("cuda:99");
            QFAIL("no error was thrown");
        } catch (const UsageError &) {
            QFAIL("a device that is not there is no wrong usage");
        } catch (const Error &error) {
            QVERIFY2(QByteArray(error.what()).contains("99"), error.what());
        }
    }

    void threadCount()
    {
        const int before = threads();
        setThreads(1);
        QCOMPARE(threads(), 1);
        setThreads(0);
        QCOMPARE(threads(), static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
        setThreads(before);
        QCOMPARE(threads(), before);
    }
};

DSCOPE_TEST(TestDevice)
#include "tst_device.moc"
