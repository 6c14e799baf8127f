namespace DotNetIsolator;

/// <summary>How an <see cref="AppSnapshot"/> holds its memory.</summary>
public enum SnapshotForm
{
    /// <summary>All of it, which each runtime maps and copies page by page as it writes: some tenths of a second to make, and microseconds to start from. The default.</summary>
    Mapped = 0,

    /// <summary>
    /// What it differs by from what the prepared runtime began with, the guest image or another snapshot, and which is copied into each runtime: a millisecond to
    /// make, and some microseconds more to start from for each ten pages. What the memory has grown by counts against limits of those that start from it. For what
    /// was prepared little. <see cref="AppSnapshot.Save"/> writes all of the memory, and what is loaded is mapped.
    /// </summary>
    Delta = 1,
}
