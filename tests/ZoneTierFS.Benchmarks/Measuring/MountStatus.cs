using System.Text;
using System.Text.Json;
using Mono.Unix.Native;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>What a mount says of itself in the attribute of its root.</summary>
internal static class MountStatus
{
    private const string Attribute = "user.ztfs.status";

    /// <summary>XATTR_SIZE_MAX of the kernel.</summary>
    private const int ValueBytesMax = 65536;

    /// <summary>Garbage collections of the daemon since it began, of all generations.</summary>
    public static long GarbageCollections(string mountpoint) => OfProcess(mountpoint, "gcCollections");

    /// <summary>Managed memory that the daemon has allocated since it began, bytes; memory that was collected again counts as well.</summary>
    public static long AllocatedBytes(string mountpoint) => OfProcess(mountpoint, "allocatedBytes");

    private static long OfProcess(string mountpoint, string figure)
    {
        using JsonDocument status = JsonDocument.Parse(Read(mountpoint));
        return status.RootElement.GetProperty("process").GetProperty(figure).GetInt64();
    }

    private static string Read(string mountpoint)
    {
        // Asking for the length first would not do: the text may be longer a moment later.
        byte[] value = new byte[ValueBytesMax];
        long length = Syscall.getxattr(mountpoint, Attribute, value, ValueBytesMax);
        return length >= 0
            ? Encoding.UTF8.GetString(value, 0, (int)length)
            : throw new IOException($"{mountpoint} has no {Attribute}: {Stdlib.GetLastError()}");
    }
}
