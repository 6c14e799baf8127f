using System;
using DotNetIsolator;
using DotNetIsolator.Proxies;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime
{
    /// <summary>What a handle is to the reader of values: on the host, no value at all.</summary>
    internal static class Handles
    {
        /// <summary>Fails: an object of the guest is no object here.</summary>
        public static object GetObject(ulong handle) =>
            throw new FailureException(FailureKind.Value, $"The guest sent the handle 0x{handle:x}, where a value was asked for. Ask for an IsolatedObject.");
    }
}

namespace Isolator.Runtime.Wire
{
    /// <summary>An <see cref="IsolatedObject"/>: written as its handle. It is read by calls that ask for a handle, never from bytes.</summary>
    internal sealed class HandlePlan() : TypePlan(typeof(IsolatedObject))
    {
        public override void Read(WireReader reader, ref byte slot) => ReadBoxed(reader);

        public override void Write(WireWriter writer, ref byte slot) => WriteBoxed(writer, Raw.Reference(ref slot));

        public override object? ReadBoxed(WireReader reader) =>
            reader.TryNil()
                ? null
                : throw new FailureException(FailureKind.Value, "An IsolatedObject cannot be inside of a value that the guest returns. Let the method return the object itself.");

        public override void WriteBoxed(WireWriter writer, object? value)
        {
            if ((value is GuestProxy proxy ? proxy.Target : value) is IsolatedObject target)
            {
                writer.WriteHandle(target.HandleFor(writer.Owner));
            }
            else
            {
                writer.WriteNil();
            }
        }
    }

    /// <content>What the host's values know of where they go.</content>
    internal sealed unsafe partial class WireWriter
    {
        /// <summary>The runtime that will read what is written; handles of others are refused.</summary>
        public IsolatedRuntime? Owner { get; set; }

        /// <summary>Begins a value with its type's name; see <see cref="Codes.Typed"/>.</summary>
        /// <returns>What <see cref="EndTyped"/> wants.</returns>
        public int BeginTyped(string name)
        {
            Enter(typeof(object));
            Ensure(6);
            int start = Length;
            _pos += 6;
            WriteString(name);
            return start;
        }

        /// <summary>Ends it, now that its length is known.</summary>
        public void EndTyped(int start)
        {
            byte* header = _start + start;
            uint length = (uint)(Length - start - 6);
            header[0] = Codes.Ext32;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(header + 1, 4), length);
            header[5] = unchecked((byte)Codes.Typed);
            Leave();
        }
    }

    /// <content>What the host's values know of where they come from.</content>
    internal sealed partial class WireReader
    {
        /// <summary>The types that a graph may name.</summary>
        public Graph.GraphScope? Types { get; init; }

        /// <summary>What the guest whose bytes these are may still name; null: they are nobody's.</summary>
        public Graph.NameBudget? Names { get; init; }

        private Graph.GraphScope GraphTypes => (Types ?? Scope.GraphsOf(Root ?? typeof(object))).For(Names);

        /// <summary>The types that may be named.</summary>
        public TypeScope Scope { get; init; } = TypeScope.None;

        /// <summary>The type that was asked for, of which this value is a part.</summary>
        public Type? Root { get; init; }
    }
}
