using System;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Members;

/// <summary>One method of numbers on one object, called again and again with words.</summary>
internal readonly unsafe struct BatchCall
{
    private readonly MethodTarget _method;
    private readonly object? _target;
    private readonly string _letters;
    private readonly int _parameters;
    private readonly nint _function;

    private BatchCall(MethodTarget method, object? target, string letters, nint function)
    {
        _method = method;
        _target = target;
        _letters = letters;
        _parameters = method.Parameters.Length;
        _function = function;
    }

    /// <summary>Whether the calls give nothing.</summary>
    public bool IsVoid => Letter(0) == 'v';

    /// <summary>The batch of a method on an object that it may be called on.</summary>
    /// <exception cref="FailureException">Its parameters or its result are something else than numbers.</exception>
    public static BatchCall For(MethodTarget method, object? target, ulong handle)
    {
        if (method.ScalarSignature() is not { } letters)
        {
            throw new FailureException(
                FailureKind.Argument,
                $"{Signatures.Of(method.Method)} cannot be called in batches: it must take at most 8 numbers, bools or chars and return one or nothing, and be no method of a struct.")
            {
                Member = method.Method.Name,
            };
        }

        nint function = method.ScalarFunction();
        if (function == 0 && target is not null)
        {
            // Virtual: the object decides once for all calls. A method of a struct has another way to get its object, and none is here.
            nint code = Bridge.Current.Override(handle, method.Method.MethodHandle.Value);
            function = code == 0 ? 0 : RuntimeMethodHandle.FromIntPtr(code).GetFunctionPointer();
        }

        return new BatchCall(method, target, letters, function);
    }

    /// <summary>Refuses arguments that are not as many as the calls need.</summary>
    /// <exception cref="FailureException">They are more or fewer.</exception>
    public void CheckSize(ulong count, uint bytes)
    {
        if (count * (uint)_parameters * sizeof(ulong) != bytes || count * sizeof(ulong) > Codes.LargestValue)
        {
            throw new FailureException(
                FailureKind.Argument,
                $"{count} calls of {Signatures.Of(_method.Method)} do not take {bytes} bytes of arguments, or are too many for one batch.")
            {
                Member = _method.Method.Name,
            };
        }
    }

    /// <summary>Calls until the results are full or a call throws; gives the place of the first result that was not written.</summary>
    public ulong* Run(ulong* arguments, ulong* results, ulong* end, out Exception? thrown) =>
        _function == 0 ? Reflected(arguments, results, end, out thrown)
        : _target is null ? Batches.Run(_function, _parameters, arguments, results, end, out thrown)
        : Batches.Run(_function, _target, _parameters, arguments, results, end, out thrown);

    private char Letter(int index) => _letters[_letters[0] == '#' ? index + 1 : index];

    private ulong* Reflected(ulong* arguments, ulong* results, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            object?[] values = new object?[_parameters];
            for (; results < end; results++)
            {
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = Value(Letter(i + 1), *arguments++);
                }

                *results = Word(_method.Invoke(_target, values));
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return results;
    }

    private static object Value(char letter, ulong word) => letter switch
    {
        'z' => (byte)word != 0,
        'c' => (char)word,
        'b' => (sbyte)word,
        'B' => (byte)word,
        's' => (short)word,
        'S' => (ushort)word,
        'i' => (int)word,
        'I' => (uint)word,
        'l' => (long)word,
        'L' => word,
        'f' => BitConverter.UInt32BitsToSingle((uint)word),
        _ => BitConverter.UInt64BitsToDouble(word),
    };

    private static ulong Word(object? value) => value switch
    {
        bool flag => flag ? 1ul : 0,
        char letter => letter,
        sbyte number => (ulong)number,
        byte number => number,
        short number => (ulong)number,
        ushort number => number,
        int number => (ulong)number,
        uint number => number,
        long number => (ulong)number,
        ulong number => number,
        float number => BitConverter.SingleToUInt32Bits(number),
        double number => BitConverter.DoubleToUInt64Bits(number),
        _ => 0,
    };
}
