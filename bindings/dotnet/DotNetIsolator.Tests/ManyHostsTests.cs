using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Hosts need address space, of which a process has only so much.</summary>
public sealed class ManyHostsTests
{
    [Fact]
    public void Sixty_hosts_work_in_one_process_and_give_back_what_they_took()
    {
        for (int round = 0; round < 2; round++)
        {
            List<IsolatedRuntimeHost> hosts = [];
            List<IsolatedRuntime> runtimes = [];
            for (int i = 0; i < 60; i++)
            {
                hosts.Add(new IsolatedRuntimeHost());
                runtimes.Add(new IsolatedRuntime(hosts[i]));
                Assert.Equal(i, Max(runtimes[i], i));
            }

            Assert.All(runtimes, runtime => Assert.Equal(7, Max(runtime, 7)));
            long most = AddressSpace();
            runtimes.ForEach(runtime => runtime.Dispose());
            hosts.ForEach(host => host.Dispose());
            Assert.InRange(AddressSpace(), 0, most / 3 * 2);
        }
    }

    private static int Max(IsolatedRuntime runtime, int number) =>
        runtime.GetMethod(typeof(Math), nameof(Math.Max), [typeof(int), typeof(int)]).Invoke<int, int, int>(null, number, -1);

    private static long AddressSpace()
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmSize:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', '\t').First(part => part.Length > 0 && char.IsAsciiDigit(part[0]))) << 10;
    }
}
