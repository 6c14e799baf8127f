namespace DotNetIsolator;

/// <summary>What becomes of programs that were compiled ahead (<c>isolator compile</c>).</summary>
public enum CompiledCode
{
    /// <summary>They are interpreted, and no compiled code is looked at.</summary>
    Off = 0,

    /// <summary>Their compiled code is used where it fits the assembly and the guest image; else they are interpreted, and the log says why. The default.</summary>
    Auto = 1,

    /// <summary>An assembly that a loader gives is loaded with compiled code that fits, or not at all.</summary>
    Require = 2,
}
