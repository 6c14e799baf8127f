using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.ConstrainedExecution;
using System.Threading;
using System.Threading.Tasks;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>What does not cross, and why.</summary>
internal static partial class GraphRules
{
    /// <summary>Why no object of a type crosses; null if it may.</summary>
    public static string? Refuses(Type type)
    {
        if (type.IsByRef || type.IsPointer || type.IsFunctionPointer || type.IsByRefLike || type.ContainsGenericParameters)
        {
            return typeof(Type).IsAssignableFrom(type) ? null : "it is a reference, a pointer, a ref struct or an open generic type.";
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return "a delegate is code. Set the event or delegate to null for the copy, keep it out of what crosses, or register a callback.";
        }

        if (typeof(Task).IsAssignableFrom(type))
        {
            return "a task is not a value. Await it, and pass its result.";
        }

        if (typeof(Stream).IsAssignableFrom(type))
        {
            return "a stream belongs to its process. Pass its bytes.";
        }

        if (typeof(MemberInfo).IsAssignableFrom(type) && !typeof(Type).IsAssignableFrom(type)
            || typeof(Assembly).IsAssignableFrom(type) || typeof(Module).IsAssignableFrom(type) || typeof(Pointer).IsAssignableFrom(type))
        {
            return "it is part of the runtime. Pass its name.";
        }

        if (typeof(MarshalByRefObject).IsAssignableFrom(type) || typeof(CriticalFinalizerObject).IsAssignableFrom(type) || IsSpecial(type))
        {
            return "it holds a resource of its process. Keep it out of what crosses.";
        }

        return RefusesHere(type);
    }

    private static bool IsSpecial(Type type)
    {
        for (Type? level = type; level is not null; level = level.BaseType)
        {
            string name = level.IsGenericType ? level.GetGenericTypeDefinition().FullName! : level.FullName!;
            if (name is "System.Threading.CancellationTokenSource" or "System.Threading.SemaphoreSlim" or "System.Threading.ManualResetEventSlim"
                or "System.Threading.ReaderWriterLockSlim" or "System.Threading.CountdownEvent" or "System.Threading.Barrier"
                or "System.Threading.ThreadLocal`1" or "System.Threading.AsyncLocal`1" or "System.Threading.ExecutionContext"
                or "System.Threading.SynchronizationContext" or "System.Threading.Tasks.TaskScheduler" or "System.Threading.Tasks.TaskCompletionSource"
                or "System.Threading.Tasks.TaskCompletionSource`1" or "System.Collections.Concurrent.BlockingCollection`1" or "System.Threading.PeriodicTimer"
                or "System.WeakReference" or "System.GC" or "System.LocalDataStoreSlot" or "System.AppDomain")
            {
                return IsFramework(level);
            }
        }

        return false;
    }
}
