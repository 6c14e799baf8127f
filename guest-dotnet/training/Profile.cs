using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Training;

/// <summary>
/// How the runtime's profiler gives its profile: started with <c>write-at-method=Training.Profile:WriteTrainingProfile</c> and
/// <c>send-to-method=Training.Profile:Dump</c>, it writes when <see cref="WriteTrainingProfile"/> is called, by calling <see cref="Dump"/>.
/// </summary>
internal static class Profile
{
    /// <summary>Environment variable: the file that the profile goes to.</summary>
    private const string PathVariable = "TRAINING_PROFILE";

    private static bool s_dumped;

    /// <summary>Ends the training; without a profiler nothing happens.</summary>
    public static void Finish()
    {
        WriteTrainingProfile();
        if (Environment.GetEnvironmentVariable(PathVariable) is { } path && !s_dumped)
        {
            throw new InvalidOperationException(
                $"{PathVariable} says that a profile is to go to {path}, but this runtime has no profiler that was told to call {nameof(Dump)}.");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteTrainingProfile() // The profiler looks at the name alone, so it must be one that no other method has.
    {
    }

    /// <summary>Called by the profiler alone, by its name.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Dump(ref byte profile, int length, string argument)
    {
        s_dumped = true;
        if (Environment.GetEnvironmentVariable(PathVariable) is not { } path)
        {
            return;
        }

        using FileStream file = File.Create(path);
        file.Write(MemoryMarshal.CreateReadOnlySpan(ref profile, length));
    }
}
