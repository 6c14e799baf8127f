using System;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Hosting;

/// <summary>What makes code run as another thread: the current thread, and the values of all thread-statics.</summary>
/// <remarks>
/// The runtime keeps the thread-statics of its one thread in a few chunks of memory. Whoever runs as another thread has the
/// chunks' content exchanged: their addresses stay, so that compiled and interpreted code find them where they always are.
/// </remarks>
internal sealed unsafe class Identity
{
    /// <summary>The chunks' sizes are the runtime's own; the first begins with the addresses of all.</summary>
    private static readonly int[] Sizes = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24];

    private static readonly Identity Main = new();

    private static Identity s_current = Main;
    private static nint* s_chunks;
    private static FieldInfo? s_currentThread;
    private static int s_lockId;

    /// <summary>What the chunks held when something else ran last; the collector looks for references there.</summary>
    private readonly nint[] _kept = new nint[8];

    private Thread? _thread;

    private Identity()
    {
    }

    /// <summary>One for a thread whose body is about to run.</summary>
    public Identity(Thread thread)
    {
        _thread = thread;
        // To locks all code here is one thread, as the runtime's own side knows no other.
        LockId(thread) = LockId(Thread.CurrentThread);
    }

    /// <summary>Who runs now.</summary>
    public static Identity Current => s_current;

    /// <summary>Whether that is the thread that the runtime has, as which all work runs but the bodies of other threads.</summary>
    public static bool IsMain => ReferenceEquals(s_current, Main);

    /// <summary>Once, before the snapshot: finds the chunks.</summary>
    public static void Prepare()
    {
        const BindingFlags Members = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic;
        s_currentThread = Need(typeof(Thread).GetField("t_currentThread", Members));
        FieldInfo chunks = Need(typeof(Thread).GetField("static_data", Members));
        s_chunks = (nint*)System.Runtime.CompilerServices.Unsafe.As<byte, nint>(ref Raw.At(ref Raw.Data(Thread.CurrentThread), Raw.OffsetOf(chunks)));
        s_lockId = Raw.OffsetOf(Need(typeof(Thread).GetField("small_id", Members)));
        Need(s_chunks != null && s_chunks[0] == (nint)s_chunks ? s_currentThread : null);
    }

    /// <summary>Goes on as the thread that the runtime has. Gives who ran before.</summary>
    public static Identity Leave()
    {
        Identity before = s_current;
        Main.Enter();
        return before;
    }

    /// <summary>Goes on as this one.</summary>
    public void Enter()
    {
        Identity before = s_current;
        if (ReferenceEquals(before, this))
        {
            return;
        }

        for (int i = 0; i < Sizes.Length && s_chunks[i] != 0; i++)
        {
            if (before._kept[i] == 0)
            {
                before._kept[i] = isolator_keep(Sizes[i]);
            }
        }

        // No collection may come in between: nothing is allocated from here on.
        for (int i = 0; i < Sizes.Length && s_chunks[i] != 0; i++)
        {
            int skipped = i == 0 ? Sizes.Length * sizeof(nint) : 0;
            Span<byte> chunk = new((byte*)s_chunks[i] + skipped, Sizes[i] - skipped);
            chunk.CopyTo(new Span<byte>((byte*)before._kept[i], chunk.Length));
            if (_kept[i] == 0)
            {
                chunk.Clear();
            }
            else
            {
                new Span<byte>((byte*)_kept[i], chunk.Length).CopyTo(chunk);
            }
        }

        s_current = this;
        if (_thread is not null)
        {
            // Its first time.
            s_currentThread!.SetValue(null, _thread);
            _thread = null;
        }
    }

    /// <summary>Goes on as another one and forgets what this one's thread-statics were.</summary>
    public void End(Identity next)
    {
        next.Enter();
        for (int i = 0; i < _kept.Length; i++)
        {
            if (_kept[i] != 0)
            {
                isolator_unkeep(_kept[i]);
                _kept[i] = 0;
            }
        }
    }

    [DllImport("isolator")]
    private static extern nint isolator_keep(int size);

    [DllImport("isolator")]
    private static extern void isolator_unkeep(nint kept);

    private static ref int LockId(Thread thread) => ref System.Runtime.CompilerServices.Unsafe.As<byte, int>(ref Raw.At(ref Raw.Data(thread), s_lockId));

    private static T Need<T>(T? member)
        where T : class =>
        member ?? throw new FailureException(FailureKind.Internal, "This .NET keeps what threads have of their own elsewhere.");
}
