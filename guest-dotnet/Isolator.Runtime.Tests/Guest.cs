using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Tests;

/// <summary>A failure as the host reads it.</summary>
internal sealed class HostFailure(Dictionary<string, object?> map) : Exception((string?)map["Message"])
{
    public string Kind => (string)map["Kind"]!;

    public string? Assembly => (string?)map["Assembly"];

    public string? TypeName => (string?)map["TypeName"];

    public string? Member => (string?)map["Member"];

    public object?[] Candidates => (object?[])map["Candidates"]!;

    public Dictionary<string, object?> Exception => (Dictionary<string, object?>)map["Exception"]!;
}

/// <summary>The exports as the host calls them, over a fake C side.</summary>
internal sealed unsafe class Guest
{
    public Guest() => Bridge = FakeBridge.Install();

    public FakeBridge Bridge { get; }

    /// <summary>Result of the last call: null where it was "none".</summary>
    public static (ulong Value, byte[]? Bytes) Call(Action<nint> entry, ulong a = 0, ulong b = 0, byte[]? p = null, byte[]? q = null)
    {
        Frame frame = default;
        frame.A = a;
        frame.B = b;
        frame.Code = 99;
        byte[] first = p ?? [];
        fixed (byte* pp = first.Length == 0 ? new byte[1] : first, qq = q is { Length: 0 } ? new byte[1] : q)
        {
            frame.P = pp;
            frame.PLength = (uint)first.Length;
            frame.Q = qq;
            frame.QLength = (uint)(q?.Length ?? 0);
            entry((nint)(&frame));
        }

        byte[] result = new ReadOnlySpan<byte>(frame.Result, (int)frame.ResultLength).ToArray();
        NativeMemory.Free(frame.Result);
        return frame.Code switch
        {
            FrameCode.Ok => (frame.Value, result),
            FrameCode.None => (0, null),
            FrameCode.Failure => throw new HostFailure((Dictionary<string, object?>)Wire.Read(result, typeof(object))!),
            _ => throw new InvalidOperationException($"{entry.Method.Name} left code {frame.Code}."),
        };
    }

    public static ulong Assembly(string name) => Call(Entry.LoadAssembly, p: Utf8(name)).Value;

    public static ulong Type(Type type) => Call(Entry.FindType, Assembly(type.Assembly.GetName().Name!), p: Utf8(type.FullName!)).Value;

    public static ulong Method(Type type, string name, int? count = null, string[]? types = null, string[]? generics = null) =>
        Call(Entry.FindMethod, Type(type), p: Utf8(name), q: Query(count, types, generics)).Value;

    public static object? Invoke(ulong method, ulong target, params object?[] args) =>
        Wire.Read(Call(Entry.Invoke, method, target, Args(args)).Bytes!, typeof(object));

    public static object? Invoke(Type type, string name, params object?[] args) => Invoke(Method(type, name, args.Length), 0, args);

    public static byte[] Args(params object?[] args) => Wire.Pack(w =>
    {
        w.WriteArrayHeader(args.Length);
        foreach (object? arg in args)
        {
            if (arg is Handle handle)
            {
                w.WriteHandle(handle.Value);
            }
            else if (arg is null)
            {
                w.WriteNil();
            }
            else
            {
                Plans.For(arg.GetType()).WriteBoxed(w, arg);
            }
        }
    });

    public static byte[] Query(int? count, string[]? types, string[]? generics) => Wire.Pack(w =>
    {
        w.WriteMapHeader(3);
        w.WriteString("ArgumentCount");
        Plans.For(typeof(int?)).WriteBoxed(w, count);
        w.WriteString("ParameterTypes");
        Plans.For(typeof(string[])).WriteBoxed(w, types);
        w.WriteString("GenericArguments");
        Plans.For(typeof(string[])).WriteBoxed(w, generics);
    });

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>A handle as an argument.</summary>
internal sealed record Handle(ulong Value);
