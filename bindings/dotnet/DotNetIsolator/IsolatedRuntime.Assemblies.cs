using System;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <content>Assemblies: loaded, looked into, run.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>Loads an assembly from its bytes. One of the same name that is loaded already is the result then.</summary>
    /// <param name="image">The content of a <c>.dll</c>.</param>
    /// <param name="symbols">The content of the portable <c>.pdb</c> that belongs to it, for line numbers in stack traces; empty: none.</param>
    /// <returns>The assembly.</returns>
    /// <exception cref="IsolatedException">The bytes are no .NET assembly.</exception>
    public IsolatedAssembly LoadAssembly(ReadOnlySpan<byte> image, ReadOnlySpan<byte> symbols = default) =>
        new(this, _native.LoadImage(image, symbols));

    /// <summary>Loads an assembly from its bytes, with its compiled code if there is some, as a loader gives it.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <returns>The assembly.</returns>
    /// <exception cref="IsolatedException">The bytes are no .NET assembly, or compiled code is required and does not fit.</exception>
    public IsolatedAssembly LoadAssembly(AssemblyImage assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return new(this, _native.LoadImage(assembly.Image, assembly.Symbols, assembly.Compiled));
    }

    /// <summary>Loads an assembly by its name: of the base class library, or from the host's loaders.</summary>
    /// <param name="assemblyName">Its simple or full name.</param>
    /// <returns>The assembly.</returns>
    /// <exception cref="IsolatedException">There is none of that name.</exception>
    public IsolatedAssembly LoadAssembly(string assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        try
        {
            IsolatedAssembly loaded = new(this, _native.LoadAssembly(assemblyName));
            GC.KeepAlive(this);
            return loaded;
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.AssemblyNotFound)
        {
            throw NotLoaded(assemblyName, e);
        }
    }

    /// <summary>Lists the members of a type.</summary>
    /// <param name="type">The type. Only its name is used here: the guest loads it for itself.</param>
    /// <returns>The type, with its members.</returns>
    /// <exception cref="IsolatedException">The guest finds no such type.</exception>
    public IsolatedMember Inspect(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Inspect(TypeFor(type).Handle);
    }

    /// <summary>Lists the members of a type that this application need not reference.</summary>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="declaringTypeName">The class around it (<c>Outer/Inner</c> if there are several); null: none.</param>
    /// <param name="typeName">The type.</param>
    /// <returns>The type, with its members.</returns>
    /// <exception cref="IsolatedException">The guest finds no such type.</exception>
    public IsolatedMember Inspect(string assemblyName, string? @namespace, string? declaringTypeName, string typeName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        ArgumentNullException.ThrowIfNull(typeName);
        return Inspect(TypeFor(assemblyName, new TypePath(@namespace, declaringTypeName, typeName)).Handle);
    }

    internal unsafe IsolatedMember Inspect(GuestHandle subject)
    {
        NativeBytes bytes = _native.Inspect(subject);
        GC.KeepAlive(this);
        try
        {
            WireReader reader = new(bytes.Data, bytes.Length);
            IsolatedMember member = IsolatedMember.Read(reader);
            reader.ExpectEnd();
            return member;
        }
        catch (Isolator.Runtime.FailureException e)
        {
            throw ErrorMapping.Unreadable(typeof(IsolatedMember), e);
        }
        finally
        {
            bytes.Dispose();
        }
    }

    internal int RunMain(GuestHandle assembly, string[] args)
    {
        Check(args);
        Measured? measured = IsolatorTelemetry.BeginCall(this, "program", null);
        try
        {
            int exitCode = _native.RunMain(assembly, args);
            GC.KeepAlive(this);
            return exitCode;
        }
        catch (Exception e) when (measured?.Fails(e) == true)
        {
            throw;
        }
        finally
        {
            measured?.End();
        }
    }

    internal async Task<int> RunMainAsync(GuestHandle assembly, string[] args)
    {
        Check(args);
        AsyncOperation<int> pending = new(this, "program", bytes => Read<int>(bytes), CancellationToken.None);
        _native.RunMainAsync(assembly, args, pending);
        try
        {
            return await pending.Task.ConfigureAwait(false);
        }
        catch (IsolatedException e) when (e is { Kind: IsolatedErrorKind.Exit, ExitCode: { } code })
        {
            return code;
        }
    }

    private static void Check(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        foreach (string arg in args)
        {
            ArgumentNullException.ThrowIfNull(arg, nameof(args));
        }
    }
}
