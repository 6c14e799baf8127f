using System;
using System.Collections.Generic;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Members;

/// <summary>Remembers which method a query meant, by the query's bytes: asked again, nothing is looked for.</summary>
internal static unsafe class MethodLookup
{
    private static readonly Dictionary<(Type Type, string Name), List<Answer>> Answers = [];

    /// <summary>The method that a query means.</summary>
    public static MethodTarget Find(Type type, string name, ReadOnlySpan<byte> query)
    {
        if (!Answers.TryGetValue((type, name), out List<Answer>? answers))
        {
            answers = [];
            Answers.Add((type, name), answers);
        }

        for (int i = 0; i < answers.Count; i++)
        {
            Answer answer = answers[i];
            if (query.SequenceEqual(answer.Query))
            {
                return answer.Method;
            }
        }

        fixed (byte* p = query)
        {
            MethodQuery read = MethodQuery.Read(new WireReader(p, query.Length));
            MethodTarget method = MethodTarget.For(MethodFinder.Find(type, name, read));
            answers.Add(new Answer(query.ToArray(), method));
            return method;
        }
    }

    /// <summary>Forgets all, so that the warm-up goes again through what a method's first call does.</summary>
    public static void Forget()
    {
        Answers.Clear();
        MethodTarget.Forget();
    }

    private sealed record Answer(byte[] Query, MethodTarget Method);
}
