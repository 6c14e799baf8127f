using System;
using System.Reflection;
using System.Threading.Tasks;
using Isolator.Runtime.Members;

namespace Isolator.Runtime.Hosting;

/// <summary>Runs a program's entry point.</summary>
internal static class MainRunner
{
    /// <summary>Starts <c>Main</c>; the task's result is the exit code.</summary>
    public static TaskState Start(Assembly assembly, string[] args)
    {
        MethodInfo entry = assembly.EntryPoint ?? throw new FailureException(
            FailureKind.MemberNotFound,
            $"Assembly '{assembly.GetName().Name}' has no entry point: it is a library, not a program.")
        {
            Assembly = assembly.GetName().Name,
            Member = "Main",
        };

        Startup.SetCommandLine($"{assembly.GetName().Name}.dll", args);
        Assembly.SetEntryAssembly(assembly);
        return TaskState.ForMain(RunAsync(RealMain(entry), args));
    }

    /// <summary>
    /// The method that the programmer wrote: the compiler's wrapper of an asynchronous one would block the only thread.
    /// </summary>
    public static MethodInfo RealMain(MethodInfo entry)
    {
        if (entry.Name != "<Main>")
        {
            return entry;
        }

        Type[] parameters = Array.ConvertAll(entry.GetParameters(), p => p.ParameterType);
        foreach (string name in new[] { "Main", "<Main>$" })
        {
            MethodInfo? real = entry.DeclaringType!.GetMethod(
                name,
                BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly,
                parameters);
            if (real is not null && MethodTarget.IsTask(real.ReturnType))
            {
                return real;
            }
        }

        return entry;
    }

    private static async Task<int> RunAsync(MethodInfo main, string[] args)
    {
        object?[] values = main.GetParameters().Length == 0 ? [] : [args];
        object? result;
        try
        {
            result = main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, values, null);
            if (TaskState.AsTask(result) is { } task)
            {
                await task.ConfigureAwait(false);
                result = task is Task<int> coded ? await coded.ConfigureAwait(false) : null;
            }
        }
        catch (Exception e) when (IsTold(e))
        {
            throw;
        }

        Threads.Finish();
        Raise("OnProcessExit");
        return result switch
        {
            int code => code,
            uint code => (int)code,
            _ => Environment.ExitCode,
        };
    }

    /// <summary>
    /// Tells <c>AppDomain.UnhandledException</c>. It is called from an exception filter and always false: the handlers run
    /// first, and the exception then leaves with the stack trace that it has.
    /// </summary>
    private static bool IsTold(Exception exception)
    {
        Raise("OnUnhandledException", exception);
        return false;
    }

    /// <summary>What the runtime calls where there is a process: it raises the event of <c>AppDomain</c>.</summary>
    private static void Raise(string name, params object[] args) =>
        typeof(AppContext).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)?.Invoke(null, BindingFlags.DoNotWrapExceptions, null, args, null);
}
