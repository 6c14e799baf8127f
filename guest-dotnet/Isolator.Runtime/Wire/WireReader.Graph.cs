using System.Runtime.CompilerServices;
using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime.Wire;

/// <content>Objects of the graph behind a message.</content>
internal sealed unsafe partial class WireReader
{
    /// <summary>Reads an object of the graph.</summary>
    public object? ReadGraphRoot()
    {
        if (_end - _pos < 6 || _pos[0] != Codes.FixExt4 || _pos[1] != (byte)Codes.Graph)
        {
            throw NoGraph();
        }

        uint index = Unsafe.ReadUnaligned<uint>(_pos + 2);
        _pos += 6;
        return (_graph ??= ReadGraph()).Root(index);
    }

    /// <summary>Reads an object that leads to no others.</summary>
    public object ReadPlain()
    {
        int length = ReadExtensionHeader(out _);
        object value = GraphReader.ReadPlain(_pos, length, GraphTypes);
        _pos += length;
        return value;
    }

    /// <summary>The object of the graph, or the one alone, that comes next, without taking it.</summary>
    public object? PeekObject()
    {
        byte* here = _pos;
        object? found = *here == Codes.FixExt4 ? ReadGraphRoot() : ReadPlain();
        _pos = here;
        return found;
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
