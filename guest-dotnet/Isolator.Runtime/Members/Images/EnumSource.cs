using System.Reflection.Metadata;

namespace Isolator.Runtime.Members.Images;

/// <summary>Where the names of an enum's values are found, for a default value of its type: its definition or reference.</summary>
internal readonly record struct EnumSource(EntityHandle Handle);
