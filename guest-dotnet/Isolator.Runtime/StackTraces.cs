using System;

namespace Isolator.Runtime;

/// <summary>Stack traces as their reader expects them: down to the guest's own outermost method.</summary>
internal static class StackTraces
{
    private static readonly string[] Ours =
    [
        "at Isolator.Runtime.",
        "at System.Reflection.MethodInvoker.",
        "at System.Reflection.MethodInvokerCommon.",
        "at System.Reflection.MethodBaseInvoker.",
        "at System.Reflection.ConstructorInvoker.",
        "at System.Reflection.RuntimeMethodInfo.",
        "at System.Reflection.RuntimeConstructorInfo.",
        "at System.Object.InvokeStub_",
        "at InvokeStub_",
        "--- End of stack trace from previous location ---",
    ];

    /// <summary>
    /// The text without its last lines, as long as they are frames of the dispatcher, or of the reflection by which it
    /// calls. Reflection that guest code uses has a frame of guest code below it, and stays.
    /// </summary>
    public static string WithoutOurs(string text)
    {
        int end = text.Length;
        while (end > 0)
        {
            int start = text.LastIndexOf('\n', end - 1) + 1;
            ReadOnlySpan<char> line = text.AsSpan(start, end - start).Trim();
            // A trace that is all ours has the dispatcher's entry alone, where what it called is compiled and has no frames.
            if (start == 0 ? !line.StartsWith("at Isolator.Runtime.Entry.", StringComparison.Ordinal) : !IsOurs(line))
            {
                break;
            }

            end = Math.Max(start - 1, 0);
        }

        return end == text.Length ? text : text.Substring(0, end);
    }

    private static bool IsOurs(ReadOnlySpan<char> line)
    {
        foreach (string prefix in Ours)
        {
            if (line.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
