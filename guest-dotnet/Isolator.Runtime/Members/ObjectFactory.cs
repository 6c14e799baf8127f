using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime.Members;

/// <summary>Makes objects: chooses the constructor that fits the arguments on the wire.</summary>
internal static unsafe class ObjectFactory
{
    /// <summary>Runs a constructor.</summary>
    public static object Create(Type type, byte* bytes, int length)
    {
        if (type.IsAbstract || type.IsInterface || type.ContainsGenericParameters || type.IsByRefLike || type.IsArray || type == typeof(string))
        {
            string what = type.IsInterface ? "an interface"
                : type.ContainsGenericParameters ? "an open generic type"
                : type.IsAbstract ? (type.IsSealed ? "a static class" : "abstract")
                : "a type without constructors that can be run";
            throw new FailureException(FailureKind.Argument, $"No object of type {type} can be created: it is {what}.") { TypeName = type.ToString() };
        }

        WireReader args = new(bytes, length);
        int count = args.ReadArrayHeader();
        for (int i = 0; i < count; i++)
        {
            // A graph is read once, whoever looks at it.
            if (Values.IsExtended(args) && args.Peek() == Codes.FixExt4)
            {
                args.PeekObject();
                break;
            }

            args.Skip();
        }

        ConstructorInfo? chosen = Choose(type, args, count);
        if (chosen is null)
        {
            // A struct without a constructor of its own for no arguments.
            return RuntimeHelpers.GetUninitializedObject(type);
        }

        return MethodTarget.For(chosen).Invoke(null, args.Again(), CancellationToken.None)!;
    }

    private static ConstructorInfo? Choose(Type type, WireReader args, int count)
    {
        List<MethodBase> all = [];
        List<MethodBase> best = [];
        int bestScore = int.MaxValue;
        ConstructorInfo? fitting = null;
        int fittingCount = 0;
        foreach (ConstructorInfo constructor in type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            all.Add(constructor);
            ParameterInfo[] parameters = constructor.GetParameters();
            if (!MethodFinder.Takes(parameters, count))
            {
                continue;
            }

            fitting = constructor;
            fittingCount++;
            int score = WireFit.Score(parameters, args.Again());
            if (score < bestScore)
            {
                bestScore = score;
                best.Clear();
            }

            if (score == bestScore && score != int.MaxValue)
            {
                best.Add(constructor);
            }
        }

        if (best.Count == 1)
        {
            return (ConstructorInfo)best[0];
        }

        if (best.Count == 0 && fittingCount == 1)
        {
            // The one that takes this many will say which argument it cannot read.
            return fitting;
        }

        if (best.Count == 0 && count == 0 && type.IsValueType)
        {
            return null;
        }

        string assembly = type.Assembly.GetName().Name ?? string.Empty;
        string arguments = count switch
        {
            0 => "no arguments",
            1 => "this argument",
            _ => $"these {count} arguments",
        };
        throw new FailureException(
            best.Count == 0 ? FailureKind.MemberNotFound : FailureKind.Ambiguous,
            best.Count == 0
                ? $"{type} has no constructor that takes {arguments}."
                : $"{best.Count} constructors of {type} take {arguments} equally well. Find one by the types of its parameters, and invoke it.")
        {
            Assembly = assembly,
            TypeName = type.ToString(),
            Member = ".ctor",
            Candidates = Signatures.Of(best.Count == 0 ? all : best),
        };
    }
}
