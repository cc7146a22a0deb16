using System.Text;
using System.Text.Json;
using Mono.Unix.Native;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>What a mount says of itself in the attribute of its root.</summary>
internal static class MountStatus
{
    private const string Attribute = "user.ztfs.status";

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
        if (Syscall.getxattr(mountpoint, Attribute, out byte[] value) < 0)
            throw new IOException($"{mountpoint} has no {Attribute}: {Stdlib.GetLastError()}");
        return Encoding.UTF8.GetString(value);
    }
}
