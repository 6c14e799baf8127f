using System.ComponentModel;

namespace System.IO;

/// <summary>What happened to a file or directory.</summary>
[Flags]
public enum WatcherChangeTypes
{
    /// <summary>It was created.</summary>
    Created = 1,

    /// <summary>It was deleted.</summary>
    Deleted = 2,

    /// <summary>It was changed.</summary>
    Changed = 4,

    /// <summary>It has another name.</summary>
    Renamed = 8,

    /// <summary>Any of these.</summary>
    All = Created | Deleted | Changed | Renamed,
}

/// <summary>What is watched.</summary>
[Flags]
public enum NotifyFilters
{
    /// <summary>Names of files.</summary>
    FileName = 1,

    /// <summary>Names of directories.</summary>
    DirectoryName = 2,

    /// <summary>Attributes.</summary>
    Attributes = 4,

    /// <summary>Sizes.</summary>
    Size = 8,

    /// <summary>When something was written last.</summary>
    LastWrite = 16,

    /// <summary>When something was read last.</summary>
    LastAccess = 32,

    /// <summary>When something was created.</summary>
    CreationTime = 64,

    /// <summary>Who may use it.</summary>
    Security = 256,
}

/// <summary>What a watcher tells.</summary>
public class FileSystemEventArgs : EventArgs
{
    /// <summary>Something happened to what has this name below a directory.</summary>
    public FileSystemEventArgs(WatcherChangeTypes changeType, string directory, string? name)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ChangeType = changeType;
        Name = name;
        FullPath = Below(directory, name);
    }

    /// <summary>What happened.</summary>
    public WatcherChangeTypes ChangeType { get; }

    /// <summary>Its path, as that of the watched directory was given.</summary>
    public string FullPath { get; }

    /// <summary>Its path below the watched directory.</summary>
    public string? Name { get; }

    internal static string Below(string directory, string? name) => directory.EndsWith('/') ? directory + name : $"{directory}/{name}";
}

/// <summary>What a watcher tells of a new name.</summary>
public class RenamedEventArgs : FileSystemEventArgs
{
    /// <summary>What had one name below a directory has another.</summary>
    public RenamedEventArgs(WatcherChangeTypes changeType, string directory, string? name, string? oldName)
        : base(changeType, directory, name)
    {
        OldName = oldName;
        OldFullPath = Below(directory, oldName);
    }

    /// <summary>Its path before.</summary>
    public string OldFullPath { get; }

    /// <summary>Its path before, below the watched directory.</summary>
    public string? OldName { get; }
}

/// <summary>Why a watcher cannot go on.</summary>
public class ErrorEventArgs(Exception exception) : EventArgs
{
    /// <summary>The exception.</summary>
    public virtual Exception GetException() => exception;
}

/// <summary>Hears of files and directories.</summary>
public delegate void FileSystemEventHandler(object sender, FileSystemEventArgs e);

/// <summary>Hears of new names.</summary>
public delegate void RenamedEventHandler(object sender, RenamedEventArgs e);

/// <summary>Hears why a watcher cannot go on.</summary>
public delegate void ErrorEventHandler(object sender, ErrorEventArgs e);

/// <summary>What <see cref="FileSystemWatcher.WaitForChanged(WatcherChangeTypes)"/> waited for.</summary>
public struct WaitForChangedResult
{
    /// <summary>What happened.</summary>
    public WatcherChangeTypes ChangeType { get; set; }

    /// <summary>The path below the watched directory.</summary>
    public string? Name { get; set; }

    /// <summary>The path before.</summary>
    public string? OldName { get; set; }

    /// <summary>Whether the time was over first.</summary>
    public bool TimedOut { get; set; }
}

/// <summary>More happened than could be kept. No watcher of this assembly throws it: it looks, and is told nothing that it had to keep.</summary>
public class InternalBufferOverflowException : SystemException
{
    private const int Number = unchecked((int)0x80131905);

    /// <summary>With .NET's message.</summary>
    public InternalBufferOverflowException() => HResult = Number;

    /// <summary>With a message.</summary>
    public InternalBufferOverflowException(string? message)
        : base(message) => HResult = Number;

    /// <summary>With a message, because of another exception.</summary>
    public InternalBufferOverflowException(string? message, Exception? inner)
        : base(message, inner) => HResult = Number;

    /// <summary>From its serialized form.</summary>
    [Obsolete("This API supports obsolete formatter-based serialization. It should not be called or extended by application code.", DiagnosticId = "SYSLIB0051", UrlFormat = "https://aka.ms/dotnet-warnings/{0}")]
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected InternalBufferOverflowException(Runtime.Serialization.SerializationInfo info, Runtime.Serialization.StreamingContext context)
        : base(info, context)
    {
    }
}
