using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Hosting;

/// <summary>A frame between an exception filter and the code whose exception it is asked about.</summary>
/// <remarks>
/// An exception that leaves a filter counts as the filter's no. The interpreter would look for its handler in the frames below instead, the
/// one with the filter among them. C calls <see cref="Run"/>, and what that calls runs the filter: so the search ends here. See <c>filters.c</c>.
/// </remarks>
internal static class Filters
{
    public static void Run(nint asked) => RunHere(asked);

    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void RunHere(nint asked);
}
