// An order that waits for a payment, and for a person who has only so much time. It is written down each time that it waits; its process is then killed,
// and another goes on from the file.
//
//   Workflow                           shows two orders, each step in a process of its own, which is killed
//   Workflow start FILE WHAT PATIENCE  begins an order; patience is in milliseconds
//   Workflow paid FILE AMOUNT          the bank says so
//   Workflow approve FILE NAME         a person says so
//   Workflow look FILE                 does what is due by now
using System.Diagnostics;
using System.Globalization;
using DotNetIsolator;

const string Name = "order";

switch (args)
{
    case []:
        Show();
        return 0;
    case ["start", string file, string what, string patience]:
    {
        int milliseconds = int.Parse(patience, CultureInfo.InvariantCulture);
        using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
        using var runtime = new IsolatedRuntime(host);
        Task asked = Register(runtime);
        Task<string> order = runtime.InvokeAsync(() => Order.Process(what, milliseconds));
        runtime.Keep(Name, order);
        return await GoOn(runtime, order, asked, file);
    }

    case ["paid", string file, string amount]:
        return await Wake(file, "pay", (runtime, call) => runtime.Answer(call, decimal.Parse(amount, CultureInfo.InvariantCulture)));
    case ["approve", string file, string name]:
        return await Wake(file, "approve", (runtime, call) => runtime.Answer(call, name));
    case ["look", string file]:
        return await Wake(file, null, (_, _) => { });
    default:
        Console.Error.WriteLine("say nothing, or start|paid|approve|look FILE …");
        return 2;
}

// What guest code calls. A real program would send the customer to a bank, and a mail to a person; neither waits for the answer, which comes to another
// process. The result is done when something was asked.
static Task Register(IsolatedRuntime runtime)
{
    TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Task<T> Ask<T>()
    {
        asked.TrySetResult();
        return new TaskCompletionSource<T>().Task;
    }

    runtime.RegisterCallback("pay", (string what, decimal amount) => Ask<decimal>());
    runtime.RegisterCallback("approve", (string what) => Ask<string>());
    return asked.Task;
}

static async Task<int> Wake(string file, string? name, Action<IsolatedRuntime, ulong> answer)
{
    using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
    using SuspendedRuntime suspended = SuspendedRuntime.Load(file);
    using IsolatedRuntime runtime = host.Resume(suspended);
    Task asked = Register(runtime);
    if (name is not null)
    {
        answer(runtime, runtime.PendingCalls.Single(call => call.Name == name).Id);
    }

    return await GoOn(runtime, runtime.TakeUpAsync<string>(Name), asked, file);
}

// Has the order do all that it can do now, writes it down if it waits, and then does nothing any more.
static async Task<int> GoOn(IsolatedRuntime runtime, Task<string> order, Task asked, string file)
{
    await Task.WhenAny(order, asked, Task.Delay(TimeSpan.FromSeconds(10)));
    string log = await runtime.InvokeAsync(() => Task.FromResult(Order.Log()));
    if (order.IsCompleted)
    {
        File.Delete(file);
        Console.WriteLine($"{log}: {await order}");
        return 0;
    }

    using SuspendedRuntime suspended = runtime.Suspend();
    suspended.Save(file);
    Console.WriteLine($"{log}: waits");
    // Whatever happens to this process now, the order is in the file.
    await Task.Delay(TimeSpan.FromHours(1));
    return 1;
}

// Two orders: one that is approved, and one that nobody looks at in time.
static void Show()
{
    DirectoryInfo place = Directory.CreateTempSubdirectory("isolator-orders-");
    string book = Path.Combine(place.FullName, "book.sleep"), pen = Path.Combine(place.FullName, "pen.sleep");
    Step("start", book, "book", "172800000");
    Step("paid", book, "12.50");
    Step("approve", book, "Ada");
    Step("start", pen, "pen", "1000");
    Step("paid", pen, "12.50");
    Thread.Sleep(1100);
    Step("look", pen);
    place.Delete();
}

// One step in a process of its own, which is killed when it has said what there is to say.
static void Step(params string[] step)
{
    ProcessStartInfo start = new(Environment.ProcessPath!, [typeof(Order).Assembly.Location, .. step]) { RedirectStandardOutput = true };
    using Process process = Process.Start(start)!;
    Console.WriteLine(process.StandardOutput.ReadLine());
    process.Kill();
    process.WaitForExit();
}

/// <summary>An order, as one would write it down: that days pass in it, and that its process comes and goes, it does not know.</summary>
internal static class Order
{
    private static readonly List<string> s_log = [];

    public static string Log() => string.Join(", ", s_log);

    public static async Task<string> Process(string what, int patience)
    {
        s_log.Add($"{what} ordered");
        decimal paid = await DotNetIsolatorHost.InvokeAsync<decimal>("pay", what, 12.50m);
        s_log.Add($"{paid} paid");

        using CancellationTokenSource enough = new();
        Task<string> approval = DotNetIsolatorHost.InvokeAsync<string>("approve", enough.Token, what);
        if (await Task.WhenAny(approval, Task.Delay(patience)) == approval)
        {
            s_log.Add($"approved by {await approval}");
            return $"{what} is on its way";
        }

        enough.Cancel();
        s_log.Add("nobody approved it in time");
        return $"{paid} go back";
    }
}
