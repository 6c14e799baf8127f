using System;
using System.Diagnostics;

namespace Isolator.Runtime.Hosting;

/// <summary>What is called of an object that is none, where the interpreter would look for its method.</summary>
/// <remarks>See <c>delegates.c</c>.</remarks>
[StackTraceHidden]
internal static class NoObject
{
#pragma warning disable CA2201 // It stands for the runtime here.
    public static void Throw() => throw new NullReferenceException();
#pragma warning restore CA2201
}
