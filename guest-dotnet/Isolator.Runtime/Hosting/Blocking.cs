using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Isolator.Runtime.Hosting;

/// <summary>Whether a piece of work may wait for something that other code does, as far as its IL tells.</summary>
/// <remarks>
/// A sleep runs queued work on top of the sleeping code, which goes on only when that work is done. So work that waits for an
/// event, or loops until a flag is set, is not begun there: what it waits for is often what the sleeping code does next. It runs
/// where code waits without knowing for how long. Work is read down through the methods of its own assembly.
/// </remarks>
internal static class Blocking
{
    /// <summary>Methods that are read for one piece of work, at most.</summary>
    private const int MaxMethods = 200;

    private static readonly Dictionary<MethodBase, bool> Known = [];

    /// <summary>What waits without being told by whom it is ended. Waits for tasks and threads are not here: these run meanwhile.</summary>
    private static readonly Dictionary<string, string[]> Waits = new()
    {
        ["System.Threading.WaitHandle"] = ["WaitOne", "WaitAny", "WaitAll", "SignalAndWait"],
        ["System.Threading.Monitor"] = ["Wait"],
        ["System.Threading.SemaphoreSlim"] = ["Wait"],
        ["System.Threading.ManualResetEventSlim"] = ["Wait"],
        ["System.Threading.CountdownEvent"] = ["Wait"],
        ["System.Threading.Barrier"] = ["SignalAndWait"],
        ["System.Threading.SpinWait"] = ["SpinUntil"],
        ["System.Collections.Concurrent.BlockingCollection`1"] = ["Take", "TryTake", "TakeFromAny", "GetConsumingEnumerable"],
    };

    /// <summary>Whether the method of a delegate, or of any of its list, may.</summary>
    public static bool May(Delegate work)
    {
        foreach (Delegate one in work.GetInvocationList())
        {
            if (May(one.Method))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a method may.</summary>
    public static bool May(MethodBase method)
    {
        if (Known.TryGetValue(method, out bool known))
        {
            return known;
        }

        // Ours and the base class library's is nothing to read: what of it waits is in the list.
        bool may = IsProgram(method) && new Reading(method.Module.Assembly).May(method);
        Known[method] = may;
        return may;
    }

    private static bool IsProgram(MethodBase method) =>
        method.DeclaringType?.Assembly is { } assembly && assembly != typeof(object).Assembly && assembly != typeof(Blocking).Assembly;

    /// <summary>One reading of a method and of what it calls.</summary>
    private sealed class Reading(Assembly assembly)
    {
        private readonly HashSet<MethodBase> _seen = [];

        public bool May(MethodBase method)
        {
            if (_seen.Count >= MaxMethods || !_seen.Add(method))
            {
                return false;
            }

            try
            {
                return method.GetMethodBody()?.GetILAsByteArray() is { } il && May(method, il);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // What cannot be read (emitted code, a missing assembly) is run, and says itself what is wrong.
                return false;
            }
        }

        private bool May(MethodBase method, byte[] il)
        {
            bool isStateMachine = method.Name == nameof(IAsyncStateMachine.MoveNext)
                && typeof(IAsyncStateMachine).IsAssignableFrom(method.DeclaringType);
            // A loop of an asynchronous method gives way where it awaits.
            if (!isStateMachine && new Loops(method, il).AnyWaits())
            {
                return true;
            }

            foreach (Instruction instruction in Instruction.All(il))
            {
                if (instruction.IsCall && Resolve(method, instruction.Operand) is { } callee && MayCall(callee))
                {
                    return true;
                }
            }

            return false;
        }

        private bool MayCall(MethodBase callee)
        {
            Type? type = callee.DeclaringType;
            if (type is null)
            {
                return false;
            }

            string name = (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName ?? string.Empty;
            if (Waits.TryGetValue(name, out string[]? methods) && Array.IndexOf(methods, callee.Name) >= 0)
            {
                return true;
            }

            if (type.Assembly == assembly && May(callee))
            {
                return true;
            }

            // An asynchronous method starts its state machine, which runs up to its first await.
            if (callee.Name == "Start" && callee.IsGenericMethod && callee.GetGenericArguments() is [{ } machine] && typeof(IAsyncStateMachine).IsAssignableFrom(machine))
            {
                return machine.GetMethod(nameof(IAsyncStateMachine.MoveNext), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic) is { } moveNext && May(moveNext);
            }

            return false;
        }
    }

    private static MethodBase? Resolve(MethodBase method, int token)
    {
        try
        {
            Type[]? ofType = method.DeclaringType?.IsGenericType == true ? method.DeclaringType.GetGenericArguments() : null;
            return method.Module.ResolveMethod(token, ofType, method.IsGenericMethod ? method.GetGenericArguments() : null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>The loops of a method.</summary>
    private sealed class Loops(MethodBase method, byte[] il)
    {
        private readonly List<Instruction> _code = [.. Instruction.All(il)];

        /// <summary>Whether one goes on until a flag is set, or for ever: it compares nothing and takes nothing from anywhere.</summary>
        public bool AnyWaits()
        {
            foreach (Instruction back in _code)
            {
                if (!back.IsBranch || back.Operand >= back.At)
                {
                    continue;
                }

                if (back.IsUnconditional ? !Leaves(back.Operand, back.At) : AsksForFlag(back))
                {
                    return true;
                }
            }

            return false;
        }

        /// <summary>An endless loop that something it compares ends is as good as a counted one.</summary>
        private bool Leaves(int from, int to)
        {
            foreach (Instruction one in _code)
            {
                if (one.At >= from && one.At < to && one.IsBranch && !one.IsUnconditional && one.Operand > to && one.Compares)
                {
                    return true;
                }
            }

            return false;
        }

        // What the condition is made of, from its end.
        private bool AsksForFlag(Instruction back)
        {
            if (back.Compares)
            {
                return false;
            }

            bool asks = false;
            for (int at = _code.IndexOf(back) - 1; at >= 0 && _code[at].At >= back.Operand; at--)
            {
                Instruction one = _code[at];
                if (one.Compares)
                {
                    return false;
                }

                if (one.IsCall ? !IsFlag(one) : !one.IsSimple)
                {
                    break;
                }

                asks |= one.IsCall || one.IsFieldLoad;
            }

            return asks;
        }

        private bool IsFlag(Instruction call) =>
            Resolve(method, call.Operand)?.Name is "get_IsCancellationRequested" or "get_Token" or "get_IsSet" or "Read";
    }
}
