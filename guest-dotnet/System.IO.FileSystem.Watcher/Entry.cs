using System.Runtime.InteropServices;
using System.Text;

namespace System.IO;

/// <summary>What a look found at a path.</summary>
internal readonly record struct Entry(long Device, long Node, bool IsDirectory, long Size, Int128 Written, Int128 Read, Int128 Changed)
{
    private const int KindMask = 0xF000;
    private const int DirectoryKind = 0x4000;
    private const int NanosecondsPerSecond = 1_000_000_000;

    /// <summary>What makes it the same file or directory under another name, unless it was written to meanwhile.</summary>
    public (long, long, bool, long, Int128) Identity => (Device, Node, IsDirectory, IsDirectory ? 0 : Size, IsDirectory ? 0 : Written);

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
            status.Size,
            Time(status.WriteTime, status.WriteNanoseconds),
            Time(status.ReadTime, status.ReadNanoseconds),
            Time(status.ChangeTime, status.ChangeNanoseconds));
    }

    /// <summary>Whether it differs from what was there in something that is watched.</summary>
    public bool IsChanged(Entry before, NotifyFilters watched)
    {
        // A directory is written to when something in it is created, which is told of that.
        bool differs = false;
        differs |= watched.HasFlag(NotifyFilters.LastWrite) && !IsDirectory && Written != before.Written;
        differs |= (watched & (NotifyFilters.Size | NotifyFilters.LastWrite)) != 0 && !IsDirectory && Size != before.Size;
        differs |= watched.HasFlag(NotifyFilters.LastAccess) && Read != before.Read;
        differs |= (watched & (NotifyFilters.Attributes | NotifyFilters.Security | NotifyFilters.CreationTime)) != 0 && !IsDirectory && Changed != before.Changed;
        return differs;
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
