using System;
using System.Collections;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Isolator.Runtime.Hosting;

/// <summary>Methods of the base class library that are answered here, see <c>answers.c</c>: where a program's files are, its process, and what sends its requests.</summary>
/// <remarks>
/// The host hands assemblies over as bytes. Where the program's folder is granted, and is its base directory, the file is there
/// for the program to see.
/// </remarks>
internal static class Answers
{
    private static readonly ConditionalWeakTable<Assembly, string> Locations = [];
    private static readonly ConditionalWeakTable<object, string> Resolvers = [];
    private static object? s_started;

    /// <summary><c>Assembly.Location</c>: empty for one that is in no file that the program could open.</summary>
    public static string Location(Assembly assembly)
    {
        if (!Locations.TryGetValue(assembly, out string? known))
        {
            known = Find(assembly);
            Locations.AddOrUpdate(assembly, known);
        }

        return known;
    }

    /// <summary><c>new AssemblyDependencyResolver(path)</c>.</summary>
    public static void NewResolver(object resolver, string componentAssemblyPath)
    {
        ArgumentNullException.ThrowIfNull(componentAssemblyPath);
        string file = Path.GetFullPath(componentAssemblyPath);
        if (!File.Exists(file))
        {
            throw new ArgumentException($"The component assembly '{componentAssemblyPath}' does not exist.", nameof(componentAssemblyPath));
        }

        Resolvers.AddOrUpdate(resolver, Path.GetDirectoryName(file) ?? "/");
    }

    /// <summary><c>AssemblyDependencyResolver.ResolveAssemblyToPath</c>: a file beside the component, or in its culture's folder.</summary>
    public static string? ResolveAssembly(object resolver, AssemblyName assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        string folder = FolderOf(resolver);
        string file = string.IsNullOrEmpty(assemblyName.CultureName) || assemblyName.CultureName == "neutral"
            ? Path.Combine(folder, assemblyName.Name + ".dll")
            : Path.Combine(folder, assemblyName.CultureName, assemblyName.Name + ".dll");
        return File.Exists(file) ? file : null;
    }

    /// <summary><c>AssemblyDependencyResolver.ResolveUnmanagedDllToPath</c>.</summary>
    public static string? ResolveNative(object resolver, string unmanagedDllName)
    {
        ArgumentNullException.ThrowIfNull(unmanagedDllName);
        string folder = FolderOf(resolver);
        foreach (string file in new[] { unmanagedDllName, $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.so", $"lib{unmanagedDllName}" })
        {
            string path = Path.Combine(folder, file);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary><c>Process.GetCurrentProcess()</c>. No constructor is run: the pack's only throws.</summary>
    public static object CurrentProcess() =>
        RuntimeHelpers.GetUninitializedObject(Type.GetType("System.Diagnostics.Process, System.Diagnostics.Process", throwOnError: true)!);

    /// <summary><c>Process.GetProcessById(id)</c>: there is no other one.</summary>
    public static object ProcessById(int processId) =>
        processId == Environment.ProcessId ? CurrentProcess() : throw new ArgumentException($"Process with an Id of {processId} is not running.");

    /// <summary><c>Process.GetProcessById(id, machine)</c>.</summary>
    public static object ProcessById(int processId, string machineName)
    {
        ThrowIfRemote(machineName);
        return ProcessById(processId);
    }

    /// <summary><c>Process.GetProcesses()</c>.</summary>
    public static object Processes()
    {
        object own = CurrentProcess();
        Array all = Array.CreateInstance(own.GetType(), 1);
        all.SetValue(own, 0);
        return all;
    }

    /// <summary><c>Process.GetProcesses(machine)</c>.</summary>
    public static object Processes(string machineName)
    {
        ThrowIfRemote(machineName);
        return Processes();
    }

    /// <summary><c>Process.GetProcessesByName(name)</c>: of any name, if that is empty.</summary>
    public static object ProcessesByName(string? processName)
    {
        object own = CurrentProcess();
        bool isOwn = string.IsNullOrEmpty(processName) || string.Equals(processName, ProcessName(own), StringComparison.OrdinalIgnoreCase);
        return isOwn ? Processes() : Array.CreateInstance(own.GetType(), 0);
    }

    /// <summary><c>Process.GetProcessesByName(name, machine)</c>.</summary>
    public static object ProcessesByName(string? processName, string machineName)
    {
        ThrowIfRemote(machineName);
        return ProcessesByName(processName);
    }

    /// <summary><c>Process.Threads</c>: the one that there is.</summary>
    public static object ProcessThreads(object process)
    {
        Assembly assembly = process.GetType().Assembly;
        object threads = Uninitialized(assembly, "System.Diagnostics.ProcessThreadCollection");
        ListOf(threads).Add(Uninitialized(assembly, "System.Diagnostics.ProcessThread"));
        return threads;
    }

    /// <summary><c>ProcessThreadCollection[index]</c>.</summary>
    public static object ProcessThreadAt(object threads, int index) => ListOf(threads)[index]!;

    /// <summary><c>Process.ProcessName</c>: the program's, as of one that is started by its own name.</summary>
    public static string ProcessName(object process) => Assembly.GetEntryAssembly()?.GetName().Name ?? AppDomain.CurrentDomain.FriendlyName;

    /// <summary><c>Process.ToString()</c>.</summary>
    public static string ProcessText(object process) => $"System.Diagnostics.Process ({ProcessName(process)})";

    /// <summary>What sends a request that would get a connection of a pool.</summary>
    public static object HttpHandler(object pool, object request) => new Http.HostHandler(Http.PoolSettings.Of(pool));

    /// <summary><c>Process.StartTime</c>: when the runtime began.</summary>
    public static object ProcessStart(object process) => s_started ??= DateTime.Now - TimeSpan.FromMilliseconds(Environment.TickCount64);

    private static void ThrowIfRemote(string machineName)
    {
        ArgumentException.ThrowIfNullOrEmpty(machineName);
        if (machineName != "." && machineName != Environment.MachineName)
        {
            throw new PlatformNotSupportedException("Access to processes on remote machines is not supported on this platform.");
        }
    }

    private static object Uninitialized(Assembly assembly, string type) => RuntimeHelpers.GetUninitializedObject(assembly.GetType(type, throwOnError: true)!);

    private static ArrayList ListOf(object threads) =>
        (ArrayList)typeof(ReadOnlyCollectionBase).GetProperty("InnerList", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(threads)!;

    private static string FolderOf(object resolver) => Resolvers.TryGetValue(resolver, out string? folder) ? folder : "/";

    private static string Find(Assembly assembly)
    {
        AssemblyName name = assembly.GetName();
        // What was loaded from bytes has no file. The base class library has none that is granted.
        if (assembly.IsDynamic || AssemblyLoadContext.GetLoadContext(assembly) != AssemblyLoadContext.Default)
        {
            return string.Empty;
        }

        string folder = AppContext.BaseDirectory;
        string file = string.IsNullOrEmpty(name.CultureName)
            ? Path.Combine(folder, name.Name + ".dll")
            : Path.Combine(folder, name.CultureName, name.Name + ".dll");
        try
        {
            return File.Exists(file) && AssemblyName.GetAssemblyName(file).FullName == name.FullName ? file : string.Empty;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
