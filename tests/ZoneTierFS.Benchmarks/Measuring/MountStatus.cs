using System.Text;
using System.Text.Json;
using Mono.Unix.Native;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>What a mount says of itself in the attribute of its root.</summary>
internal static class MountStatus
{
    private const string Attribute = "user.ztfs.status";

    /// <summary>Garbage collections of the daemon since it began, of all generations.</summary>
    public static long GarbageCollections(string mountpoint)
    {
        using JsonDocument status = JsonDocument.Parse(Read(mountpoint));
        return status.RootElement.GetProperty("process").GetProperty("gcCollections").GetInt64();
    }

    private static string Read(string mountpoint)
    {
        if (Syscall.getxattr(mountpoint, Attribute, out byte[] value) < 0)
            throw new IOException($"{mountpoint} has no {Attribute}: {Stdlib.GetLastError()}");
        return Encoding.UTF8.GetString(value);
    }
}
