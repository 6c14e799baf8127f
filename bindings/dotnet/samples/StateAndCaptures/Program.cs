// What lambdas capture is copied in. What they change, they change inside.
using DotNetIsolator;

internal static class Program
{
    private static int s_counter;

    private static void Main()
    {
        using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
        using var runtime = new IsolatedRuntime(host, new() { StandardOutput = IsolatedOutput.Inherit });

        var ada = new Person("Ada", 36);
        var alan = new Person("Alan", 41);
        int sum = runtime.Invoke(() => ada.Age + alan.Age);
        Console.WriteLine($"The sandbox added {sum} years");

        int local = 0;
        for (int i = 0; i < 2; i++)
        {
            runtime.Invoke(() =>
            {
                s_counter++;
                local++;
                Console.WriteLine($"inside: counter {s_counter}, local {local}");
            });
        }

        // Statics stay in the runtime from call to call; the captured variable is a new copy each time.
        Console.WriteLine($"here:   counter {s_counter}, local {local}");

        // Another runtime has statics of its own.
        using var another = new IsolatedRuntime(host);
        Console.WriteLine($"another runtime's counter: {another.Invoke(() => s_counter)}");

        // Objects can stay inside, too.
        using IsolatedObject account = runtime.CreateObject<Account>("Ada", 100);
        account.InvokeVoid("Pay", 30);
        Console.WriteLine($"left on the account: {account.Invoke<int>("get_Balance")}");
        try
        {
            account.InvokeVoid("Pay", 1000);
        }
        catch (IsolatedException e)
        {
            Console.WriteLine($"refused: {e.GuestException!.Message}");
        }
    }

    private sealed record Person(string Name, int Age);

    private sealed class Account(string owner, int balance)
    {
        public int Balance { get; private set; } = balance;

        public void Pay(int amount)
        {
            if (amount > Balance)
            {
                throw new InvalidOperationException($"{owner} has no {amount}");
            }

            Balance -= amount;
        }
    }
}
