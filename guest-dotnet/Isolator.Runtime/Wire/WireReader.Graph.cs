using System.Runtime.CompilerServices;
using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime.Wire;

/// <content>Objects of the graph behind a message.</content>
internal sealed unsafe partial class WireReader
{
    /// <summary>Reads an object of the graph.</summary>
    public object? ReadGraphRoot()
    {
        int length = ReadExtensionHeader(out sbyte type);
        if (type != Codes.Graph || length != 4)
        {
            throw NoGraph();
        }

        uint index = Unsafe.ReadUnaligned<uint>(_pos);
        _pos += 4;
        return (_graph ??= ReadGraph()).Root(index);
    }

    /// <summary>The object of the graph that comes next, without taking it.</summary>
    public object? PeekGraphRoot()
    {
        byte* here = _pos;
        object? root = ReadGraphRoot();
        _pos = here;
        return root;
    }

    /// <summary>A reader of the same bytes from their start. If the graph was read, it is the same.</summary>
    public WireReader Again() => new(_start, (int)(_end - _start)) { _graph = _graph };

    private GraphReader ReadGraph()
    {
        const int Header = 6;
        const int Trailer = 8;
        if (_end - _pos < Header + Trailer)
        {
            throw NoGraph();
        }

        uint roots = Unsafe.ReadUnaligned<uint>(_end - Trailer);
        uint length = Unsafe.ReadUnaligned<uint>(_end - 4);
        byte* start = _end - Trailer - length - Header;
        if (length > (ulong)(_end - _pos - Header - Trailer) || start[0] != Codes.Ext32 || start[5] != (byte)Codes.Graph || BigEndian32(start + 1) != length + Trailer)
        {
            throw NoGraph();
        }

        _end = start;
        return new GraphReader(start + Header, (int)length, roots, GraphTypes);
    }

    private FailureException NoGraph() => new(FailureKind.Value, $"The value at byte {Position} refers to a graph, and there is none behind the message.");
}
