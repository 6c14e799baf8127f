using System;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <content>Generic methods.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>Finds a generic method for type arguments, public or not, static or instance.</summary>
    /// <param name="type">Its class.</param>
    /// <param name="methodName">Its name.</param>
    /// <param name="typeArguments">The type arguments.</param>
    /// <param name="parameterTypes">The types of its parameters, as the type arguments make them; null: any, if there is only one such method.</param>
    /// <returns>The method.</returns>
    /// <exception cref="IsolatedException">There is no such method, there are several, or a type argument breaks a constraint.</exception>
    public IsolatedMethod GetGenericMethod(Type type, string methodName, Type[] typeArguments, Type[]? parameterTypes = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(methodName);
        ArgumentNullException.ThrowIfNull(typeArguments);
        foreach (Type argument in typeArguments)
        {
            ArgumentNullException.ThrowIfNull(argument, nameof(typeArguments));
            HostAssemblies.Check(argument.Assembly);
        }

        string[] names = Array.ConvertAll(typeArguments, TypeNames.Qualified);
        string[]? parameters = parameterTypes is null ? null : Array.ConvertAll(parameterTypes, TypeNames.Full);
        return GetGenericMethod(TypeFor(type), methodName, names, parameters, -1);
    }

    /// <summary>Finds a generic method of a class that this application need not reference, for type arguments by their names.</summary>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="declaringTypeName">The class around the class (<c>Outer/Inner</c> if there are several); null: none.</param>
    /// <param name="typeName">The class.</param>
    /// <param name="methodName">The method's name.</param>
    /// <param name="typeArguments">
    /// The type arguments: C# keywords such as <c>int</c>, or names as reflection has them, such as <c>Namespace.Type, Assembly</c>.
    /// </param>
    /// <param name="numArgs">The number of its arguments; -1: any.</param>
    /// <returns>The method.</returns>
    /// <exception cref="IsolatedException">There is no such method, there are several, or a type argument is not found.</exception>
    public IsolatedMethod GetGenericMethod(
        string assemblyName,
        string? @namespace,
        string? declaringTypeName,
        string typeName,
        string methodName,
        string[] typeArguments,
        int numArgs = -1)
    {
        ArgumentNullException.ThrowIfNull(methodName);
        ArgumentNullException.ThrowIfNull(typeArguments);
        foreach (string argument in typeArguments)
        {
            ArgumentNullException.ThrowIfNull(argument, nameof(typeArguments));
        }

        return GetGenericMethod(Named(assemblyName, @namespace, declaringTypeName, typeName), methodName, typeArguments, null, numArgs);
    }

    private IsolatedMethod GetGenericMethod(GuestType type, string name, string[] typeArguments, string[]? parameters, int count)
    {
        string key = $"<{string.Join(';', typeArguments)}>{(parameters is null ? count.ToString(System.Globalization.CultureInfo.InvariantCulture) : string.Join(';', parameters))}";
        if (type.Find(name, key) is { } known)
        {
            return known;
        }

        Interop.GuestHandle handle = _native.FindMethod(type.Handle, name, count, parameters, typeArguments);
        IsolatedMethod method = new(this, name, handle, _native.ScalarSignature(handle));
        GC.KeepAlive(this);
        type.Add(name, key, method);
        return method;
    }
}
