using System;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>An assembly that an isolated runtime has loaded: see <see cref="IsolatedRuntime.LoadAssembly(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>.</summary>
public sealed class IsolatedAssembly : IDisposable
{
    private readonly GuestHandle _handle;

    internal IsolatedAssembly(IsolatedRuntime runtime, GuestHandle handle)
    {
        Runtime = runtime;
        _handle = handle;
    }

    /// <summary>The runtime that the assembly is in.</summary>
    public IsolatedRuntime Runtime { get; }

    internal GuestHandle Handle => _handle;

    /// <summary>Lists the assembly's types and their members.</summary>
    /// <returns>The assembly, with its types as members.</returns>
    /// <exception cref="IsolatedException">A type in it cannot be loaded.</exception>
    public IsolatedMember Inspect() => Runtime.Inspect(_handle);

    /// <summary>Finds a method of a class in the assembly.</summary>
    /// <param name="typeName">The class as reflection names it: <c>Namespace.Outer+Inner</c>, type arguments in brackets.</param>
    /// <param name="methodName">Its name. It need not be public.</param>
    /// <param name="numArgs">The number of its arguments; -1: any.</param>
    /// <returns>The method.</returns>
    /// <exception cref="IsolatedException">There is no such class or method, or there are several.</exception>
    public IsolatedMethod GetMethod(string typeName, string methodName, int numArgs = -1)
    {
        ArgumentNullException.ThrowIfNull(methodName);
        return Runtime.FindMethod(TypeOf(typeName), methodName, numArgs, []);
    }

    /// <summary>Makes an object of a class in the assembly with the constructor that takes the arguments.</summary>
    /// <param name="typeName">The class as reflection names it: <c>Namespace.Outer+Inner</c>, type arguments in brackets.</param>
    /// <param name="args">The constructor's arguments.</param>
    /// <returns>The object.</returns>
    /// <exception cref="IsolatedException">There is no such class or constructor, or the constructor threw.</exception>
    public IsolatedObject CreateObject(string typeName, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return Runtime.Create(TypeOf(typeName), args);
    }

    /// <summary>Runs the assembly's entry point to its end. An asynchronous <c>Main</c> is waited for on this thread.</summary>
    /// <param name="args">The program's arguments, without its name.</param>
    /// <returns>
    /// The exit code: what <c>Main</c> returned, or what was passed to <see cref="Environment.Exit"/>; after that the runtime can no
    /// longer be used.
    /// </returns>
    /// <exception cref="IsolatedException">There is no entry point, or <c>Main</c> threw.</exception>
    public int RunMain(params string[] args) => Runtime.RunMain(_handle, args);

    /// <summary>Runs the assembly's entry point. While the program waits, no thread is held.</summary>
    /// <param name="args">The program's arguments, without its name.</param>
    /// <returns>The exit code, as for <see cref="RunMain"/>.</returns>
    /// <exception cref="IsolatedException">There is no entry point, or <c>Main</c> threw.</exception>
    public Task<int> RunMainAsync(params string[] args) => Runtime.RunMainAsync(_handle, args);

    /// <summary>Lets go of this name for the assembly. The runtime keeps what it has loaded.</summary>
    public void Dispose() => _handle.Dispose();

    private GuestType TypeOf(string typeName)
    {
        ArgumentNullException.ThrowIfNull(typeName);
        return new GuestType(typeName, Runtime.Native.FindTypeIn(_handle, typeName));
    }
}
