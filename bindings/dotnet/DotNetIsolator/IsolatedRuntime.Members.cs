using System;
using System.Collections.Generic;
using System.Text;
using DotNetIsolator.Interop;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <content>Finding types and methods, making objects.</content>
public sealed partial class IsolatedRuntime
{
    private readonly Dictionary<(string Assembly, string Name), GuestType> _types = [];
    private readonly Dictionary<Type, GuestType> _known = [];

    /// <summary>Makes an object with its class's constructor without parameters.</summary>
    /// <typeparam name="T">The class. Only its name is used here: the guest loads it for itself.</typeparam>
    /// <returns>The object.</returns>
    /// <exception cref="IsolatedException">The class or the constructor is not found, or the constructor threw.</exception>
    public IsolatedObject CreateObject<T>() => CreateObject(typeof(T));

    /// <summary>Makes an object with the constructor that takes the arguments.</summary>
    /// <typeparam name="T">The class. Only its name is used here: the guest loads it for itself.</typeparam>
    /// <param name="args">The constructor's arguments.</param>
    /// <returns>The object.</returns>
    /// <exception cref="IsolatedException">The class or the constructor is not found, or the constructor threw.</exception>
    public IsolatedObject CreateObject<T>(params object?[] args) => CreateObject(typeof(T), args);

    /// <summary>Makes an object with the constructor that takes the arguments.</summary>
    /// <param name="type">The class. Only its name is used here: the guest loads it for itself.</param>
    /// <param name="args">The constructor's arguments.</param>
    /// <returns>The object.</returns>
    /// <exception cref="IsolatedException">The class or the constructor is not found, or the constructor threw.</exception>
    public IsolatedObject CreateObject(Type type, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Create(TypeFor(type), args);
    }

    /// <summary>Makes an object of a class that this application need not reference.</summary>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="className">The class.</param>
    /// <returns>The object.</returns>
    /// <exception cref="IsolatedException">The class or the constructor is not found, or the constructor threw.</exception>
    public IsolatedObject CreateObject(string assemblyName, string? @namespace, string className) =>
        CreateObject(assemblyName, @namespace, null, className, []);

    /// <summary>Makes an object of a nested class that this application need not reference.</summary>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="declaringTypeName">The class around it (<c>Outer/Inner</c> if there are several); null: none.</param>
    /// <param name="className">The class.</param>
    /// <returns>The object.</returns>
    /// <exception cref="IsolatedException">The class or the constructor is not found, or the constructor threw.</exception>
    public IsolatedObject CreateObject(string assemblyName, string? @namespace, string? declaringTypeName, string className) =>
        CreateObject(assemblyName, @namespace, declaringTypeName, className, []);

    /// <summary>Makes an object of a class that this application need not reference, with constructor arguments.</summary>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="declaringTypeName">The class around it (<c>Outer/Inner</c> if there are several); null: none.</param>
    /// <param name="className">The class.</param>
    /// <param name="args">The constructor's arguments.</param>
    /// <returns>The object.</returns>
    /// <exception cref="IsolatedException">The class or the constructor is not found, or the constructor threw.</exception>
    public IsolatedObject CreateObject(string assemblyName, string? @namespace, string? declaringTypeName, string className, object?[] args)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        ArgumentNullException.ThrowIfNull(className);
        ArgumentNullException.ThrowIfNull(args);
        return Create(TypeFor(assemblyName, new TypePath(@namespace, declaringTypeName, className)), args);
    }

    /// <summary>Copies an object into the guest, private members included.</summary>
    /// <typeparam name="T">Its type here; the copy is of the type that it really is.</typeparam>
    /// <param name="value">The object. It is not changed, and later changes do not cross.</param>
    /// <returns>The copy.</returns>
    /// <exception cref="IsolatedException">It cannot cross, or code of its class threw in the guest.</exception>
    public IsolatedObject CopyObject<T>(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Type type = value.GetType();
        ArgumentWriter writer = ArgumentWriter.Rent(null);
        writer.AddDeclared(type, value, "The object");
        return Copy(TypeFor(type), writer);
    }

    /// <summary>Finds the only method of a name, public or not, static or instance.</summary>
    /// <param name="type">Its class.</param>
    /// <param name="methodName">Its name.</param>
    /// <returns>The method.</returns>
    /// <exception cref="IsolatedException">There is no such method, or several.</exception>
    public IsolatedMethod GetMethod(Type type, string methodName) => GetMethod(type, methodName, -1);

    /// <summary>Finds a method by its name and number of parameters.</summary>
    /// <param name="type">Its class.</param>
    /// <param name="methodName">Its name.</param>
    /// <param name="numArgs">The number of its arguments; -1: any.</param>
    /// <returns>The method.</returns>
    /// <exception cref="IsolatedException">There is no such method, or several.</exception>
    public IsolatedMethod GetMethod(Type type, string methodName, int numArgs)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(methodName);
        return GetMethod(type.Assembly.GetName().Name!, TypePath.Of(type), methodName, numArgs, [], type);
    }

    /// <summary>Finds one of several overloads.</summary>
    /// <param name="type">Its class.</param>
    /// <param name="methodName">Its name.</param>
    /// <param name="parameterTypes">The types of its parameters.</param>
    /// <returns>The method.</returns>
    /// <exception cref="IsolatedException">There is no such method.</exception>
    public IsolatedMethod GetMethod(Type type, string methodName, Type[] parameterTypes)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(methodName);
        ArgumentNullException.ThrowIfNull(parameterTypes);
        ThrowIfCancelled();
        GuestType found = TypeFor(type);
        string key = KeyOf(parameterTypes);
        if (found.Find(methodName, key) is { } known)
        {
            return known;
        }

        IsolatedMethod method = Lookup(found, methodName, -1, parameterTypes, null);
        found.Add(methodName, key, method);
        return method;
    }

    /// <summary>Finds a method of a class that this application need not reference.</summary>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="declaringTypeName">The class around the class (<c>Outer/Inner</c> if there are several); null: none.</param>
    /// <param name="typeName">The class.</param>
    /// <param name="methodName">Its name.</param>
    /// <param name="numArgs">The number of its arguments; -1: any.</param>
    /// <returns>The method.</returns>
    /// <exception cref="IsolatedException">There is no such method, or several.</exception>
    public IsolatedMethod GetMethod(
        string assemblyName, string? @namespace, string? declaringTypeName, string typeName, string methodName, int numArgs = -1)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        ArgumentNullException.ThrowIfNull(typeName);
        ArgumentNullException.ThrowIfNull(methodName);
        return GetMethod(assemblyName, new TypePath(@namespace, declaringTypeName, typeName), methodName, numArgs, [], null);
    }

    /// <summary>A method of a type that was found before, as a call of it would want it; null if there is none.</summary>
    internal static IsolatedMethod? FindKnown(GuestType type, string name, int count, ReadOnlySpan<Type?> types) =>
        type.Find(name, count) ?? (types.Length > 0 && !types.Contains(null) ? type.Find(name, KeyOf(types)) : null);

    /// <summary>Finds a method of a type that was found, as a call of it would want it.</summary>
    internal IsolatedMethod FindMethod(GuestType type, string name, int count, ReadOnlySpan<Type?> types)
    {
        ThrowIfCancelled();
        if (type.Find(name, count) is { } known)
        {
            return known;
        }

        try
        {
            IsolatedMethod method = Lookup(type, name, count, null, null);
            type.Add(name, count, method);
            return method;
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.Ambiguous && types.Length > 0 && !types.Contains(null))
        {
            // The types of the arguments decide.
            string key = KeyOf(types);
            if (type.Find(name, key) is { } overload)
            {
                return overload;
            }

            overload = Lookup(type, name, count, types.ToArray()!, null);
            type.Add(name, key, overload);
            return overload;
        }
    }

    internal GuestType TypeOf(IsolatedObject target)
    {
        return new GuestType("(of an object)", _native.TypeOf(target.Handle));
    }

    internal T GetValue<T>(IsolatedObject target)
    {
        return Read<T>(_native.GetValue(target.Handle));
    }

    internal GuestType TypeFor(Type type)
    {
        lock (_types)
        {
            if (_known.TryGetValue(type, out GuestType? known))
            {
                return known;
            }
        }

        if (type.ContainsGenericParameters || type.IsPointer || type.IsByRef)
        {
            throw new ArgumentException($"{type} is an open generic type, a pointer or a reference, which no guest can make.", nameof(type));
        }

        HostAssemblies.Check(type.Assembly);
        GuestType found = FoundType(type) ?? TypeFor(type.Assembly.GetName().Name!, TypePath.Of(type));
        lock (_types)
        {
            _known.TryAdd(type, found);
        }

        return found;
    }

    private GuestType TypeFor(string assembly, TypePath path)
    {
        lock (_types)
        {
            if (_types.TryGetValue((assembly, path.Reflection), out GuestType? known))
            {
                return known;
            }
        }

        GuestHandle handle;
        try
        {
            handle = _native.FindType(assembly, path.Reflection);
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.AssemblyNotFound)
        {
            throw NotLoaded(assembly, e);
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.TypeNotFound)
        {
            throw NotFound.Type(assembly, path, e);
        }

        GuestType found = new(path.Reflection, handle);
        lock (_types)
        {
            return _types.TryAdd((assembly, path.Reflection), found) ? found : _types[(assembly, path.Reflection)];
        }
    }

    private IsolatedMethod GetMethod(string assembly, TypePath path, string name, int count, ReadOnlySpan<Type?> types, Type? known)
    {
        string Prefix() => $"Could not find method [{assembly}]{path.Display}::{name} because the";
        try
        {
            return FindMethod(known is null ? TypeFor(assembly, path) : TypeFor(known), name, count, types);
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.AssemblyNotFound && e.Hint is not null)
        {
            throw NotFound.Because($"{Prefix()} assembly {assembly} could not be found.", e);
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.TypeNotFound)
        {
            throw NotFound.Because($"{Prefix()} type {path.Nested} could not be found in the assembly.", e);
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.MethodNotFound)
        {
            throw NotFound.Because(
                $"{Prefix()} method {name} could not be found in the type, or it did not have the correct number of parameters.", e);
        }
    }

    private IsolatedMethod Lookup(GuestType type, string name, int count, Type[]? parameters, Type[]? typeArguments)
    {
        GuestHandle handle = _native.FindMethod(type.Handle, name, count, NamesOf(parameters), NamesOf(typeArguments));
        return new IsolatedMethod(this, name, handle, _native.ScalarSignature(handle));
    }

    internal IsolatedObject Create(GuestType type, object?[] args)
    {
        ArgumentWriter writer = BeginCall(args.Length);
        foreach (object? arg in args)
        {
            writer.AddAs(arg);
        }

        try
        {
            return new IsolatedObject(this, _native.CreateObject(type.Handle, writer), type);
        }
        finally
        {
            writer.Return();
        }
    }

    private IsolatedObject Copy(GuestType type, ArgumentWriter writer)
    {
        try
        {
            return new IsolatedObject(this, _native.CopyObject(type.Handle, writer), type);
        }
        finally
        {
            writer.Return();
        }
    }

    private static string[]? NamesOf(Type[]? types) => types is null ? null : Array.ConvertAll(types, TypeNames.Full);

    private static string KeyOf(ReadOnlySpan<Type?> types)
    {
        StringBuilder key = new();
        foreach (Type? type in types)
        {
            key.Append(type?.AssemblyQualifiedName).Append(';');
        }

        return key.ToString();
    }
}
