using System;
using System.Reflection;
using System.Threading.Tasks;

namespace DotNetIsolator;

/// <content>Value tasks, which are awaited as tasks are.</content>
internal sealed partial class CallbackEntry
{
    /// <summary>The type of task that a value task becomes; null for any other type.</summary>
    private static Type? TaskOf(Type returned) =>
        returned == typeof(ValueTask) ? typeof(Task)
        : returned.IsGenericType && returned.GetGenericTypeDefinition() == typeof(ValueTask<>) ? typeof(Task<>).MakeGenericType(returned.GetGenericArguments())
        : null;

    /// <summary>What a call returned, as a task.</summary>
    private static Task? AsTask(object? returned) => returned switch
    {
        null => null,
        Task task => task,
        ValueTask task => task.AsTask(),
        _ => (Task)returned.GetType().GetMethod(nameof(ValueTask<int>.AsTask))!.Invoke(returned, BindingFlags.DoNotWrapExceptions, null, null, null)!,
    };
}
