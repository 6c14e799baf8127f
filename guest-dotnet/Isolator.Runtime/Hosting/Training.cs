using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace Isolator.Runtime.Hosting;

/// <summary>A training run: tells the host of which instances of generic methods the interpreter made code, so that they can be compiled.</summary>
/// <remarks>The host calls it by its names and has the callback: see <c>training.rs</c> of <c>isolator-compile</c>, which says the form, too.</remarks>
internal static unsafe class Training
{
    private const string Callback = "isolator.training";

    /// <summary>Has methods noted from now on.</summary>
    public static void Begin()
    {
        Native.isolator_training_begin();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>Tells what was noted. Nothing more is.</summary>
    public static void End()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        Tell();
    }

    // Whoever exits never comes to what the host calls next. But a program's end may be followed by another one's, in the same run.
    private static void OnExit(object? sender, EventArgs arguments)
    {
        try
        {
            Tell();
        }
        catch (HostCallFailedException)
        {
            // A copy of the runtime, whose host has no such callback: nobody wants to know.
            return;
        }

        Native.isolator_training_resume();
    }

    private static void Tell()
    {
        uint count;
        nint* noted = Native.isolator_training_end(&count);
        Dictionary<Assembly, string> names = [];
        HashSet<string> lines = [];
        for (uint i = 0; i < count; i++)
        {
            // A method and its type, one after the other.
            if (Line(noted[2 * i], noted[(2 * i) + 1], names) is { } line)
            {
                lines.Add(line);
            }
        }

        _ = HostCalls.CallRaw(Callback, Encoding.UTF8.GetBytes(string.Join('\n', lines)));
    }

    /// <summary>What is said of a method; null of one that is not generic, or that cannot be told.</summary>
    private static string? Line(nint methodHandle, nint typeHandle, Dictionary<Assembly, string> names)
    {
        RuntimeTypeHandle handle = RuntimeTypeHandle.FromIntPtr(typeHandle);
        Type type = Type.GetTypeFromHandle(handle)!;
        MethodBase? method = MethodBase.GetMethodFromHandle(RuntimeMethodHandle.FromIntPtr(methodHandle), handle);
        if (method is null || !(type.IsGenericType || method.IsGenericMethod))
        {
            return null;
        }

        StringBuilder line = new();
        if (!Write(line, type, names))
        {
            return null;
        }

        line.Append('\t').Append(Row(method));
        return WriteArguments(line, method.IsGenericMethod ? method.GetGenericArguments() : [], names) ? line.ToString() : null;
    }

    private static bool Write(StringBuilder line, Type type, Dictionary<Assembly, string> names)
    {
        // All references share their code, so one stands for those that have no name of their own.
        if (type.IsArray)
        {
            type = typeof(object);
        }

        if (type.HasElementType || type.IsFunctionPointer || type.IsGenericParameter)
        {
            return false;
        }

        if (!names.TryGetValue(type.Assembly, out string? name))
        {
            name = type.Assembly.GetName().Name ?? string.Empty;
            names.Add(type.Assembly, name);
        }

        line.Append(name).Append('\t').Append(Row(type.IsGenericType ? type.GetGenericTypeDefinition() : type));
        return WriteArguments(line, type.IsGenericType ? type.GetGenericArguments() : [], names);
    }

    private static bool WriteArguments(StringBuilder line, Type[] arguments, Dictionary<Assembly, string> names)
    {
        line.Append('\t').Append(arguments.Length);
        foreach (Type argument in arguments)
        {
            line.Append('\t');
            if (!Write(line, argument, names))
            {
                return false;
            }
        }

        return true;
    }

    private static int Row(MemberInfo member) => member.MetadataToken & 0xffffff;

    /// <summary>What the guest shim notes.</summary>
    private static class Native
    {
        private const string Library = "isolator";

        [DllImport(Library)]
        public static extern void isolator_training_begin();

        [DllImport(Library)]
        public static extern nint* isolator_training_end(uint* count);

        [DllImport(Library)]
        public static extern void isolator_training_resume();
    }
}
