using System.Runtime.InteropServices;
using System.Text;

namespace System.IO;

/// <summary>What tells a file or directory from every other one, whatever it is called.</summary>
internal readonly record struct Identity(long Device, long Node, bool IsDirectory, Int128 Made, long Size, Int128 Written);

/// <summary>What a look found at a path.</summary>
internal readonly record struct Entry(long Device, long Node, bool IsDirectory, int Mode, long Size, Int128 Made, Int128 Written, Int128 Read)
{
    /// <summary>Who watches one of these is told of what is written: of what gives inotify's <c>IN_MODIFY</c>.</summary>
    public const NotifyFilters OfContent = NotifyFilters.LastAccess | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.Security;

    /// <summary>Who watches one of these is told of what is said about it: of what gives inotify's <c>IN_ATTRIB</c>.</summary>
    private const NotifyFilters OfAttributes = OfContent | NotifyFilters.Attributes | NotifyFilters.CreationTime;

    private const int KindMask = 0xF000;
    private const int PermissionMask = 0xFFF;
    private const int DirectoryKind = 0x4000;
    private const int NanosecondsPerSecond = 1_000_000_000;

    /// <summary>What makes it the same file or directory under another name, unless it was written to meanwhile.</summary>
    /// <remarks>A node's number comes again soon after what had it is gone: when it was made tells one from the next.</remarks>
    public Identity Identity => new(Device, Node, IsDirectory, Made, IsDirectory ? 0 : Size, IsDirectory ? 0 : Written);

    /// <summary>Looks at a path, following no link. Null: nothing is there.</summary>
    public static unsafe Entry? At(string path)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path + '\0');
        Status status;
        fixed (byte* start = bytes)
        {
            if (Native.SystemNative_LStat(start, &status) != 0)
            {
                return null;
            }
        }

        static Int128 Time(long seconds, long nanoseconds) => (Int128)seconds * NanosecondsPerSecond + nanoseconds;
        return new Entry(
            status.Device,
            status.Node,
            (status.Mode & KindMask) == DirectoryKind,
            status.Mode & PermissionMask,
            status.Size,
            // The host tells when it was made for when its status was changed: Linux has nobody set either.
            Time(status.ChangeTime, status.ChangeNanoseconds),
            Time(status.WriteTime, status.WriteNanoseconds),
            Time(status.ReadTime, status.ReadNanoseconds));
    }

    /// <summary>Whether it differs from what was there in something that is watched.</summary>
    /// <remarks>
    /// When its status was changed last is not among what WASI tells. But a file that is written or read gets the time of that, between two
    /// looks; with any other time, somebody has set it.
    /// </remarks>
    /// <param name="before">What was there.</param>
    /// <param name="watched">What is watched.</param>
    /// <param name="since">When it was looked at before.</param>
    /// <param name="until">When it was looked at now.</param>
    public bool IsChanged(Entry before, NotifyFilters watched, Int128 since, Int128 until)
    {
        bool IsBetween(Int128 time) => time >= since && time <= until;
        bool isOtherWritten = Written != before.Written, isOtherRead = Read != before.Read;
        bool isSet = Mode != before.Mode || (isOtherWritten && !IsBetween(Written)) || (isOtherRead && !IsBetween(Read));
        if (isSet && (watched & OfAttributes) != 0)
        {
            return true;
        }

        // A directory is written to when something in it is created, which is told of that, and is read by each look.
        if (IsDirectory)
        {
            return false;
        }

        return ((isOtherWritten || Size != before.Size) && (watched & OfContent) != 0) || (isOtherRead && watched.HasFlag(NotifyFilters.LastAccess));
    }

    /// <summary>The answer of <c>SystemNative_LStat</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Status
    {
        public int Flags;
        public int Mode;
        public uint User;
        public uint Group;
        public long Size;
        public long ReadTime;
        public long ReadNanoseconds;
        public long WriteTime;
        public long WriteNanoseconds;
        public long ChangeTime;
        public long ChangeNanoseconds;
        public long BirthTime;
        public long BirthNanoseconds;
        public long Device;
        public long DeviceOfNode;
        public long Node;
        public uint UserFlags;
    }

    private static unsafe class Native
    {
        [DllImport("libSystem.Native")]
        public static extern int SystemNative_LStat(byte* path, Status* status);
    }
}
