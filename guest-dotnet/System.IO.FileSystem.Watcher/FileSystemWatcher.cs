using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.ComponentModel;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace System.IO;

/// <summary>Watches a directory by looking at it five times a second, or less often where a look takes long.</summary>
/// <remarks>
/// What happens and is undone between two looks is not seen. Looks are made by a timer, which runs when the program waits, sleeps or returns.
/// </remarks>
public class FileSystemWatcher : Component, ISupportInitialize
{
    /// <summary>Milliseconds between two looks.</summary>
    private const int Interval = 200;

    /// <summary>A look takes at most this part of the time.</summary>
    private const int Share = 10;

    private const int LeastBuffer = 4096;
    private const NotifyFilters Known = (NotifyFilters)0x17f;

    private readonly FilterCollection _filters = [];
    private string _path = string.Empty;
    private NotifyFilters _notifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.DirectoryName;
    private int _bufferSize = 8192;
    private bool _isDeep;
    private bool _isEnabled;
    private bool _isInitializing;
    private bool _isDisposed;
    private Timer? _timer;
    private Looker? _looker;

    /// <summary>Watches nothing yet.</summary>
    public FileSystemWatcher()
    {
    }

    /// <summary>Watches a directory, once events are raised.</summary>
    public FileSystemWatcher(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Check(path, nameof(path));
        _path = path;
    }

    /// <summary>Watches those files and directories in a directory whose names fit a pattern.</summary>
    public FileSystemWatcher(string path, string filter)
        : this(path)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Filter = filter;
    }

    /// <summary>Something was changed.</summary>
    public event FileSystemEventHandler? Changed;

    /// <summary>Something was created.</summary>
    public event FileSystemEventHandler? Created;

    /// <summary>Something was deleted.</summary>
    public event FileSystemEventHandler? Deleted;

    /// <summary>The watcher cannot go on.</summary>
    public event ErrorEventHandler? Error;

    /// <summary>Something has another name.</summary>
    public event RenamedEventHandler? Renamed;

    /// <summary>Whether the directory is watched.</summary>
    public bool EnableRaisingEvents
    {
        get => _isEnabled;
        set
        {
            if (_isEnabled == value)
            {
                return;
            }

            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _isEnabled = value;
            Begin();
        }
    }

    /// <summary>The first pattern of names.</summary>
    public string Filter
    {
        get => _filters.Count == 0 ? "*" : _filters[0];
        set
        {
            _filters.Clear();
            _filters.Add(value);
        }
    }

    /// <summary>The patterns of names, one of which has to fit.</summary>
    public Collection<string> Filters => _filters;

    /// <summary>Whether the directories in the directory are watched, too.</summary>
    public bool IncludeSubdirectories
    {
        get => _isDeep;
        set
        {
            if (_isDeep != value)
            {
                _isDeep = value;
                Begin();
            }
        }
    }

    /// <summary>Is kept, and changes nothing.</summary>
    public int InternalBufferSize
    {
        get => _bufferSize;
        set => _bufferSize = Math.Max(value, LeastBuffer);
    }

    /// <summary>What is watched.</summary>
    public NotifyFilters NotifyFilter
    {
        get => _notifyFilter;
        set
        {
            if ((value & ~Known) != 0)
            {
                throw new ArgumentException($"The value of argument '{nameof(value)}' ({(int)value}) is invalid for Enum type '{nameof(NotifyFilters)}'.");
            }

            _notifyFilter = value;
        }
    }

    /// <summary>The directory.</summary>
    public string Path
    {
        get => _path;
        set
        {
            value ??= string.Empty;
            if (value != _path)
            {
                Check(value, nameof(Path));
                _path = value;
                Begin();
            }
        }
    }

    /// <inheritdoc/>
    public override ISite? Site
    {
        get => base.Site;
        set
        {
            base.Site = value;
            if (value?.DesignMode == true)
            {
                EnableRaisingEvents = true;
            }
        }
    }

    /// <summary>Whose thread handlers are called on.</summary>
    public ISynchronizeInvoke? SynchronizingObject { get; set; }

    /// <inheritdoc/>
    public void BeginInit()
    {
        _isInitializing = true;
        Begin();
    }

    /// <inheritdoc/>
    public void EndInit()
    {
        _isInitializing = false;
        Begin();
    }

    /// <summary>Waits until something happens.</summary>
    public WaitForChangedResult WaitForChanged(WatcherChangeTypes changeType) => WaitForChanged(changeType, Timeout.Infinite);

    /// <summary>Waits until something happens, for so long at most.</summary>
    public WaitForChangedResult WaitForChanged(WatcherChangeTypes changeType, TimeSpan timeout)
    {
        long milliseconds = (long)timeout.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, int.MaxValue, nameof(timeout));
        return WaitForChanged(changeType, (int)milliseconds);
    }

    /// <summary>Waits until something happens, for so many milliseconds at most.</summary>
    public WaitForChangedResult WaitForChanged(WatcherChangeTypes changeType, int timeout)
    {
        TaskCompletionSource<WaitForChangedResult> first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void Happened(object sender, FileSystemEventArgs e)
        {
            if ((e.ChangeType & changeType) != 0)
            {
                first.TrySetResult(new() { ChangeType = e.ChangeType, Name = e.Name, OldName = (e as RenamedEventArgs)?.OldName });
            }
        }

        RenamedEventHandler renamed = Happened;
        Created += Happened;
        Deleted += Happened;
        Changed += Happened;
        Renamed += renamed;
        bool wasEnabled = _isEnabled;
        try
        {
            EnableRaisingEvents = true;
            return first.Task.Wait(timeout) ? first.Task.Result : new() { TimedOut = true };
        }
        finally
        {
            EnableRaisingEvents = wasEnabled;
            Created -= Happened;
            Deleted -= Happened;
            Changed -= Happened;
            Renamed -= renamed;
        }
    }

    /// <summary>Raises <see cref="Changed"/>.</summary>
    protected void OnChanged(FileSystemEventArgs e) => Raise(Changed, e);

    /// <summary>Raises <see cref="Created"/>.</summary>
    protected void OnCreated(FileSystemEventArgs e) => Raise(Created, e);

    /// <summary>Raises <see cref="Deleted"/>.</summary>
    protected void OnDeleted(FileSystemEventArgs e) => Raise(Deleted, e);

    /// <summary>Raises <see cref="Error"/>.</summary>
    protected void OnError(ErrorEventArgs e) => Raise(Error, e);

    /// <summary>Raises <see cref="Renamed"/>.</summary>
    protected void OnRenamed(RenamedEventArgs e) => Raise(Renamed, e);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _isEnabled = false;
            Begin();
            (Changed, Created, Deleted, Renamed, Error) = (null, null, null, null, null);
        }

        _isDisposed = true;
        base.Dispose(disposing);
    }

    private static void Check(string path, string parameter)
    {
        if (path.Length == 0)
        {
            throw new ArgumentException($"The directory name {path} is invalid.", parameter);
        }

        if (!Directory.Exists(path))
        {
            throw new ArgumentException($"The directory name '{path}' does not exist.", parameter);
        }
    }

    // A watcher that nobody knows any more looks no more.
    private static void Tick(object? state)
    {
        if (((WeakReference<FileSystemWatcher>)state!).TryGetTarget(out FileSystemWatcher? watcher))
        {
            watcher.Look();
        }
    }

    // Begins to watch, anew if it does so already, or ends.
    private void Begin()
    {
        _timer?.Dispose();
        (_timer, _looker) = (null, null);
        if (_isEnabled && !_isInitializing && _path.Length > 0)
        {
            _looker = new Looker(System.IO.Path.GetFullPath(_path), _isDeep);
            _timer = new Timer(Tick, new WeakReference<FileSystemWatcher>(this), Interval, Timeout.Infinite);
        }
    }

    private void Look()
    {
        if (_looker is not { } looker || _timer is not { } timer)
        {
            return;
        }

        long began = Stopwatch.GetTimestamp();
        List<Difference> differences = looker.Again(_notifyFilter);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        foreach (Difference difference in differences)
        {
            if (looker != _looker)
            {
                return;
            }

            Tell(difference);
        }

        if (looker == _looker && looker.IsThere)
        {
            timer.Change(Math.Max(Interval, (int)Math.Min(took.TotalMilliseconds * Share, int.MaxValue)), Timeout.Infinite);
        }
    }

    private void Tell(Difference difference)
    {
        NotifyFilters name = difference.IsDirectory ? NotifyFilters.DirectoryName : NotifyFilters.FileName;
        if (difference.Kind != WatcherChangeTypes.Changed && (_notifyFilter & name) == 0)
        {
            return;
        }

        if (!_filters.Fits(difference.Path) && !(difference.Before is { } before && _filters.Fits(before)))
        {
            return;
        }

        switch (difference.Kind)
        {
            case WatcherChangeTypes.Created:
                OnCreated(new(difference.Kind, _path, difference.Path));
                break;
            case WatcherChangeTypes.Deleted:
                OnDeleted(new(difference.Kind, _path, difference.Path));
                break;
            case WatcherChangeTypes.Changed:
                OnChanged(new(difference.Kind, _path, difference.Path));
                break;
            default:
                OnRenamed(new(difference.Kind, _path, difference.Path, difference.Before));
                break;
        }
    }

    private void Raise(Delegate? handler, EventArgs e)
    {
        if (handler is null)
        {
            return;
        }

        if (SynchronizingObject is { InvokeRequired: true } other)
        {
            other.BeginInvoke(handler, [this, e]);
            return;
        }

        switch (handler)
        {
            case FileSystemEventHandler happened:
                happened(this, (FileSystemEventArgs)e);
                break;
            case RenamedEventHandler renamed:
                renamed(this, (RenamedEventArgs)e);
                break;
            default:
                ((ErrorEventHandler)handler)(this, (ErrorEventArgs)e);
                break;
        }
    }
}
