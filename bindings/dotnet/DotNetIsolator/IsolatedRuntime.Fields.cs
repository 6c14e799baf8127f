using System;

namespace DotNetIsolator;

/// <content>Fields, public or not.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>Reads a static field, public or not. No property and no code of the guest's stands between.</summary>
    /// <typeparam name="T">The type as which its value is read.</typeparam>
    /// <param name="type">The class that has it. Only its name is used here: the guest loads it for itself.</param>
    /// <param name="fieldName">Its name.</param>
    /// <returns>A copy of its value.</returns>
    /// <exception cref="IsolatedException">There is no such field, or its value cannot cross.</exception>
    public T GetField<T>(Type type, string fieldName)
    {
        ArgumentNullException.ThrowIfNull(type);
        return ReadField<T>(TypeFor(type), null, fieldName);
    }

    /// <summary>Reads a static field of a class that this application need not reference.</summary>
    /// <typeparam name="T">The type as which its value is read.</typeparam>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="declaringTypeName">The class around the class (<c>Outer/Inner</c> if there are several); null: none.</param>
    /// <param name="typeName">The class.</param>
    /// <param name="fieldName">The field.</param>
    /// <returns>A copy of its value.</returns>
    /// <exception cref="IsolatedException">There is no such field, or its value cannot cross.</exception>
    public T GetField<T>(string assemblyName, string? @namespace, string? declaringTypeName, string typeName, string fieldName) =>
        ReadField<T>(Named(assemblyName, @namespace, declaringTypeName, typeName), null, fieldName);

    /// <summary>Writes a static field, public or not.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="type">The class that has it. Only its name is used here: the guest loads it for itself.</param>
    /// <param name="fieldName">Its name.</param>
    /// <param name="value">The value: a copy of it is what the field holds then, or the object that an <see cref="IsolatedObject"/> names.</param>
    /// <exception cref="IsolatedException">There is no such field, or it cannot hold the value.</exception>
    public void SetField<T>(Type type, string fieldName, T value)
    {
        ArgumentNullException.ThrowIfNull(type);
        WriteField(TypeFor(type), null, fieldName, value);
    }

    /// <summary>Writes a static field of a class that this application need not reference.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="declaringTypeName">The class around the class (<c>Outer/Inner</c> if there are several); null: none.</param>
    /// <param name="typeName">The class.</param>
    /// <param name="fieldName">The field.</param>
    /// <param name="value">The value: a copy of it is what the field holds then, or the object that an <see cref="IsolatedObject"/> names.</param>
    /// <exception cref="IsolatedException">There is no such field, or it cannot hold the value.</exception>
    public void SetField<T>(string assemblyName, string? @namespace, string? declaringTypeName, string typeName, string fieldName, T value) =>
        WriteField(Named(assemblyName, @namespace, declaringTypeName, typeName), null, fieldName, value);

    internal T ReadField<T>(GuestType type, IsolatedObject? target, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        T value = Read<T>(_native.GetField(type.Handle, target?.Handle, name));
        GC.KeepAlive(this);
        return value;
    }

    internal void WriteField<T>(GuestType type, IsolatedObject? target, string name, T value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentWriter writer = ArgumentWriter.Rent(this);
        writer.Add(value);
        try
        {
            _native.SetField(type.Handle, target?.Handle, name, writer);
            GC.KeepAlive(value);
            GC.KeepAlive(this);
        }
        finally
        {
            writer.Return();
        }
    }

    private GuestType Named(string assemblyName, string? @namespace, string? declaringTypeName, string typeName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        ArgumentNullException.ThrowIfNull(typeName);
        return TypeFor(assemblyName, new TypePath(@namespace, declaringTypeName, typeName));
    }
}

/// <content>Fields, public or not.</content>
public sealed partial class IsolatedObject
{
    /// <summary>Reads a field of the object, public or not. No property and no code of the guest's stands between.</summary>
    /// <typeparam name="T">The type as which its value is read.</typeparam>
    /// <param name="fieldName">Its name.</param>
    /// <returns>A copy of its value.</returns>
    /// <exception cref="IsolatedException">There is no such field, or its value cannot cross.</exception>
    public T GetField<T>(string fieldName) => Runtime.ReadField<T>(Type, this, fieldName);

    /// <summary>Writes a field of the object, public or not.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="fieldName">Its name.</param>
    /// <param name="value">The value: a copy of it is what the field holds then, or the object that an <see cref="IsolatedObject"/> names.</param>
    /// <exception cref="IsolatedException">There is no such field, or it cannot hold the value.</exception>
    public void SetField<T>(string fieldName, T value) => Runtime.WriteField(Type, this, fieldName, value);
}
