using System.Runtime.CompilerServices;

namespace PlugIn;

public static class Rule
{
    // As larger methods are: what is inlined is code of the caller's assembly.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long Weight(int number) => number * 3L;
}
