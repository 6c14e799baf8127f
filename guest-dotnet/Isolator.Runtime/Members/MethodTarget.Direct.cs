using System;
using System.Reflection;

namespace Isolator.Runtime.Members;

/// <content>Calls without reflection, of methods that take and give objects: an interpreter passes all of these alike.</content>
internal sealed unsafe partial class MethodTarget
{
    private const MethodImplAttributes Special = MethodImplAttributes.CodeTypeMask | MethodImplAttributes.ManagedMask | MethodImplAttributes.InternalCall | MethodImplAttributes.Synchronized;

    /// <summary>0: it was never called; 1: it must go through reflection; else the method.</summary>
    private nint _function;
    private Type[]? _types;

    /// <summary>Calls it, if it can be called so. The first call of all is not: it would only be the slower for it.</summary>
    private bool TryDirect(object? target, object?[] values, out object? result)
    {
        result = null;
        if (_function <= 1)
        {
            if (_function == 1 || _types is null)
            {
                _types ??= Array.ConvertAll(Parameters, p => p.ParameterType);
                return false;
            }

            _function = IsDirect() ? Method.MethodHandle.GetFunctionPointer() : 1;
            if (_function == 1)
            {
                return false;
            }
        }

        // Whatever does not fit has its error from reflection.
        Type[] types = _types!;
        for (int i = 0; i < types.Length; i++)
        {
            if (values[i] is { } value && value.GetType() != types[i] && !types[i].IsInstanceOfType(value))
            {
                return false;
            }
        }

        result = target is null ? Call(values) : Call(target, values);
        return true;
    }

    private bool IsDirect()
    {
        if (Method is not MethodInfo { IsAbstract: false, IsVirtual: false, IsGenericMethod: false, DeclaringType: { IsValueType: false, IsGenericType: false } } method
            || (method.Attributes & MethodAttributes.PinvokeImpl) != 0 || (method.MethodImplementationFlags & Special) != 0
            || method.ReturnType.IsValueType || method.ReturnType.IsByRef || method.ReturnType.IsPointer || method.ReturnType.IsFunctionPointer || Parameters.Length > 3)
        {
            return false;
        }

        return Array.TrueForAll(_types!, type => type is { IsValueType: false, IsByRef: false, IsPointer: false, IsFunctionPointer: false });
    }

    private object? Call(object?[] values) => values.Length switch
    {
        0 => ((delegate*<object?>)_function)(),
        1 => ((delegate*<object?, object?>)_function)(values[0]),
        2 => ((delegate*<object?, object?, object?>)_function)(values[0], values[1]),
        _ => ((delegate*<object?, object?, object?, object?>)_function)(values[0], values[1], values[2]),
    };

    /// <summary>The same on an object, which goes before the arguments.</summary>
    private object? Call(object target, object?[] values) => values.Length switch
    {
        0 => ((delegate*<object, object?>)_function)(target),
        1 => ((delegate*<object, object?, object?>)_function)(target, values[0]),
        2 => ((delegate*<object, object?, object?, object?>)_function)(target, values[0], values[1]),
        _ => ((delegate*<object, object?, object?, object?, object?>)_function)(target, values[0], values[1], values[2]),
    };
}
