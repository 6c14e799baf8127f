using System;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace DotNetIsolator.Proxies;

/// <summary>What is made into an object here that has an interface and leads to an object of a guest.</summary>
/// <remarks>Not sealed: the framework derives a class for each interface. The members that it has of <see cref="object"/> do not enter the guest.</remarks>
#pragma warning disable CA1852 // as the remarks say
internal class GuestProxy : DispatchProxy
#pragma warning restore CA1852
{
    private Type? _interface;

    /// <summary>The object in the guest.</summary>
    public IsolatedObject? Target { get; private set; }

    /// <summary>The interface.</summary>
    public Type Interface => _interface!;

    /// <summary>Makes one.</summary>
    public static object Make(Type type, IsolatedObject target)
    {
        foreach (Type each in (Type[])[type, .. type.GetInterfaces()])
        {
            foreach (MethodInfo method in each.GetMethods(BindingFlags.Instance | BindingFlags.Public))
            {
                // The framework would make code that is not valid.
                Type? odd = IsOdd(method.ReturnType) || method.ReturnType.IsByRef
                    ? method.ReturnType
                    : Array.Find(method.GetParameters(), p => IsOdd(p.ParameterType))?.ParameterType;
                if (odd is not null)
                {
                    throw new ArgumentException($"No proxy can be made of {type}: its member {method.Name} has to do with a {odd}, which no value can be. Use an array instead.");
                }
            }
        }

        object made;
        try
        {
            made = Create(type, typeof(GuestProxy));
        }
        catch (Exception e) when (e is ArgumentException or TypeLoadException or NotSupportedException)
        {
            throw new ArgumentException($"No proxy can be made of {type}: {e.Message}", e);
        }

        GuestProxy proxy = (GuestProxy)made;
        proxy.Target = target;
        proxy._interface = type;
        return made;
    }

    private static bool IsOdd(Type type) => type.IsByRefLike || type.IsPointer;

    /// <summary>Whether both lead to the same object, as far as this side knows.</summary>
    public override bool Equals(object? obj) => obj is GuestProxy other && ReferenceEquals(other.Target, Target);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(Target);

    public override string ToString() => $"{_interface} of {Target}";

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => ProxyMethod.Of(targetMethod!).Call(Target!, args ?? []);
}
