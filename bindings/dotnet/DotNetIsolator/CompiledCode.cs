namespace DotNetIsolator;

/// <summary>What becomes of programs that were compiled ahead (<c>isolator compile</c>).</summary>
public enum CompiledCode
{
    /// <summary>They are interpreted. The default, as long as compiled programs are on trial: they do not all compute what they should.</summary>
    Off = 0,

    /// <summary>Their compiled code is used where it fits the assembly and the guest image; else they are interpreted, and the log says why.</summary>
    Auto = 1,

    /// <summary>An assembly that a loader gives is loaded with compiled code that fits, or not at all.</summary>
    Require = 2,
}
