using System;
using System.Collections.Generic;
using System.Reflection;
using DotNetIsolator.Interop;
using DotNetIsolator.Proxies;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator;

/// <content>Objects of the guest behind interfaces.</content>
public sealed partial class IsolatedRuntime
{
    private readonly Dictionary<MethodInfo, IsolatedMethod> _interfaceMethods = [];
    private readonly Dictionary<Type, IsolatedObject> _interfaces = [];

    /// <summary>Makes an object in the guest, and gives it as an interface: see <see cref="IsolatedObject.As{T}"/>.</summary>
    /// <typeparam name="T">The interface.</typeparam>
    /// <param name="type">The class, which has the interface. Only its name is used here: the guest loads it for itself.</param>
    /// <param name="args">The constructor's arguments.</param>
    /// <returns>The proxy.</returns>
    /// <exception cref="IsolatedException">Class, constructor or interface is not found, the constructor threw, or the class has not this interface.</exception>
    public T Get<T>(Type type, params object?[] args)
        where T : class => CreateObject(type, args).As<T>();

    /// <summary>Makes an object in the guest, of a class that this application need not reference, and gives it as an interface: see <see cref="IsolatedObject.As{T}"/>.</summary>
    /// <typeparam name="T">The interface.</typeparam>
    /// <param name="assemblyName">The assembly's simple name.</param>
    /// <param name="namespace">The namespace; null or empty: none.</param>
    /// <param name="className">The class (<c>Outer/Inner</c> for a nested one).</param>
    /// <param name="args">The constructor's arguments.</param>
    /// <returns>The proxy.</returns>
    /// <exception cref="IsolatedException">Class, constructor or interface is not found, the constructor threw, or the class has not this interface.</exception>
    public T Get<T>(string assemblyName, string? @namespace, string className, params object?[] args)
        where T : class => CreateObject(assemblyName, @namespace, null, className, args).As<T>();

    /// <summary>Makes an object in the guest, and gives it as an interface: see <see cref="IsolatedObject.As{T}"/>.</summary>
    /// <typeparam name="T">The interface.</typeparam>
    /// <typeparam name="TClass">The class. Only its name is used here: the guest loads it for itself.</typeparam>
    /// <param name="args">The constructor's arguments.</param>
    /// <returns>The proxy.</returns>
    /// <exception cref="IsolatedException">Class, constructor or interface is not found, the constructor threw, or the class has not this interface.</exception>
    public T Get<T, TClass>(params object?[] args)
        where T : class
        where TClass : T => CreateObject<TClass>(args).As<T>();

    /// <summary>Whether an object is of a type, as the guest sees both.</summary>
    internal bool IsInstance(IsolatedObject target, Type type)
    {
        IsolatedObject? inside;
        lock (_interfaces)
        {
            _interfaces.TryGetValue(type, out inside);
        }

        if (inside is null)
        {
            // Says what is wrong if its assembly is not to be had.
            TypeFor(type);
            inside = GetMethod(typeof(Type), nameof(Type.GetType), [typeof(string), typeof(bool)])
                .Invoke<string, bool, IsolatedObject>(null, TypeNames.Qualified(type), true);
            lock (_interfaces)
            {
                _interfaces.TryAdd(type, inside);
            }
        }

        return inside.Invoke<IsolatedObject, bool>(nameof(Type.IsInstanceOfType), target);
    }

    /// <summary>The guest's method for one of an interface.</summary>
    internal IsolatedMethod FindInterfaceMethod(MethodInfo method)
    {
        lock (_interfaceMethods)
        {
            if (_interfaceMethods.TryGetValue(method, out IsolatedMethod? known))
            {
                return known;
            }
        }

        // The spelling of reflection has no versions of assemblies, which may differ inside.
        string[] parameters = Array.ConvertAll(method.GetParameters(), p => p.ParameterType.ToString());
        string[]? typeArguments = method.IsGenericMethod ? Array.ConvertAll(method.GetGenericArguments(), TypeNames.Qualified) : null;
        GuestHandle handle = _native.FindMethod(TypeFor(method.DeclaringType!).Handle, method.Name, -1, parameters, typeArguments);
        IsolatedMethod found = new(this, method.Name, handle, null);
        lock (_interfaceMethods)
        {
            return _interfaceMethods.TryAdd(method, found) ? found : _interfaceMethods[method];
        }
    }

    /// <summary>Makes a call that gives several values. The writer is given back.</summary>
    internal unsafe object?[] EndCall(IsolatedMethod method, IsolatedObject instance, ArgumentWriter call, Type[] types)
    {
        NativeBytes bytes;
        try
        {
            CheckOwner(instance);
            bytes = _native.Invoke(method.Handle, instance.Handle, call);
        }
        finally
        {
            GC.KeepAlive(this);
            call.Return();
        }

        try
        {
            return ReadValues(bytes.Data, bytes.Length, types);
        }
        finally
        {
            bytes.Dispose();
        }
    }

    /// <summary>Reads several values that a guest gave.</summary>
    internal unsafe object?[] ReadValues(ReadOnlySpan<byte> bytes, Type[] types)
    {
        fixed (byte* data = bytes)
        {
            return ReadValues(data, bytes.Length, types);
        }
    }

    private unsafe object?[] ReadValues(byte* data, int length, Type[] types)
    {
        try
        {
            object?[] values = new object?[types.Length];
            WireReader reader = new(data, length) { Scope = _host.Scope, Types = new GraphScope(_host.Scope, types), Names = Names };
            int count = reader.ReadArrayHeader();
            for (int i = 0; i < types.Length && i < count; i++)
            {
                if (Values.IsExtended(reader))
                {
                    values[i] = Values.ReadBoxed(reader, Plans.For(types[i]));
                    continue;
                }

                WireReader one = new(reader.Pointer, reader.Remaining) { Scope = _host.Scope, Root = types[i], Names = Names };
                values[i] = Plans.For(types[i]).ReadBoxed(one);
                if (values[i] is null && types[i].IsValueType && Nullable.GetUnderlyingType(types[i]) is null)
                {
                    throw new Isolator.Runtime.FailureException(Isolator.Runtime.FailureKind.Value, $"The guest gave nil for a {types[i]}.");
                }

                reader.Advance(one.Position);
            }

            if (count != types.Length)
            {
                throw new Isolator.Runtime.FailureException(
                    Isolator.Runtime.FailureKind.Value, $"The guest gave {count} values where {types.Length} are due.");
            }

            reader.ExpectEnd();
            return values;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw ErrorMapping.Unreadable(typeof(object[]), e);
        }
    }
}
