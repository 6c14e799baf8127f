using System.Text;

namespace Isolator.Runtime;

/// <summary>Lines for the host's log.</summary>
internal static unsafe class Log
{
    /// <summary>Writes a warning.</summary>
    public static void Warning(string category, string message)
    {
        byte[] categoryBytes = Encoding.UTF8.GetBytes(category);
        byte[] messageBytes = Encoding.UTF8.GetBytes(message);
        fixed (byte* c = categoryBytes, m = messageBytes)
        {
            Bridge.Current.HostLog(3, c, categoryBytes.Length, m, messageBytes.Length);
        }
    }
}
